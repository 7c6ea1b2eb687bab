"""The hidden suite: one check for each thing that is stated."""

import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, points, stated

samples = st.lists(st.integers(1, 1000).map(float), min_size=2, max_size=8)


@points(2, group="values", group_zh="数值")
@stated("mean")
@given(values=samples)
@settings(max_examples=10)
def test_mean(solution, values):
    assert_close(solution.summary(values)[0], statistics.fmean(values))


@points(2, group="values", group_zh="数值")
@stated("spread")
@given(values=samples)
@settings(max_examples=10)
def test_spread(solution, values):
    assert_close(solution.summary(values)[1], statistics.pstdev(values))


@points(1, group="edge cases", group_zh="边界情况")
@stated("single")
def test_single(solution):
    assert_close(solution.summary([4.375]), (4.375, 0.0))


@points(1, group="edge cases", group_zh="边界情况")
@stated("errors")
def test_empty(solution):
    with pytest.raises(ValueError):
        solution.summary([])
