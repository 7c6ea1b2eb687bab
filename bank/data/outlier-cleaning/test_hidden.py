"""Hidden checks of `outlier-cleaning`; statistics come from fractions, fits are judged by their derivatives."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
SCALE = 1.482602218505602
TINY = 1e-6


# ---- inside the guest ----------------------------------------------------------------------------


def everything_and_look(submission, x, train, test, y):
    """Call all functions; tell what they return, and the arguments after the results have been overwritten."""
    returned = [submission.iqr_mask(x, 0.5), submission.mad_z(x), *submission.clean(train, test, 1.0)]
    returned.append(submission.huber_fit(train, y, 1.0, 0.1)[0])
    kept = [array.copy() for array in returned]
    for array in returned:
        array[...] = 7
    return kept, (x, train, test, y)


# ---- the oracle ----------------------------------------------------------------------------------


def quantile(values, share):
    values = sorted(map(Fraction, values))
    place = share * (len(values) - 1)
    low = place.numerator // place.denominator
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])


def fences(values, k):
    q1, q3 = (quantile(values, Fraction(part, 4)) for part in (1, 3))
    return q1 - Fraction(k) * (q3 - q1), q3 + Fraction(k) * (q3 - q1)


def outlying(values, k):
    if not values:
        return np.zeros(0, dtype=bool)
    low, high = fences(values, k)
    return np.array([not low <= Fraction(value) <= high for value in values])


def scores(values):
    if not values:
        return np.zeros(0)
    middle = quantile(values, Fraction(1, 2))
    spread = quantile([abs(Fraction(value) - middle) for value in values], Fraction(1, 2))
    gaps = [Fraction(value) - middle for value in values]
    if spread:
        return np.array([float(gap / spread / Fraction(SCALE)) for gap in gaps])
    return np.array([float("inf") * (1 if gap > 0 else -1) if gap else 0.0 for gap in gaps])


def cleaned(train, test, k):
    """Drop and clip, value by value."""
    columns = [fences(column, k) for column in train.T.tolist()]
    fine = [
        all(low <= Fraction(v) <= high for v, (low, high) in zip(row, columns, strict=True)) for row in train.tolist()
    ]
    clipped = [
        [float(min(max(Fraction(v), low), high)) for v, (low, high) in zip(row, columns, strict=True)]
        for row in test.tolist()
    ]
    return train[np.array(fine)], np.array(clipped).reshape(test.shape)


def steepness(X, y, delta, l2, w, b):
    """Return the largest partial derivative of the objective."""
    assert isinstance(b, float)
    assert_close(w, np.asarray(w, dtype=np.float64).reshape(X.shape[1]))
    slopes = [l2 * value for value in w.tolist()] + [0.0]
    for row, target in zip(X.tolist(), y.tolist(), strict=True):
        residual = target - sum(a * c for a, c in zip(row, w.tolist(), strict=True)) - b
        pull = max(-delta, min(delta, residual))
        slopes = [slope - pull * value for slope, value in zip(slopes, [*row, 1.0], strict=True)]
    return max(map(abs, slopes))


def draw_line(seed, rows=60, columns=3, wrong=0.15, far=50.0):
    """Draw rows of a plane with noise, some of them grossly wrong, all on one side."""
    rng = np.random.default_rng(seed)
    X = rng.normal(1, 1, size=(rows, columns))
    true = rng.uniform(1, 3, size=columns) * rng.choice([-1, 1], columns)
    y = X @ true + 7 + rng.normal(size=rows)
    picked = np.argsort(X[:, 0])[: round(wrong * rows)]
    y[picked] += far
    return X, y, true, picked


# ---- statistics ----------------------------------------------------------------------------------


@points(3, group="fences", group_zh="界")
@stated("iqr")
@hint(
    en="Where does a quartile lie between two values? On which side is a fence?",
    zh="四分位数落在两个值之间时取何处？界本身算哪一侧？",
)
@given(values=st.lists(st.integers(-6, 6) | st.integers(-100, 100), max_size=12))
@settings(max_examples=40)
def test_values_beyond_the_fences(solution, values):
    for numbers in (values, [0, 1, 2, 3, 4, 7, -3, 100], [5, 5, 5, 5, 6], [1, 2, 3, 4, 7], [3], []):
        for k in (0, 0.5, 1.5):
            assert_equal(solution.iqr_mask(np.array(numbers, dtype=np.float64), k), outlying(numbers, k))


@points(3, group="robust scores", group_zh="稳健分数")
@stated("mad")
@hint(en="What if more than half of the values are equal?", zh="如果一半以上的值相等呢？")
@given(values=st.lists(st.integers(-50, 50), max_size=9))
@settings(max_examples=30)
def test_scores_in_robust_deviations(solution, values):
    for numbers in (values, [2, 2, 2, 9, -1], [4, 4], [1, 2, 3, 10], [-7], [], [0.5, 0.25, 1e6, -3.0]):
        assert_close(solution.mad_z(np.array(numbers, dtype=np.float64)), scores(numbers))


@points(3, group="cleaning", group_zh="清理")
@stated("clean")
@contract("the definition itself on drawn tables")
@hint(en="Which rows may vanish, and from which are fences learned?", zh="哪些行可以消失？界从哪些行学到？")
@given(seed=SEEDS, rows=st.integers(1, 12))
@settings(max_examples=20)
def test_training_rows_are_dropped_and_test_rows_clipped(solution, seed, rows):
    rng = np.random.default_rng(seed)
    train = rng.integers(-4, 5, size=(rows, 3)) * rng.choice([1, 1, 1, 10], size=(rows, 3)) * np.array([1.0, 4.0, 0.5])
    test = rng.normal(0, 30, size=(6, 3))
    for k in (0, 1.0, 1.5):
        assert_close(solution.clean(train, test, k), cleaned(train, test, k))
        assert_close(solution.clean(train, test[:0], k), cleaned(train, test[:0], k))


# ---- the robust line -----------------------------------------------------------------------------


@points(4, group="robust line", group_zh="稳健直线")
@stated("huber", "converged")
@contract("the definition itself: the derivatives at the result")
@hint(en="Where are all derivatives zero? Is the intercept penalised?", zh="所有导数在哪里为零？截距受惩罚吗？")
@given(seed=SEEDS)
@settings(max_examples=5)
def test_no_direction_leads_further_down(solution, seed):
    X, y, _, _ = draw_line(seed)
    for delta, l2 in ((1.0, 0.0), (0.3, 2.5), (4.0, 30.0), (1e3, 1.0)):
        w, b = solution.huber_fit(X, y, delta, l2)
        assert steepness(X, y, delta, l2, w, b) <= TINY
    for rows, columns, wrong in ((200, 4, 0.2), (30, 1, 0.1), (12, 2, 0)):
        X, y, _, _ = draw_line(seed, rows, columns, wrong, far=-300.0)
        assert steepness(X, y, 1.5, 0.5, *solution.huber_fit(X, y, 1.5, 0.5)) <= TINY


@points(2, group="robust line", group_zh="稳健直线")
@stated("huber", "converged")
@contract("the law that makes the fit robust: how far an outlier is away makes no difference")
@hint(en="How does an outlier pull, and how a larger one?", zh="一个离群值的拉力有多大？更大的呢？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_how_far_an_outlier_lies_makes_no_difference(solution, seed):
    X, y, true, picked = draw_line(seed, rows=80, columns=2, wrong=0.1, far=1e3)
    w, b = solution.huber_fit(X, y, 1.0, 0.0)
    further = y.copy()
    further[picked[0]] = 1e9
    assert_close(solution.huber_fit(X, further, 1.0, 0.0), (w, b), rtol=1e-5)
    plain, *_ = np.linalg.lstsq(np.column_stack([X, np.ones(80)]), y, rcond=None)
    assert np.abs(w - true).max() < np.abs(plain[:2] - true).max() / 5


@points(2, group="robust line", group_zh="稳健直线")
@stated("huber", "converged")
@contract("the closed form that an infinite delta must give")
@hint(en="What is left of the loss if every residual is small?", zh="如果每个残差都算小，损失还剩下什么？")
@given(seed=SEEDS)
@settings(max_examples=10)
def test_without_a_bound_it_is_ridge_regression(solution, seed):
    X, y, _, _ = draw_line(seed, rows=20, columns=2)
    for l2 in (0.0, 3.0, 100.0):
        centred, target = X - X.mean(axis=0), y - y.mean()
        w = np.linalg.solve(centred.T @ centred + l2 * np.eye(2), centred.T @ target)
        expected = w, float(y.mean() - X.mean(axis=0) @ w)
        for delta in (float("inf"), 1e6):
            assert_close(solution.huber_fit(X, y, delta, l2), expected, rtol=1e-5)


# ---- the rest ------------------------------------------------------------------------------------


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("iqr", "clean-errors", "huber-errors")
@hint(en="Which numbers bound nothing?", zh="哪些数界定不了任何东西？")
def test_what_makes_no_sense_is_refused(solution):
    x, X, y = np.arange(4.0), np.array([[0.0], [1.0], [2.0]]), np.array([0.0, 1.0, 4.0])
    for values in (x, x[:0]):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.iqr_mask(values, -0.5)
    for train, test, k in ((X[:0], X, 1.0), (X, np.ones((2, 2)), 1.0), (X, X, -1.0), (np.ones((3, 2)), X, 1.0)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.clean(train, test, k)
    for rows, targets, delta, l2 in (
        (X[:0], y[:0], 1.0, 1.0),
        (X, y[:2], 1.0, 1.0),
        (X, y[:1], 1.0, 1.0),
        (X, y, 0.0, 1.0),
        (X, y, -1.0, 1.0),
        (X, y, 1.0, -0.1),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.huber_fit(rows, targets, delta, l2)
    assert steepness(X, y, 1.0, 1.0, *solution.huber_fit(X, y, 1.0, 1.0)) <= TINY


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("unchanged", "iqr", "mad", "clean")
@hint(en="Which of your arrays are new?", zh="哪些数组是真正新建的？")
def test_the_arguments_stay_as_they_are(solution):
    train, y, _, _ = draw_line(4, rows=9, columns=2)
    for test in (np.array([[0.0, 1.0], [99.0, -99.0]]), np.array([[1.0, 1.0]])):
        x = np.array([3.0, 1.0, 8.0, 1.0, 2.0])
        returned, arguments = solution.run(everything_and_look, x, train, test, y)
        assert_equal(arguments, (x, train, test, y))
        assert_equal(returned[0], outlying(x.tolist(), 0.5))
        assert_close(returned[1:4], [scores(x.tolist()), *cleaned(train, test, 1.0)])
