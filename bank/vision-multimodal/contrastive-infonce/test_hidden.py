"""Hidden checks of `contrastive-infonce`; losses are summed up row by row, gradients are differences."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**31)
DTYPES = (torch.float64, torch.float32)


# ---- probes: they run in the guest ---------------------------------------------------------------


def backward(submission, z1, z2, T):
    """Tell the loss and what it leaves in `.grad`."""
    z1, z2 = z1.clone().requires_grad_(), z2.clone().requires_grad_()
    loss = submission.nt_xent(z1, z2, T)
    loss.backward()
    return loss.detach(), z1.grad, z2.grad


def slopes_and_look(submission, z1, z2, T, required):
    """Tell the slopes, whether they are detached, and the arguments afterwards."""
    z1, z2 = z1.clone().requires_grad_(required), z2.clone().requires_grad_(required)
    if required:
        z1.grad = torch.full_like(z1, 7.0)
    told = submission.value_and_slopes(z1, z2, T)
    grads = [None if z.grad is None else z.grad.clone() for z in (z1, z2)]
    loose = [part.requires_grad for part in told], [z.requires_grad for z in (z1, z2)]
    return [part.detach() for part in told], loose, grads, [z1.detach(), z2.detach()]


# ---- the oracle ----------------------------------------------------------------------------------


def unit(row):
    length = math.hypot(*row)
    return [value / length for value in row] if length else row


def expected_loss(z1, z2, T):
    rows = [unit(row) for row in (*z1.double().tolist(), *z2.double().tolist())]
    total = []
    for i, anchor in enumerate(rows):
        scores = {j: math.fsum(a * b for a, b in zip(anchor, other, strict=True)) / T for j, other in enumerate(rows)}
        right = scores[(i + len(rows) // 2) % len(rows)]
        del scores[i]
        top = max(scores.values())
        total.append(top - right + math.log(math.fsum(math.exp(score - top) for score in scores.values())))
    return torch.tensor(math.fsum(total) / len(total), dtype=z1.dtype)


def expected_slopes(z1, z2, T, step=1e-6):
    """Take central differences of the oracle."""
    both = torch.cat([z1, z2])
    slope = torch.zeros_like(both)
    for place in range(both.numel()):
        shift = torch.zeros(both.numel(), dtype=both.dtype)
        shift[place] = step
        ends = [(both + sign * shift.reshape(both.shape)).split(len(z1)) for sign in (1, -1)]
        high, low = (expected_loss(*end, T).item() for end in ends)
        slope.flatten()[place] = (high - low) / (2 * step)
    return list(slope.split(len(z1)))


def assert_near(actual, expected, T, rtol=None):
    """Compare losses, or gradients, by the magnitude of the scores they are made of."""
    rtol = rtol or (1e-10 if expected.dtype == torch.float64 else 1e-5)
    assert_close(actual, expected, rtol=rtol, atol=rtol * (1 + 1 / T))


def draw(seed, *shape, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="the loss", group_zh="损失")
@stated("loss", "similarity", "arguments", "tolerance")
@contract("the definition itself, for batches of all small sizes in both precisions")
@hint(en="Who are the candidates of a row, and who is not?", zh="一行的候选者有谁？谁不是？")
@given(seed=SEEDS, images=st.integers(2, 5), width=st.integers(2, 5), T=st.floats(0.05, 5))
@settings(max_examples=15)
def test_the_loss_row_by_row(solution, seed, images, width, T):
    for dtype in DTYPES:
        z1, z2 = draw(seed, images, width, dtype=dtype), draw(seed + 1, images, width, dtype=dtype)
        assert_near(solution.nt_xent(z1, z2, T), expected_loss(z1, z2, T), T)


@points(3, group="gradients", group_zh="梯度")
@stated("gradient", "loss", "tolerance")
@contract("the gradient as training uses it, by backward() through the loss")
@hint(en="Is every similarity part of the graph?", zh="每个相似度都在计算图里吗？")
@given(seed=SEEDS, T=st.floats(0.2, 3))
@settings(max_examples=5)
def test_gradients_are_those_of_the_loss(solution, seed, T):
    z1, z2 = draw(seed, 3, 3), draw(seed + 1, 3, 3)
    loss, *slopes = solution.run(backward, z1, z2, T)
    assert_near(loss, expected_loss(z1, z2, T), T)
    for slope, wanted in zip(slopes, expected_slopes(z1, z2, T), strict=True):
        assert_near(slope, wanted, T, rtol=1e-6)


@points(2, group="stability", group_zh="数值稳定性")
@stated("arguments", "loss", "single", "gradient", "tolerance")
@hint(en="What is the exponential of a hundred in single precision?", zh="单精度下 e 的一百次方是多少？")
def test_temperatures_and_batches_at_the_border(solution):
    for dtype in DTYPES:
        for T in (0.01, 0.07, 1.0, 1000.0):
            z1, z2 = draw(5, 4, 3, dtype=dtype), draw(6, 4, 3, dtype=dtype)
            for pair in ((z1, z2), (z1, -z1), (z1, z1.roll(1, 0))):
                loss, *slopes = solution.run(backward, *pair, T)
                assert_near(loss, expected_loss(*pair, T), T)
                assert all(torch.isfinite(slope).all() for slope in slopes)
            same = torch.ones(4, 3, dtype=dtype)
            assert_near(solution.nt_xent(same, 2 * same, T), torch.tensor(math.log(7), dtype=dtype), T)
            loss, *slopes = solution.run(backward, z1[:1], z2[:1], T)
            assert_equal(
                torch.stack([loss.abs(), *(slope.abs().max() for slope in slopes)]) < 1e-5, torch.ones(3).bool()
            )


@points(2, group="stability", group_zh="数值稳定性")
@stated("similarity", "gradient", "arguments")
@hint(en="What is divided by the length of a row of zeros?", zh="全零行要除以什么长度？")
def test_rows_of_zeros_and_rows_of_any_length(solution):
    for dtype in DTYPES:
        z1, z2 = draw(7, 4, 3, dtype=dtype), draw(8, 4, 3, dtype=dtype)
        lengths = torch.tensor([[1e-7], [1.0], [1e7], [300.0]], dtype=dtype)
        assert_near(solution.nt_xent(z1 * lengths, z2 / lengths, 0.5), expected_loss(z1, z2, 0.5), 0.5)
        z1[2], z2[0] = 0.0, 0.0
        loss, *slopes = solution.run(backward, z1, z2, 0.5)
        assert_near(loss, expected_loss(z1, z2, 0.5), 0.5)
        assert all(torch.isfinite(slope).all() for slope in slopes)
        nothing = torch.zeros(3, 2, dtype=dtype)
        assert_near(solution.nt_xent(nothing, nothing, 0.1), torch.tensor(math.log(5), dtype=dtype), 0.1)


@points(1, group="laws", group_zh="规律")
@stated("loss", "similarity")
@contract("what the loss is good for: blind to order, views and lengths, and lower for closer partners")
@hint(en="Does it matter which view comes first?", zh="哪个视图在前有关系吗？")
@given(seed=SEEDS)
@settings(max_examples=6)
def test_laws_of_the_loss(solution, seed):
    z1, z2 = draw(seed, 5, 3), draw(seed + 1, 5, 3)
    loss = solution.nt_xent(z1, z2, 0.5)
    order = torch.randperm(5, generator=torch.Generator().manual_seed(seed))
    assert_near(solution.nt_xent(z1[order], z2[order], 0.5), loss, 0.5)
    assert_near(solution.nt_xent(z2, z1, 0.5), loss, 0.5)
    some = torch.arange(5) % 2 == 0
    swapped = [torch.where(some[:, None], a, b) for a, b in ((z1, z2), (z2, z1))]
    assert_near(solution.nt_xent(*swapped, 0.5), loss, 0.5)
    assert_near(solution.nt_xent(z1 * draw(seed + 2, 5, 1).exp(), z2, 0.5), loss, 0.5)
    eye = torch.eye(5, dtype=torch.float64)
    closer = [solution.nt_xent(eye, eye + far * eye.roll(1, 0), 0.5).item() for far in (0.0, 0.5, 2.0)]
    assert closer == sorted(closer)


@points(2, group="gradients", group_zh="梯度")
@stated("slopes", "gradient", "unchanged")
@hint(en="Whose `.grad` is it?", zh="`.grad` 是谁的？")
def test_slopes_without_traces(solution):
    z1, z2 = draw(9, 3, 4), draw(10, 3, 4)
    wanted = [expected_loss(z1, z2, 0.7), *expected_slopes(z1, z2, 0.7)]
    for required in (False, True):
        told, loose, grads, after = solution.run(slopes_and_look, z1, z2, 0.7, required)
        assert_close(told, wanted, rtol=1e-6)
        assert_equal(loose, ([False] * 3, [required] * 2))
        assert_equal(grads, [torch.full_like(z1, 7.0) if required else None, None])
        assert_equal(after, [z1, z2])


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("unchanged", "loss")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution):
    for dtype in DTYPES:
        z1, z2 = draw(11, 4, 3, dtype=dtype), draw(12, 4, 3, dtype=dtype)
        loss, after = solution.run(lose_and_look, z1, z2, 0.5)
        assert_near(loss, expected_loss(z1, z2, 0.5), 0.5)
        assert_equal(after, [z1, z2])


def lose_and_look(submission, z1, z2, T):
    return submission.nt_xent(z1, z2, T), [z1, z2]


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which views do not belong together?", zh="什么样的视图不成对？")
def test_views_that_do_not_fit_are_refused(solution):
    z = draw(13, 4, 3)
    bad = [(z[:3], z, 0.5), (z, z[:1], 0.5), (z, z[:, :1], 0.5), (z[0], z[0], 0.5), (z[None], z[None], 0.5)]
    bad += [(z[:0], z[:0], 0.5), (z[:1, None], z[:1, None], 0.5), (torch.tensor(1.0), torch.tensor(1.0), 0.5)]
    bad += [(z, z, T) for T in (0.0, -0.5, math.nan)]
    for arguments in bad:
        for function in (solution.nt_xent, solution.value_and_slopes):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                function(*arguments)


@performance(
    points=1, of="value_and_slopes", group="speed", group_zh="速度", at_least=3.0, times_faster_than="row_after_row"
)
@stated("speed")
def many_images(rng):
    return (rng.tensor(60, 16), rng.tensor(60, 16), 0.5), {}
