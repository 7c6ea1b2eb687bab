"""Public checks of `weight-regularisation`: they show the interface."""

import torch
from torch import nn

from grader.exam import assert_close, hint, points


def punish(submission):
    model = nn.Linear(2, 1)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[3.0, -1.0]]))
    return submission.penalty(model, 0.5, 0.1)


def shrink(submission):
    model = nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[4.0, -2.0]]))
    model.weight.grad = torch.tensor([[1.0, 0.0]])
    submission.decay_step(model, lambda name, gradient: gradient.sign(), 0.5, 0.1, False)
    return model.weight


@points(0, group="penalty", group_zh="惩罚项")
@hint(en="Which values are penalised?", zh="哪些值受惩罚？")
def test_the_penalty_of_the_example(solution):
    assert_close(solution.run(punish), torch.tensor(3.0))


@points(0, group="decay", group_zh="权重衰减")
@hint(en="Decoupled: the rule does not see the decay.", zh="解耦：规则看不到衰减。")
def test_decoupled_decay(solution):
    assert_close(solution.run(shrink), torch.tensor([[3.3, -1.9]]))


@points(0, group="dropout", group_zh="dropout")
@hint(en="What is kept, and by how much does it grow?", zh="保留了哪些值，放大了多少？")
def test_the_dropout_of_the_example(solution):
    x, u = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.7, 0.2, 0.5])
    assert_close(solution.dropout(x, 0.5, u, True), torch.tensor([2.0, 0.0, 6.0]))
