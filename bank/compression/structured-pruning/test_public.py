"""Public checks of `structured-pruning`: they show the interface."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, hint, points


def prune_the_example(submission):
    first, second = nn.Linear(2, 3), nn.Linear(3, 1)
    with torch.no_grad():
        first.weight.copy_(torch.tensor([[3.0, 4.0], [0.0, 1.0], [6.0, 8.0]]))
        first.bias.copy_(torch.tensor([7.0, 8.0, 9.0]))
        second.weight.copy_(torch.tensor([[1.0, 2.0, -1.0]]))
    small, last = submission.prune_neurons(first, second, 2)
    return small.weight, small.bias, last.weight


def keep_all(submission, seed):
    torch.manual_seed(seed)
    conv, norm, after = nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4).eval(), nn.Conv2d(4, 3, 1)
    x = torch.randn(2, 2, 5, 5)
    small, small_norm, last = submission.prune_channels(conv, norm, after, 4)
    return after(torch.relu(norm(conv(x)))), last(torch.relu(small_norm(small(x))))


@points(0, group="neurons", group_zh="神经元")
@hint(en="The scores are 5, 2 and 10.", zh="得分为 5、2、10。")
def test_the_example(solution):
    weight, bias, last = solution.run(prune_the_example)
    assert_equal(weight, torch.tensor([[3.0, 4.0], [6.0, 8.0]]))
    assert_equal(bias, torch.tensor([7.0, 9.0]))
    assert_equal(last, torch.tensor([[1.0, -1.0]]))


@points(0, group="channels", group_zh="通道")
@hint(en="Nothing is dropped here.", zh="这里什么也没有剪掉。")
@given(seed=st.integers(0, 1000))
@settings(max_examples=5, deadline=None)
def test_keeping_all_channels_changes_nothing(solution, seed):
    before, after = solution.run(keep_all, seed)
    assert_close(after, before)
