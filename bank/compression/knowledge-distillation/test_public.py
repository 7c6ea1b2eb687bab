"""Public checks of `knowledge-distillation`: they show the interface."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, hint, points

STUDENT, TEACHER = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 0.0]])


def learn(submission, seed, alpha):
    torch.manual_seed(seed)
    student, teacher = nn.Linear(4, 3), nn.Linear(4, 3)
    opt = torch.optim.SGD(student.parameters(), lr=0.1)
    x, y = torch.randn(8, 4), torch.randint(0, 3, (8,))
    weight = teacher.weight.detach().clone()
    losses = [submission.kd_step(student, teacher, x, y, opt, 2.0, alpha) for _ in range(3)]
    return losses, weight, teacher.weight


@points(0, group="the loss", group_zh="损失")
@hint(en="Two classes, one example.", zh="两个类别，一个样本。")
def test_losses_of_the_example(solution):
    y = torch.tensor([1])
    assert_close(solution.kd_loss(STUDENT, TEACHER, y, 1.0, 0.0), torch.tensor(2.1269), rtol=1e-4)
    assert_close(solution.kd_loss(STUDENT, TEACHER, y, 2.0, 1.0), torch.tensor(0.4805), rtol=1e-4)


@points(0, group="the step", group_zh="训练步")
@hint(en="The student learns, the teacher does not.", zh="学生在学习，教师不学习。")
@given(seed=st.integers(0, 1000), alpha=st.sampled_from([0.0, 0.5, 1.0]))
@settings(max_examples=6, deadline=None)
def test_the_loss_falls_and_the_teacher_stays(solution, seed, alpha):
    losses, before, after = solution.run(learn, seed, alpha)
    assert all(type(loss) is float for loss in losses)
    assert losses[2] < losses[0]
    assert torch.equal(before, after)
