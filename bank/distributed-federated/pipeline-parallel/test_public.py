"""Public checks of `pipeline-parallel`: the interface by small examples."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def test_a_cut(solution):
    parts = solution.split([4, 1, 1, 4, 2], 3)
    assert_equal(parts, [(0, 2), (2, 4), (4, 5)])


@given(costs=st.lists(st.integers(0, 20), min_size=1, max_size=8), data=st.data())
@settings(max_examples=10)
def test_stages_follow_each_other(solution, costs, data):
    stages = data.draw(st.integers(1, len(costs)))
    parts = solution.split(costs, stages)
    assert len(parts) == stages
    assert [layer for start, stop in parts for layer in range(start, stop)] == list(range(len(costs)))


def test_one_stage_alone(solution):
    for schedule in (solution.gpipe, solution.one_f_one_b):
        (only,) = schedule(1, 2)
        assert sorted(only) == [("B", 0), ("B", 1), ("F", 0), ("F", 1)]
        assert only.index(("F", 1)) < only.index(("B", 1))


def test_the_share_of_idle_slots(solution):
    assert_close(solution.bubble(2, 3), 0.25)
    assert_equal(solution.bubble(1, 9), 0.0)


def test_nothing_to_cut_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.split([], 1)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.bubble(0, 1)
