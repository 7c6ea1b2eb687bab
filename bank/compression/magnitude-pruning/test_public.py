"""Public checks of `magnitude-pruning`: they show the interface."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_equal, hint, points

WEIGHT = torch.tensor([[0.5, -0.1, 2.0], [-0.3, 0.1, -1.0]])


def prune_the_example(submission, weight):
    model = nn.Linear(3, 2)
    with torch.no_grad():
        model.weight.copy_(weight)
    masks = submission.prune_global(model, 0.5)
    submission.apply_masks(model, masks)
    return masks, model.weight


def train_pruned(submission, seed, amount):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 2))
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    masks = submission.prune_global(model, amount)
    submission.apply_masks(model, masks)
    losses = [submission.sparse_step(model, opt, model(torch.ones(3, 4)).square().mean(), masks) for _ in range(3)]
    return losses, [int((weight == 0).sum()) for weight in model.parameters()]


@points(0, group="masks", group_zh="掩码")
@hint(en="Rank the absolute values.", zh="给绝对值排序。")
def test_the_example(solution):
    masks, weight = solution.run(prune_the_example, WEIGHT)
    assert_equal(masks, {"weight": torch.tensor([[True, False, True], [False, False, True]])})
    assert_equal(weight, torch.tensor([[0.5, 0.0, 2.0], [0.0, 0.0, -1.0]]))


@points(0, group="training goes on", group_zh="继续训练")
@hint(en="Count the zeros after three steps.", zh="数一数三步之后有多少个零。")
@given(seed=st.integers(0, 1000), amount=st.sampled_from([0.25, 0.5, 0.75]))
@settings(max_examples=6, deadline=None)
def test_zeros_stay_and_the_loss_falls(solution, seed, amount):
    losses, zeros = solution.run(train_pruned, seed, amount)
    assert all(type(loss) is float for loss in losses)
    assert losses[2] < losses[0]
    assert zeros[0] + zeros[2] == round(amount * 36)
