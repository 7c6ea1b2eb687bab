"""Public checks of `dqn-targets`: the interface by small examples."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal

ENDED = torch.tensor([False, True])
NEXT = torch.tensor([[2.0, 6.0], [8.0, 4.0]])


def still_step(submission):
    """Take a step at rate 0 with a network of zeros."""
    net = nn.Linear(3, 2)
    nn.init.zeros_(net.weight)
    nn.init.zeros_(net.bias)
    batch = torch.ones(2, 3), torch.tensor([0, 1]), torch.tensor([0.5, 3.0]), ENDED, torch.ones(2, 3)
    return submission.dqn_step(net, net, batch, 0.9, torch.optim.SGD(net.parameters(), lr=0.0))


def synchronised(submission, tau):
    net, target = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    nn.init.constant_(net.weight, 8.0)
    nn.init.constant_(target.weight, 4.0)
    submission.sync(net, target, tau)
    return target.weight.item()


def test_both_kinds_of_targets(solution):
    r = torch.tensor([1.0, 1.0])
    assert_close(solution.targets(r, ENDED, NEXT, 0.5), torch.tensor([4.0, 1.0]))
    online = torch.tensor([[3.0, 1.0], [0.0, 0.0]])
    assert_close(solution.targets(r, ENDED, NEXT, 0.5, online), torch.tensor([2.0, 1.0]))


@given(best=st.integers(0, 4))
@settings(max_examples=5)
def test_the_best_action(solution, best):
    net = solution.put(nn.Identity())
    assert_equal(solution.act(net, torch.eye(5)[best]), best)


def test_a_loss_and_a_synchronisation(solution):
    assert_close(solution.run(still_step), (0.125 + 2.5) / 2)
    assert_close(solution.run(synchronised, 0.25), 5.0)


def test_rewards_with_a_second_axis_are_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.targets(torch.ones(2, 1), ENDED, NEXT, 0.5)
