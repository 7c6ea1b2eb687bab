"""Public checks of `early-stopping`: they show the interface."""

import torch
from torch import nn

from grader.exam import assert_equal, hint, points


def example(submission):
    model = nn.Linear(1, 1)
    stop = submission.EarlyStop(patience=2, min_delta=0.5)
    told = [stop.step(value, model) for value in [4.0, 3.75, 3.25, 3.0, 2.75]]
    return told, stop.best, stop.best_step


def train_and_restore(submission):
    model = nn.Linear(1, 1, bias=False)
    stop = submission.EarlyStop(patience=3)
    for weight, loss in [(1.0, 0.5), (2.0, 0.25), (3.0, 0.75)]:
        nn.init.constant_(model.weight, weight)
        stop.step(loss, model)
    stop.restore_best(model)
    return model.weight


@points(0, group="when to stop", group_zh="何时停止")
@hint(en="Compare with the best value, not with the one before.", zh="与最佳值比较，而不是与前一个值比较。")
def test_the_example(solution):
    assert_equal(solution.run(example), ([False, False, False, False, True], 3.25, 2))


@points(0, group="the best weights", group_zh="最佳权重")
@hint(en="Does what you saved change when the network does?", zh="网络改变时，你保存的内容会跟着变吗？")
def test_the_best_weights_come_back(solution):
    assert_equal(solution.run(train_and_restore), torch.tensor([[2.0]]))
