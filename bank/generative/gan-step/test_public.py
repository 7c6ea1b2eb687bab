"""Public checks of `gan-step`: they show the interface."""

import math

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, hint, points


def one_step(submission, seed, samples):
    torch.manual_seed(seed)
    generator, discriminator = nn.Linear(2, 3), nn.Linear(3, 1)
    before = [p.detach().clone() for net in (generator, discriminator) for p in net.parameters()]
    losses = submission.train_step(
        generator,
        discriminator,
        torch.optim.SGD(generator.parameters(), lr=0.1),
        torch.optim.SGD(discriminator.parameters(), lr=0.1),
        torch.randn(samples, 3),
        torch.randn(samples, 2),
        torch.randn(samples, 2),
    )
    after = [p.detach() for net in (generator, discriminator) for p in net.parameters()]
    moved = [not torch.equal(old, new) for old, new in zip(before, after, strict=True)]
    return {"losses": losses, "moved": moved}


def step_of_an_undecided_discriminator(submission):
    generator, discriminator = nn.Linear(2, 3), nn.Linear(3, 1)
    for p in discriminator.parameters():
        nn.init.zeros_(p)
    losses = submission.train_step(
        generator,
        discriminator,
        torch.optim.SGD(generator.parameters(), lr=0.0),
        torch.optim.SGD(discriminator.parameters(), lr=0.0),
        torch.ones(4, 3),
        torch.ones(4, 2),
        torch.ones(4, 2),
    )
    return losses["d_loss"], losses["g_loss"]


@points(0, group="the losses", group_zh="损失")
@hint(en="All logits are 0, and nothing is learnt at rate 0.", zh="所有 logit 都是 0，学习率也是 0。")
def test_losses_of_an_undecided_discriminator(solution):
    d_loss, g_loss = solution.run(step_of_an_undecided_discriminator)
    assert_close(d_loss, 2 * math.log(2), rtol=1e-5)
    assert_close(g_loss, math.log(2), rtol=1e-5)


@points(0, group="both networks learn", group_zh="两个网络都在学习")
@hint(en="Which optimizer steps when?", zh="哪个优化器在什么时候走一步？")
@given(seed=st.integers(0, 1000), samples=st.integers(1, 6))
@settings(max_examples=10, deadline=None)
def test_both_networks_move(solution, seed, samples):
    report = solution.run(one_step, seed, samples)
    assert set(report["losses"]) == {"d_loss", "g_loss"}
    assert all(type(loss) is float and loss > 0 for loss in report["losses"].values())
    assert all(report["moved"])
