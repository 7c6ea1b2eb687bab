"""Hidden checks of `series-windowing`; expectations are nested lists, and sums without rounding."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
DTYPES = (np.float64, np.float32, np.int16, np.uint8)


# ---- inside the guest ----------------------------------------------------------------------------


def cut_then_write(submission, x, arguments, later):
    """Cut a series, write another into its place, and tell what the windows hold then."""
    seen, following = submission.windows(x, *arguments)
    x[...] = later
    return seen.copy(), following.copy()


def arguments_after(submission, name, x, rest):
    """Tell the series after a call."""
    getattr(submission, name)(x, *rest)
    return x


# ---- the oracle ----------------------------------------------------------------------------------


def cut(x, lookback, horizon, stride):
    """Collect windows row by row."""
    width = x.shape[1] if x.ndim == 2 else 1
    rows = x.reshape(len(x), width).tolist()
    starts = [i for i in range(0, len(rows), stride) if i + lookback + horizon <= len(rows)]
    seen = [[rows[i + k] for k in range(lookback)] for i in starts]
    following = [[rows[i + lookback + k] for k in range(horizon)] for i in starts]
    return (
        np.array(seen, dtype=x.dtype).reshape(len(starts), lookback, width),
        np.array(following, dtype=x.dtype).reshape(len(starts), horizon, width),
    )


def statistics(column):
    """Mean and standard deviation of a list of numbers, rounded at the end only."""
    if len(set(column)) == 1:
        return column[0], 1.0
    mean = math.fsum(column) / len(column)
    return mean, math.sqrt(math.fsum((value - mean) ** 2 for value in column) / len(column))


def scale(x, rows):
    """Scale a series by its first rows."""
    pairs = [statistics([float(value) for value in x[:rows, f].tolist()]) for f in range(x.shape[1])]
    mean, std = (np.array([pair[k] for pair in pairs], dtype=np.float64) for k in (0, 1))
    scaled = np.array(
        [[(float(v) - m) / s for v, (m, s) in zip(row, pairs, strict=True)] for row in x.tolist()], dtype=np.float64
    ).reshape(x.shape)
    return scaled, mean, std


def draw(seed, rows, width, dtype=np.float64):
    rng = np.random.default_rng(seed)
    if np.dtype(dtype).kind == "f":
        return (rng.normal(50, 9, size=(rows, width)) * np.arange(1, width + 1)).astype(dtype)
    return rng.integers(100, 250 if dtype == np.uint8 else 30000, size=(rows, width)).astype(dtype)


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="windows", group_zh="窗口")
@stated("windows", "tolerance")
@contract("the definition itself, for every length; later checks look at shapes and memory")
@hint(en="Where does the last window end that still has all its targets?", zh="目标行齐全的最后一个窗口在哪里结束？")
@given(seed=SEEDS, rows=st.integers(6, 16), lookback=st.integers(1, 4), horizon=st.integers(1, 3))
@settings(max_examples=15)
def test_what_is_seen_and_what_follows(solution, seed, rows, lookback, horizon):
    for stride, dtype in enumerate(DTYPES, start=1):
        x = draw(seed, rows, 3, dtype)
        assert_equal(solution.windows(x, lookback, horizon, stride), cut(x, lookback, horizon, stride))


@points(1, group="shapes", group_zh="形状")
@stated("flat", "windows")
@contract("the published answers give two dimensions here; every dtype and both ways to give the series are met")
@hint(en="What does a recurrent network take?", zh="循环网络接受什么形状的输入？")
def test_one_quantity_has_three_dimensions_too(solution):
    for dtype in DTYPES:
        x = draw(3, 9, 1, dtype)
        for series in (x, x[:, 0]):
            assert_equal(solution.windows(series, 4, 2, 1), cut(x, 4, 2, 1))
            assert_equal(solution.windows(series, 2, 3, 2), cut(x, 2, 3, 2))


@points(1, group="shapes", group_zh="形状")
@stated("short")
@contract("every length around the first example, where other checks meet some by chance")
@hint(en="How many examples does a short series give, and of what shape?", zh="很短的序列有几个样本？形状是什么？")
def test_lengths_around_the_first_example(solution):
    for rows in range(9):
        for x in (draw(4, rows, 2), draw(4, rows, 1)[:, 0]):
            for stride in (1, 3, 7):
                assert_equal(solution.windows(x, 3, 2, stride), cut(x, 3, 2, stride))
                assert_equal(solution.windows(x, 1, 6, stride), cut(x, 1, 6, stride))
                assert_equal(solution.windows(x, 7, 1, stride), cut(x, 7, 1, stride))


@points(2, group="memory", group_zh="内存")
@stated("views")
@hint(en="NumPy can walk over the same memory in other steps.", zh="NumPy 可以用别的步幅走过同一块内存。")
def test_windows_are_views(solution, rng):
    for shape in ((12, 2), (12, 1), (12,)):
        for arguments in ((4, 2, 1), (3, 1, 3), (1, 5, 2)):
            x, later = rng.normal(size=(2, *shape))
            assert_equal(solution.run(cut_then_write, x, arguments, later), cut(later, *arguments))


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("windows-errors", "split-errors", "sets-short")
@hint(en="Which arguments have no meaning?", zh="哪些参数没有意义？")
def test_what_makes_no_sense_is_refused(solution):
    x = draw(5, 10, 2)
    bad = [("windows", (series, 2, 2, 1)) for series in (x[:, :, None], x[0, 0], x[None])]
    bad += [("windows", (x, *numbers)) for numbers in ((0, 2, 1), (2, 0, 1), (2, 2, 0), (-1, 2, 1), (2, 2, -1))]
    bad += [("split_scale", (x, frac)) for frac in (0.0, 0.04, 0.05, 1.06, -0.5, 2.0)]
    bad += [("split_scale", (series, 0.5)) for series in (x[:, 0], x[:, :, None])]
    bad += [("forecast_sets", (x, *rest)) for rest in ((0.0, 2, 2), (1.2, 2, 2), (0.5, 0, 2), (0.5, 2, 0))]
    for name, arguments in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            getattr(solution, name)(*arguments)


@points(4, group="split and scale", group_zh="划分与标准化")
@stated("split", "statistics", "tolerance")
@hint(en="Which rows may the statistics see, and in which precision?", zh="统计量可以看到哪些行？用什么精度？")
@given(seed=SEEDS, rows=st.integers(6, 14))
@settings(max_examples=15)
def test_rows_are_scaled_by_the_training_rows(solution, seed, rows):
    for dtype in DTYPES:
        x = draw(seed, rows, 3, dtype)
        for number in (2, rows // 2, rows - 1, rows):
            scaled, mean, std = scale(x, number)
            assert_close(
                solution.split_scale(x, number / rows), (scaled[:number], scaled[number:], mean, std), rtol=1e-10
            )


@points(1, group="split and scale", group_zh="划分与标准化")
@stated("split", "split-errors")
@contract("rounding itself, with ties; elsewhere it only happens to matter")
@hint(en="What is 0.29 times 100 in floating point?", zh="浮点数的 0.29 乘以 100 是多少？")
def test_the_number_of_training_rows(solution):
    for rows, frac in ((100, 0.29), (100, 0.57), (10, 0.06), (10, 0.25), (10, 0.35), (10, 0.77), (10, 1.04), (1, 1.0)):
        x = draw(6, rows, 1)
        scaled, mean, std = scale(x, round(frac * rows))
        parts = np.split(scaled, [round(frac * rows)])
        assert_close(solution.split_scale(x, frac), (*parts, mean, std), rtol=1e-10)


@points(3, group="leaks", group_zh="泄漏")
@stated("statistics")
@contract("the promise itself: whatever comes later, what is known in training stays the same to the last bit")
@hint(en="What in training may depend on the test rows?", zh="训练中有什么可以依赖测试行？")
@given(seed=SEEDS)
@settings(max_examples=10)
def test_later_rows_alter_nothing_earlier(solution, seed):
    x, y = draw(seed, 12, 2), draw(seed, 12, 2)
    y[7:] = np.random.default_rng(seed).normal(1e6, 1e6, size=(5, 2))
    before, after = (solution.split_scale(series, 7 / 12) for series in (x, y))
    assert before[0].std() > 0.9
    assert_equal([after[k] for k in (0, 2, 3)], [before[k] for k in (0, 2, 3)])
    first, second = (solution.forecast_sets(series, 7 / 12, 3, 2) for series in (x, y))
    assert first[0].shape == (3, 3, 2)
    assert_equal(second[:2], first[:2])


@points(2, group="split and scale", group_zh="划分与标准化")
@stated("constant")
@hint(en="What is the standard deviation of a thousand times 0.1?", zh="一千个 0.1 的标准差是多少？")
def test_a_constant_column_is_not_divided_by_next_to_nothing(solution):
    for value in (0.1, 1 / 3, -7.7, 1e9 + 0.1, 0.0):
        x = np.column_stack([np.full(1007, value), np.arange(1007.0)])
        x[1003:, 0] = value + 2.5
        train, test, mean, std = solution.split_scale(x, 1003 / 1007)
        assert_equal([float(mean[0]), float(std[0])], [value, 1.0])
        assert_equal(train[:, 0], np.zeros(1003))
        assert_close(test[:, 0], np.full(4, value + 2.5 - value))
        assert_close(float(train[1002, 1]), 501 / math.sqrt((1003**2 - 1) / 12), rtol=1e-10)
    x = np.column_stack([np.arange(9.0) * 1e-13, np.arange(9.0)])
    scaled, mean, std = scale(x, 6)
    for part, wanted in zip(solution.split_scale(x, 6 / 9), (*np.split(scaled, [6]), mean, std), strict=True):
        assert_close(part[..., 0], wanted[..., 0], rtol=1e-10)


@points(4, group="sets", group_zh="训练集与测试集")
@stated("sets", "sets-short", "tolerance")
@hint(en="Which rows may the first test target look back on?", zh="第一个测试目标可以回看哪些行？")
@given(seed=SEEDS, rows=st.integers(8, 14), lookback=st.integers(1, 5), horizon=st.integers(1, 3))
@settings(max_examples=15)
def test_examples_on_both_sides_of_the_border(solution, seed, rows, lookback, horizon):
    for number in (1, 4, 6, rows - 2, rows):
        x = draw(seed, rows, 2)
        scaled = scale(x, number)[0]
        train = cut(scaled[:number], lookback, horizon, 1)
        seen, following = cut(scaled, lookback, horizon, 1)
        late = [i for i in range(len(seen)) if i + lookback >= number]
        wanted = (*train, seen[late], following[late])
        assert_close(solution.forecast_sets(x, number / rows, lookback, horizon), wanted, rtol=1e-9)


@points(1, group="inputs", group_zh="输入")
@stated("inputs")
@hint(en="Whose array do you subtract the mean from?", zh="你是从谁的数组里减去均值的？")
def test_arguments_stay_as_they_are(solution):
    x = draw(8, 10, 2)
    for name, rest in (("windows", (3, 2, 1)), ("split_scale", (0.6,)), ("forecast_sets", (0.6, 3, 2))):
        assert_equal(solution.run(arguments_after, name, x, rest), x)
