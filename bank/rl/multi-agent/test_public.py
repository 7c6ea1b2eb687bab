"""Public checks of `multi-agent`: the interface by small examples."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal

OBS = [torch.tensor([[1.0]]), torch.tensor([[2.0, 3.0]])]
ACTS = [torch.tensor([[4.0, 5.0]]), torch.tensor([[6.0]])]


class Countdown:
    """Two agents; the episode is over after some steps, and each step pays the actions."""

    def __init__(self, length):
        self.left = length

    def reset(self):
        return [0, 10]

    def step(self, actions):
        self.left -= 1
        return [self.left, 10], [float(a) for a in actions], self.left == 0, False


def count_down(submission, length, max_steps):
    return submission.play(Countdown(length), [lambda seen: 1, lambda seen: seen], max_steps)


def summed(submission, done):
    """Make targets with critics that add up whatever they see."""
    actors = [nn.Linear(1, 2), nn.Linear(2, 1)]
    critics = [nn.Linear(6, 1), nn.Linear(6, 1)]
    for net in (*actors, *critics):
        nn.init.ones_(net.weight)
        nn.init.zeros_(net.bias)
    return submission.maddpg_targets(torch.tensor([[0.5, -1.0]]), torch.tensor([done]), OBS, actors, critics, 0.5)


def test_everything_side_by_side(solution):
    assert_equal(solution.joint_inputs(OBS, ACTS), torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]))


def test_targets_of_two_critics(solution):
    assert_close(solution.run(summed, False), torch.tensor([[7.0, 5.5]]))
    assert_close(solution.run(summed, True), torch.tensor([[0.5, -1.0]]))


@given(length=st.integers(1, 5), max_steps=st.integers(0, 7))
@settings(max_examples=10)
def test_an_episode_ends(solution, length, max_steps):
    steps = min(length, max_steps)
    assert_equal(solution.run(count_down, length, max_steps), ([1.0 * steps, 10.0 * steps], steps))


def test_no_agents_are_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.joint_inputs([], [])
