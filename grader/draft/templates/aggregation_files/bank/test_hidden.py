"""The hidden suite: random clients, the fewest there may be, and what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, hint, points, stated

LEAST = SLOT_least
numbers = st.integers(-100, 100).map(float)  # whole, so that no order of adding rounds


def aggregated_by_hand(updates):
    """The oracle: takes away the outermost numbers, where the reference cuts a sorted list."""
    found = []
    for column in zip(*updates):
        SLOT_oraclecode
    return found


@st.composite
def clients(draw, most=9):
    length = draw(st.integers(1, 4))
    return draw(st.lists(st.lists(numbers, min_size=length, max_size=length), min_size=LEAST, max_size=most))


@points(5, group="the rule", group_zh="聚合规则")
@stated("rule")
@hint(en="Is it each place by itself, and the right numbers there?", zh="是逐个位置计算吗？取的是该取的那些数吗？")
@given(updates=clients())
@settings(max_examples=50)
def test_rule(solution, updates):
    assert_close(solution.SLOT_function(updates), aggregated_by_hand(updates))


@points(1, group="what is refused", group_zh="拒绝的输入")
@stated("few")
@hint(en="How many clients must there be?", zh="至少要有多少个客户端？")
@pytest.mark.parametrize("count", range(LEAST))
def test_too_few(solution, count):
    with pytest.raises(ValueError):
        solution.SLOT_function([[1.0, 2.0]] * count)


@points(1, group="what is refused", group_zh="拒绝的输入")
@stated("lengths")
@hint(en="Do all clients send as many numbers?", zh="每个客户端发来的数一样多吗？")
@pytest.mark.parametrize("place", [0, 3, 6])
def test_lengths(solution, place):
    updates = [[1.0, 2.0] for _ in range(7)]
    updates[place] = [1.0, 2.0, 3.0]
    with pytest.raises(ValueError):
        solution.SLOT_function(updates)


def updates_after(submission, updates):
    """A probe: runs beside the submission, and returns its argument as the call left it."""
    submission.SLOT_function(updates)
    return updates


@points(1, group="input is left alone", group_zh="不改动输入")
@stated("input")
@hint(en="Whose lists do you sort?", zh="排序的是谁的列表？")
def test_input_is_unchanged(solution):
    updates = [[float(9 - client), 5.0, float(client)] for client in range(7)]
    assert_equal(solution.run(updates_after, updates), updates)
