"""The hidden suite: examples, properties, edge cases."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated


def standardised_by_hand(x):
    """The oracle: column by column in exact sums, so that a mistake in the reference shows."""
    columns = []
    for column in x.T.tolist():
        mean = math.fsum(column) / len(column)
        deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in column) / len(column))
        columns.append([(value - mean) / deviation for value in column])
    return np.array(columns).T


@points(2, group="values", group_zh="数值")
@stated("values")
@contract("the definition itself, for all sizes; the other checks look at one size each")
@hint(en="Over which axis, and divided by what?", zh="沿哪个轴计算？除以什么？")
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(2, 6), columns=st.integers(2, 4))
def test_values(solution, seed, rows, columns):
    rng = np.random.default_rng(seed)
    x = rng.normal(rng.normal(0, 3, columns), 2.0, (rows, columns))
    assert_close(solution.standardise(x), standardised_by_hand(x), rtol=1e-9, atol=1e-9)


@points(1, group="edge cases", group_zh="边界情况")
@stated("constant")
@hint(en="What is the deviation of a column that never changes?", zh="一列从不变化时，标准差是多少？")
def test_constant_column(solution):
    result = solution.standardise(np.array([[1.0, 7.0], [2.0, 7.0], [3.0, 7.0]]))
    assert_close(result, np.array([[-1.5, 0.0], [0.0, 0.0], [1.5, 0.0]]) * math.sqrt(2 / 3))


@points(1, group="numerical care", group_zh="数值稳健性")
@stated("accuracy")
@hint(en="What is left of the difference of two huge squares?", zh="两个巨大的平方相减，还剩下多少有效数字？")
def test_far_from_zero(solution, rng):
    x = 1e6 + rng.normal(size=(50, 3))
    assert_close(solution.standardise(x), standardised_by_hand(x), rtol=1e-6, atol=1e-6)


@points(1, group="edge cases", group_zh="边界情况")
@stated("errors")
@hint(en="Which arrays are no matrix of examples?", zh="哪些数组不是样本矩阵？")
@pytest.mark.parametrize("shape", [(3,), (2, 2, 2), (0, 2)])
def test_no_matrix(solution, shape):
    with pytest.raises(ValueError):
        solution.standardise(np.ones(shape))


def call_and_return_input(submission, x):
    """A probe: runs beside the submission, returns data, holds no expected value."""
    submission.standardise(x)
    return x


@points(1, group="input is left alone", group_zh="不改动输入")
@stated("input")
@hint(en="Whose array do you write into?", zh="结果写进了谁的数组？")
def test_input_is_unchanged(solution):
    x = np.array([[1.0, 5.0], [2.0, 3.0]])
    assert_equal(solution.run(call_and_return_input, x.copy()), x)
