"""Public checks of `continual-replay`: they show the interface."""

import numpy as np
import torch
from torch import nn

from grader.exam import assert_close, assert_equal, hint, points


def fill(submission):
    memory = submission.Reservoir(2, np.random.default_rng(0))
    for item in "abcde":
        memory.add(item)
    return memory.seen, len(memory.items), len(memory.sample(1)), len(memory.sample(9))


def one_weight():
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 3.0)
    return model


def penalise(submission):
    return submission.ewc(one_weight(), {"weight": torch.tensor([[1.0]])}, {"weight": torch.tensor([[0.5]])}, 2.0)


def weigh(submission):
    model = nn.Linear(1, 2, bias=False)
    nn.init.zeros_(model.weight)
    return submission.fisher_diag(model, (torch.tensor([[2.0], [4.0]]), torch.tensor([0, 1])))


@points(0, group="reservoir", group_zh="蓄水池")
@hint(en="How many are kept, and how many have been seen?", zh="保留了几个，见过几个？")
def test_a_small_reservoir(solution):
    assert_equal(solution.run(fill), (5, 2, 1, 2))


@points(0, group="EWC", group_zh="EWC")
@hint(en="Half of lam, importance, squared distance.", zh="lam 的一半、重要性、距离的平方。")
def test_the_penalty_of_the_example(solution):
    assert_close(solution.run(penalise), torch.tensor(2.0))


@points(0, group="Fisher", group_zh="Fisher")
@hint(en="With weights of 0 each class has the probability 1/2.", zh="权重为 0 时每个类别的概率都是 1/2。")
def test_two_examples(solution):
    assert_close(solution.run(weigh), {"weight": torch.tensor([[2.5], [2.5]])})
