"""Public checks of `multitask-loss`: they show the interface."""

import torch

from grader.exam import assert_close, assert_equal, hint, points

OUTS = {"price": torch.tensor([1.0, 5.0, 2.0]), "kind": torch.tensor([[0.0, 0.0], [3.0, 1.0], [0.0, 2.0]])}
TARGETS = {"price": torch.tensor([2.0, float("nan"), 5.0]), "kind": torch.tensor([1, -1, -1])}
MASKS = {"price": torch.tensor([True, False, True]), "kind": torch.tensor([True, False, False])}


def shapes(submission):
    model = submission.MultiTask(4, 8, {"price": 1, "kind": 3})
    return {name: tuple(out.shape) for name, out in model(torch.randn(5, 4)).items()}


@points(0, group="the loss", group_zh="损失")
@hint(en="Which rows count for which task?", zh="哪些行计入哪个任务？")
def test_the_example(solution):
    total, parts = solution.mt_loss(OUTS, TARGETS, MASKS, {"price": 0.5, "kind": 2.0})
    assert_close(parts, {"price": 5.0, "kind": 0.693147}, rtol=1e-5)
    assert_close(total, torch.tensor(3.886294))


@points(0, group="the model", group_zh="模型")
@hint(en="A regression has one number for each row.", zh="回归对每一行给出一个数。")
def test_shapes(solution):
    assert_equal(solution.run(shapes), {"price": (5,), "kind": (5, 3)})
