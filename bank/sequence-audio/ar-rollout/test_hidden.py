"""Hidden checks of `ar-rollout`; least squares by normal equations in exact fractions, generation by closed forms."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- inside the guest ----------------------------------------------------------------------------


def generate(submission, weights, seed, n, spoil):
    """Generate by a weighted sum; tell the values, every window as it was at its call, and the seed afterwards."""
    seen, kept = [], []

    def step(window):
        seen.append(window.copy())
        kept.append(window)
        value = float(weights[0] + sum(w * v for w, v in zip(weights[1:], window[::-1], strict=True)))
        if spoil:
            window[:] = 1e6
        return value

    values = submission.rollout(step, seed, n)
    return values, seen, seed


def generate_nothing(submission, seed, n):
    return submission.rollout(lambda window: 0.0, seed, n)


def hoard(submission, seed, n):
    """Tell the windows that a function kept, as they are in the end."""
    kept = []

    def step(window):
        kept.append(window)
        return window[0] - 2 * window[-1]

    submission.rollout(step, seed, n)
    return kept


def rolled_in_two(submission, weights, seed, first, second):
    """Generate, and go on from the last window."""

    def step(window):
        return weights[0] + window[::-1] @ weights[1:]

    early = submission.rollout(step, seed, first)
    late = submission.rollout(step, np.concatenate([seed, early])[-len(seed) :], second)
    return early, late, submission.rollout(step, seed, first + second)


def arguments_after(submission, name, arguments):
    """Tell the arguments after a call."""
    getattr(submission, name)(*arguments)
    return arguments


# ---- the oracle ----------------------------------------------------------------------------------


def solved(matrix, right):
    """Solve a linear system in fractions."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for k in range(len(rows)):
        pivot = next(i for i in range(k, len(rows)) if rows[i][k])
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [value / rows[k][k] for value in rows[k]]
        for i in range(len(rows)):
            if i != k:
                factor = rows[i][k]
                rows[i] = [value - factor * other for value, other in zip(rows[i], rows[k], strict=True)]
    return [row[-1] for row in rows]


def fitted(x, p):
    """Fit by the normal equations, without rounding."""
    values = [Fraction(value) for value in x.tolist()]
    rows = [[Fraction(1), *(values[t - lag] for lag in range(1, p + 1))] for t in range(p, len(values))]
    size = range(p + 1)
    gram = [[sum(row[i] * row[j] for row in rows) for j in size] for i in size]
    return solved(gram, [sum(row[i] * value for row, value in zip(rows, values[p:], strict=True)) for i in size])


def walked(x, p, start, horizon):
    """Predict from every origin, without rounding until the end."""
    preds = []
    for origin in range(start, len(x) - horizon + 1):
        coef, values = fitted(x[:origin], p), [Fraction(value) for value in x[:origin].tolist()]
        for _ in range(horizon):
            values.append(coef[0] + sum(c * v for c, v in zip(coef[1:], values[: -p - 1 : -1], strict=True)))
        preds.append([float(value) for value in values[origin:]])
    return np.array(preds, dtype=np.float64).reshape(len(preds), horizon)


def draw(seed, number, dtype=np.float64):
    """Draw a series that wanders back and forth."""
    rng = np.random.default_rng(seed)
    x = [40.0, 55.0]
    for noise in rng.integers(-20, 21, size=number).tolist():
        x.append(round(30 + 0.9 * x[-1] - 0.5 * x[-2]) + noise)
    return (np.array(x[2:]) + (1 / 3 if dtype == np.float64 else 0)).astype(dtype)


# ---- the checks: fit -----------------------------------------------------------------------------


@points(3, group="fit", group_zh="拟合")
@stated("fit", "series", "tolerance")
@contract("the definition itself in every dtype; later checks meet it by what is built on it")
@hint(en="Which value stands in which column of which row?", zh="哪个值在哪一行哪一列？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_the_smallest_squares(solution, seed):
    for p, dtype in ((1, np.float64), (2, np.float32), (3, np.int16), (2, np.uint8), (4, np.int64)):
        x = np.abs(draw(seed, 22)).astype(dtype)
        wanted = np.array([float(value) for value in fitted(x, p)])
        assert_close(solution.fit_ar(x, p), wanted, rtol=1e-7)


@points(2, group="fit", group_zh="拟合")
@stated("fit", "fit-errors")
@hint(en="What if many solutions are equally good?", zh="有许多同样好的解时怎么办？")
def test_of_many_solutions_the_shortest(solution):
    for value in (3.0, -0.7, 250.0):
        for p, number in ((1, 9), (3, 9), (3, 4), (1, 2)):
            wanted = value * np.array([1.0, *[value] * p]) / (1 + p * value**2)
            assert_close(solution.fit_ar(np.full(number, value), p), wanted, rtol=1e-7)
    # one row: the solution is a multiple of it
    row = np.array([1.0, 7.0, -2.0, 5.0])
    assert_close(solution.fit_ar(np.array([5.0, -2.0, 7.0, 11.0]), 3), row * 11 / (row @ row), rtol=1e-7)
    assert_close(solution.fit_ar(np.zeros(5), 2), np.zeros(3), atol=1e-12)


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("fit-errors", "rollout-errors", "walk-errors", "mase-errors")
@hint(en="Which arguments have no meaning?", zh="哪些参数没有意义？")
def test_what_makes_no_sense_is_refused(solution):
    x, flat = draw(3, 12), np.full(5, 2.0)
    bad = [("fit_ar", arguments) for arguments in ((x, 0), (x, -1), (x, 12), (x[:0], 1), (x[:, None], 1), (x[None], 2))]
    bad += [
        ("walk_forward", (x, *rest)) for rest in ((0, 3, 1), (-1, 3, 1), (2, 2, 1), (2, 0, 1), (2, 4, 0), (3, 5, -1))
    ]
    bad += [
        ("walk_forward", (x[:, None], 1, 4, 1)),
        ("walk_forward", (x, 0, 20, 1)),
        ("walk_forward", (x, 20, 20, 1)),
        ("walk_forward", (x[None], 1, 4, 1)),
    ]
    bad += [("mase", arguments) for arguments in ((x, x[:-1], x), (x, x[:1], x), (x[:0], x[:0], x), (x, x[None], x))]
    bad += [("mase", (x, x, train)) for train in (x[:1], x[:0], flat)]
    for name, arguments in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            getattr(solution, name)(*arguments)
    for seed, n in ((x[:2], -1), (x[:0], 2), (x[:4].reshape(2, 2), 1), (np.array(3.0), 1)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(generate_nothing, seed, n)


# ---- the checks: rollout -------------------------------------------------------------------------


@points(3, group="generation", group_zh="生成")
@stated("rollout", "calls", "windows", "tolerance")
@hint(en="Write down the first four windows.", zh="写下前四个窗口。")
@given(seed=SEEDS, n=st.integers(1, 7))
@settings(max_examples=8)
def test_every_value_goes_into_the_next_window(solution, seed, n):
    rng = np.random.default_rng(seed)
    for p, dtype in ((1, np.float64), (2, np.int32), (3, np.float32), (5, np.float64)):
        weights, start = rng.normal(0, 0.5, p + 1).tolist(), rng.integers(-9, 9, p).astype(dtype)
        values = start.astype(np.float64).tolist()
        for _ in range(n):
            values.append(weights[0] + sum(weights[lag] * values[-lag] for lag in range(1, p + 1)))
        for spoil in (False, True):
            made, seen, after = solution.run(generate, weights, start, n, spoil)
            assert_close(made, np.array(values[p:]))
            assert_close(seen, [np.array(values[t : t + p]) for t in range(n)])
            assert_equal(after, start)


@points(1, group="generation", group_zh="生成")
@stated("windows", "calls")
@contract("windows that a function keeps, which the check above lets it overwrite at once")
@hint(en="Whose memory is the window?", zh="窗口用的是谁的内存？")
def test_windows_may_be_kept(solution):
    values = [3.0, -1.0, 4.0]
    for _ in range(5):
        values.append(values[-3] - 2 * values[-1])
    for n in (0, 1, 5):
        kept = solution.run(hoard, np.array(values[:3]), n)
        assert_equal(kept, [np.array(values[t : t + 3]) for t in range(n)])


@points(2, group="generation", group_zh="生成")
@stated("rollout", "calls")
@contract("the law of generation, and a closed form that needs no loop")
@hint(en="What has to be known to go on?", zh="要继续生成，需要知道什么？")
@given(first=st.integers(0, 6), second=st.integers(0, 6), roots=st.permutations([0.9, -0.6, 1.1, 0.4]))
@settings(max_examples=10)
def test_two_rollouts_are_one(solution, first, second, roots):
    a, b = roots[:2]
    made = [2 * a**t - 3 * b**t for t in range(2 + first + second)]
    early, late, whole = solution.run(rolled_in_two, np.array([0.0, a + b, -a * b]), np.array(made[:2]), first, second)
    assert_close(whole, np.array(made[2:], dtype=np.float64))
    assert_close(np.concatenate([early, late]), np.array(made[2:], dtype=np.float64))
    assert (len(early), len(late)) == (first, second)


# ---- the checks: evaluation ----------------------------------------------------------------------


@points(4, group="walk forward", group_zh="滚动前向评估")
@stated("walk", "series", "tolerance")
@hint(
    en="What is the model fitted to at each origin, and what does it read at the second step?",
    zh="在每个起点，模型用什么拟合？第二步又读入什么？",
)
@given(seed=SEEDS)
@settings(max_examples=6)
def test_predictions_from_every_origin(solution, seed):
    for p, start, horizon, dtype in ((1, 8, 1, np.float64), (2, 11, 3, np.int64), (3, 14, 2, np.float32)):
        x = draw(seed, 17, dtype)
        assert_close(solution.walk_forward(x, p, start, horizon), walked(x, p, start, horizon), rtol=1e-7)


@points(1, group="walk forward", group_zh="滚动前向评估")
@stated("walk", "walk-errors")
@hint(en="Where is the last origin, and what if there is none?", zh="最后一个起点在哪里？没有起点时怎么办？")
def test_the_number_of_origins(solution):
    x = draw(5, 12)
    for start, horizon in ((10, 2), (11, 1), (12, 1), (11, 2), (20, 3), (6, 12), (9, 3), (5, 4)):
        made = solution.walk_forward(x, 2, start, horizon)
        assert made.dtype == np.float64
        assert made.shape == (max(0, 12 - start - horizon + 1), horizon)
    # an AR(1) through two points is known by heart
    assert_close(
        solution.walk_forward(np.array([2.0, 3.0, 5.0, 9.0, 0.0]), 1, 3, 2), np.array([[9.0, 17.0]]), rtol=1e-7
    )


@points(3, group="walk forward", group_zh="滚动前向评估")
@stated("honest")
@contract("the promise itself, to the last bit, whatever comes later")
@hint(en="What may a prediction at an origin depend on?", zh="在某个起点的预测可以依赖什么？")
@given(seed=SEEDS, place=st.integers(9, 15))
@settings(max_examples=10)
def test_predictions_never_depend_on_later_values(solution, seed, place):
    x = draw(seed, 16)
    y = x.copy()
    y[place:] = y[place:] * -7 + 1e5
    before, after = (solution.walk_forward(series, 2, 8, 3) for series in (x, y))
    assert_equal(after[: place - 7], before[: place - 7])
    assert_close(before[0], walked(x, 2, 8, 3)[0], rtol=1e-7)


@points(2, group="measure", group_zh="指标")
@stated("mase", "tolerance")
@hint(en="Whose naive error is the unit?", zh="以谁的朴素误差为单位？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_errors_in_units_of_the_naive_forecast(solution, seed):
    rng = np.random.default_rng(seed)
    for shape, dtype in (
        ((5,), np.float64),
        ((3, 4), np.uint8),
        ((1, 2, 3), np.int8),
        ((), np.float64),
        ((6,), np.float32),
    ):
        actual, predicted = (rng.integers(0, 360, (2, *shape)) / 3).astype(dtype)
        train = np.append(rng.integers(0, 120, 7), [121, 3]).astype(dtype)
        pairs = zip(np.ravel(actual).tolist(), np.ravel(predicted).tolist(), strict=True)
        error = math.fsum(abs(a - b) for a, b in pairs) / math.prod(shape)
        steps = train.tolist()
        naive = math.fsum(abs(b - a) for a, b in itertools.pairwise(steps)) / 8
        assert_close(solution.mase(np.asarray(actual), np.asarray(predicted), train), error / naive)


@points(1, group="inputs", group_zh="输入")
@stated("series")
@contract("that arguments stay as they are, whichever function is called")
@hint(en="Whose array do you write to?", zh="你写的是谁的数组？")
def test_arguments_stay_as_they_are(solution):
    x = draw(8, 12)
    for name, arguments in (("fit_ar", (x, 2)), ("walk_forward", (x, 2, 6, 2)), ("mase", (x, x[::-1].copy(), x))):
        assert_equal(solution.run(arguments_after, name, arguments), arguments)
        assert_close(solution.fit_ar(x, 2), np.array([float(value) for value in fitted(x, 2)]), rtol=1e-7)
