"""The hidden suite: rows normalised number by number, gradients by differences, half precision, odd shapes."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)


def row_by_hand(row, eps):
    """The oracle: one row, as plain numbers."""
    SLOT_oraclecode


def by_hand(rows, gain, eps):
    width = rows.shape[-1]
    flat = rows.double().reshape(-1, width).tolist()
    scaled = [[a * b for a, b in zip(row_by_hand(row, eps), gain.double().tolist(), strict=True)] for row in flat]
    return torch.tensor(scaled, dtype=torch.float64).reshape(rows.shape)


def draw(seed, shape, dtype=torch.float64, scale=1.0):
    source = torch.Generator().manual_seed(seed)
    rows = torch.randn(shape, generator=source, dtype=torch.float64) * scale + 0.7 * scale
    gain = torch.randn(shape[-1:], generator=source, dtype=torch.float64) + 0.3
    return rows.to(dtype), gain.to(dtype)


@points(3, group="values", group_zh="数值")
@stated("values", "tolerance", "precision")
@contract("the plain case: each check below asks for values too, in one case of its own")
@hint(en="Along which axis? Where does eps stand?", zh="沿哪个轴？eps 加在哪里？")
@given(seed=SEEDS, width=st.integers(2, 6))
@settings(max_examples=8)
def test_values(solution, seed, width):
    for dtype in (torch.float64, torch.float32):
        for eps in (1e-6, 0.3):
            rows, gain = draw(seed, (3, width), dtype)
            assert_close(solution.SLOT_function(rows, gain, eps), by_hand(rows, gain, eps).to(dtype))


@points(1, group="shapes", group_zh="形状")
@stated("shapes")
@contract("any number of axes is promised, and later checks use one or two")
@hint(en="How many axes may come before the last?", zh="最后一个轴之前可以有几个轴？")
@pytest.mark.parametrize("shape", [(4,), (2, 3, 5), (2, 1, 2, 3), (0, 4), (2, 0, 3)])
def test_shapes(solution, shape):
    rows, gain = draw(5, shape)
    assert_close(solution.SLOT_function(rows, gain, 1e-5), by_hand(rows, gain, 1e-5))
    turned = rows.transpose(0, -1).contiguous().transpose(0, -1)
    assert_close(solution.SLOT_function(turned, gain, 1e-5), by_hand(rows, gain, 1e-5))


@points(2, group="precision", group_zh="精度")
@stated("precision")
@hint(en="How large is the square of 400?", zh="400 的平方有多大？")
@given(seed=SEEDS)
@settings(max_examples=5)
def test_half_precision(solution, seed):
    for dtype in (torch.float16, torch.bfloat16):
        rows, gain = draw(seed, (3, 5), dtype, scale=400.0)
        assert_close(solution.SLOT_function(rows, gain, 1e-5), by_hand(rows, gain, 1e-5).to(dtype))
        small, gain = draw(seed, (3, 5), dtype, scale=1e-4)
        assert_close(solution.SLOT_function(small, gain, 1e-9), by_hand(small, gain, 1e-9).to(dtype))


def gradients(submission, rows, gain, weights, eps):
    """Return the gradients of a weighted sum of the result."""
    rows, gain = rows.clone().requires_grad_(), gain.clone().requires_grad_()
    (submission.SLOT_function(rows, gain, eps) * weights).sum().backward()
    return rows.grad, gain.grad


def differences(rows, gain, weights, eps, step=1e-5):
    """The oracle: central differences of the oracle's values."""
    found = []
    for which in (0, 1):
        base = (rows, gain)[which]
        slopes = torch.zeros_like(base)
        for place in range(base.numel()):
            sides = []
            for sign in (1, -1):
                moved = [rows.clone(), gain.clone()]
                moved[which].view(-1)[place] += sign * step
                sides.append((by_hand(*moved, eps) * weights).sum())
            slopes.view(-1)[place] = (sides[0] - sides[1]) / (2 * step)
        found.append(slopes)
    return tuple(found)


@points(2, group="gradients", group_zh="梯度")
@stated("gradients")
@hint(en="Does the divisor depend on the row?", zh="除数是否依赖于该行本身？")
@given(seed=SEEDS)
@settings(max_examples=4)
def test_gradients(solution, seed):
    rows, gain = draw(seed, (2, 4))
    weights, _ = draw(seed + 1, (2, 4))
    found = solution.run(gradients, rows, gain, weights, 1e-3)
    assert_close(found, differences(rows, gain, weights, 1e-3), rtol=1e-6)
    rows[0] = 0.0
    of_rows, of_gain = solution.run(gradients, rows, gain, weights, 1e-3)
    assert torch.isfinite(of_rows).all()
    assert_close((of_rows[1:], of_gain), tuple(differences(rows[1:], gain, weights[1:], 1e-3)), rtol=1e-6)


@points(1, group="what is refused", group_zh="拒绝的输入")
@stated("errors")
@hint(en="Which shapes would be broadcast in silence?", zh="哪些形状会被悄悄广播？")
@pytest.mark.parametrize("shape", [(1,), (3,), (4, 1), (2, 4), ()])
def test_errors(solution, shape):
    with pytest.raises(ValueError):
        solution.SLOT_function(torch.ones(2, 4), torch.ones(shape), 1e-5)


def call_and_return_arguments(submission, rows, gain):
    """Return what came out, and the arguments afterwards."""
    return submission.SLOT_function(rows, gain, 1e-5), rows, gain


@points(1, group="arguments", group_zh="参数")
@stated("arguments")
@contract("the argument is promised to stay; who writes into it mostly breaks the values too")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_arguments_stay(solution):
    for dtype in (torch.float64, torch.float32):
        rows, gain = draw(11, (3, 4), dtype)
        result, *after = solution.run(call_and_return_arguments, rows, gain)
        assert_close(result, by_hand(rows, gain, 1e-5).to(dtype))
        assert_equal(after, [rows, gain])
