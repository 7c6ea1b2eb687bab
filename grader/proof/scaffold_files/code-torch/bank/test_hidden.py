"""The hidden suite: examples, properties, edge cases; what is expected is computed in numpy in float64."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated


def normed_by_hand(x, gain, eps, upstream=None):
    """The oracle: the values, and the gradients of the sum weighted by `upstream`, by the formulas."""
    x, gain = x.double().numpy(), gain.double().numpy()
    upstream = np.ones_like(x) if upstream is None else upstream.double().numpy()
    root = np.sqrt((x * x).sum(-1, keepdims=True) / x.shape[-1] + eps)
    pull = upstream * gain
    by_x = pull / root - x * (pull * x).sum(-1, keepdims=True) / (x.shape[-1] * root**3)
    by_gain = (upstream * x / root).reshape(-1, x.shape[-1]).sum(0)
    return torch.from_numpy(x / root * gain), [torch.from_numpy(by_x), torch.from_numpy(by_gain)]


def draw(rng, shape, dtype=np.float64):
    x, gain = rng.normal(0, 2, shape), rng.normal(1, 0.5, shape[-1])
    return torch.from_numpy(x.astype(dtype)), torch.from_numpy(gain.astype(dtype))


def differentiate(submission, x, gain, eps, upstream):
    """A probe: runs beside the submission, returns data, holds no expected value."""
    x, gain = x.clone().requires_grad_(), gain.clone().requires_grad_()
    return list(torch.autograd.grad((submission.rms_norm(x, gain, eps) * upstream).sum(), [x, gain]))


def call_and_return_inputs(submission, x, gain):
    """Another: whose tensors are these afterwards?"""
    submission.rms_norm(x, gain)
    return x, gain


@points(2, group="values", group_zh="数值")
@stated("values")
@contract("the definition itself, for all sizes; the other checks look at one size each")
@hint(en="Over which dimension is the mean, and where does eps stand?", zh="均值沿哪一维计算？eps 放在哪里？")
@given(seed=st.integers(0, 2**32 - 1), leading=st.lists(st.integers(2, 3), max_size=2), width=st.integers(2, 5))
def test_values(solution, seed, leading, width):
    x, gain = draw(np.random.default_rng(seed), (*leading, width))
    assert_close(solution.rms_norm(x, gain, 0.1), normed_by_hand(x, gain, 0.1)[0], rtol=1e-9)


@points(2, group="gradients", group_zh="梯度")
@stated("gradients")
@hint(en="Does every step of yours stay on the tape?", zh="你的每一步都留在自动求导的记录里吗？")
def test_gradients(solution, rng):
    x, gain = draw(rng, (2, 3, 4))
    upstream = rng.tensor(2, 3, 4, dtype=torch.float64)
    slopes = solution.run(differentiate, x, gain, 0.1, upstream)
    assert_close(slopes, normed_by_hand(x, gain, 0.1, upstream)[1], rtol=1e-9, atol=1e-9)


@points(1, group="numerical care", group_zh="数值稳健性")
@stated("half")
@hint(en="What is the square of 300 in float16?", zh="float16 中 300 的平方是多少？")
def test_half(solution, rng):
    x, gain = draw(rng, (4, 8), np.float16)
    x = x * 300
    x[0] = 0.0  # where eps is all there is
    expected = normed_by_hand(x, gain, 1e-6)[0].half()
    assert_close(solution.rms_norm(x, gain), expected, rtol=2e-3, atol=1e-4)


@points(1, group="edge cases", group_zh="边界情况")
@stated("errors")
@hint(en="Which gains would broadcast without belonging?", zh="哪些 gain 能广播，却并不合适？")
@pytest.mark.parametrize("shape", [(1,), (2, 3), (4,)])
def test_gain_of_another_shape(solution, shape):
    with pytest.raises(ValueError):
        solution.rms_norm(torch.ones(2, 3), torch.ones(shape))


@points(1, group="input is left alone", group_zh="不改动输入")
@stated("input")
@hint(en="Whose tensor do you write into?", zh="结果写进了谁的张量？")
def test_inputs_are_unchanged(solution, rng):
    x, gain = draw(rng, (2, 3), np.float32)
    assert_equal(solution.run(call_and_return_inputs, x.clone(), gain.clone()), (x, gain))
