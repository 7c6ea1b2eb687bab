"""The hidden suite: examples, properties, edge cases."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, hint, points, stated

numbers = st.floats(-1e6, 1e6)


def scaled_by_hand(values, factor):
    """The oracle: a loop of its own, so that a mistake in the reference shows."""
    result = []
    for value in values:
        result.append(value * factor)
    return result


@points(2, group="values", group_zh="数值")
@stated("values")
@hint(en="Is every number multiplied, and in its place?", zh="每个数都乘了吗？顺序对吗？")
@given(values=st.lists(numbers, min_size=2), factor=numbers)
def test_values(solution, values, factor):
    assert_close(solution.scale(values, factor), scaled_by_hand(values, factor))


@points(1, group="edge cases", group_zh="边界情况")
@stated("empty")
@hint(en="What does an empty list give?", zh="空列表应返回什么？")
def test_empty(solution):
    assert_equal(solution.scale([], 2.0), [])


@points(1, group="edge cases", group_zh="边界情况")
@stated("errors")
@hint(en="Which factors make no sense?", zh="哪些倍数没有意义？")
@pytest.mark.parametrize("factor", [float("nan"), float("inf")])
def test_factor_must_be_finite(solution, factor):
    with pytest.raises(ValueError):
        solution.scale([1.0], factor)


def call_and_return_input(submission, values, factor):
    """A probe: runs beside the submission, returns data, holds no expected value."""
    submission.scale(values, factor)
    return values


@points(1, group="input is left alone", group_zh="不改动输入")
@stated("input")
@hint(en="Whose list do you write into?", zh="结果写进了谁的列表？")
def test_input_is_unchanged(solution):
    assert_equal(solution.run(call_and_return_input, [1.0, 2.0], 3.0), [1.0, 2.0])
