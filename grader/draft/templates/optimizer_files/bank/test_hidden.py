"""The hidden suite: random gradients of every size, and what is refused."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, hint, points, stated


def trained_by_hand(start, slopes, rate):
    """The oracle: one number at a time, each step from the whole history, where the reference carries a state."""
    moves = []
    for count in range(1, len(slopes) + 1):
        moves.append(move_of(slopes[:count], count))
    return start - rate * sum(moves)


def move_of(slopes, count):
    mean = sum(SLOT_decay ** (count - 1 - place) * slope for place, slope in enumerate(slopes))
    moves = []
    SLOT_oracle
    return moves[0]


@st.composite
def histories(draw):
    """Slopes all of one sign, that lead away from 0: no digit is lost on the way."""
    size = draw(st.integers(1, 3))
    scale = draw(st.sampled_from([1.0, 1e-8]))
    slope = st.integers(1, 100).map(lambda number: number / 16 * scale)
    start = st.integers(0, 40).map(lambda number: -number / 8 * scale)
    steps = draw(st.lists(st.lists(slope, min_size=size, max_size=size), min_size=1, max_size=5))
    return draw(st.lists(start, min_size=size, max_size=size)), steps


@points(5, group="the steps", group_zh="更新步骤")
@stated("step")
@hint(en="What does one step leave to the next?", zh="上一步给下一步留下了什么？")
@given(history=histories(), rate=st.sampled_from([0.03, 0.5, 1.75]))
@settings(max_examples=40)
def test_steps(solution, history, rate):
    start, steps = history
    expected = [trained_by_hand(each, slopes, rate) for each, slopes in zip(start, zip(*steps))]
    assert_close(solution.SLOT_function(start, steps, rate), expected, rtol=1e-9)


def call_and_return(submission, numbers, steps, rate):
    """A probe: runs beside the submission; tells the result after it was written into, and the arguments."""
    result = submission.SLOT_function(numbers, steps, rate)
    answer = list(result)
    result.append(0.0)
    return answer, numbers, steps


@points(1, group="input is left alone", group_zh="不改动输入")
@stated("input")
@hint(en="Whose list do you write into?", zh="结果写进了谁的列表？")
@pytest.mark.parametrize("steps", [[], [[0.5, 1.0], [0.25, 2.0]]])
def test_input_is_unchanged(solution, steps):
    answer, numbers, gradients = solution.run(call_and_return, [3.0, 4.0], steps, 0.5)
    assert_equal((numbers, gradients), ([3.0, 4.0], steps))
    if not steps:
        assert_equal(answer, numbers)


@points(1, group="what is refused", group_zh="拒绝的输入")
@stated("rate")
@hint(en="Which rates make no sense, also where there is no step?", zh="哪些学习率没有意义？")
@pytest.mark.parametrize("rate", [0.0, -0.25])
def test_rate(solution, rate):
    with pytest.raises(ValueError):
        solution.SLOT_function([1.0], [[1.0]], rate)


@points(1, group="what is refused", group_zh="拒绝的输入")
@stated("lengths")
@hint(en="Is there a gradient for each number, in each step?", zh="每一步中每个数都有梯度吗？")
@pytest.mark.parametrize("wrong", [[1.0], [1.0, 2.0, 3.0]])
@pytest.mark.parametrize("place", [0, 2])
def test_lengths(solution, wrong, place):
    steps = [[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]]
    steps[place] = wrong
    with pytest.raises(ValueError):
        solution.SLOT_function([1.0, 2.0], steps, 0.5)
