"""The hidden suite: rows one by one, gradients by differences, rows that do not count, large numbers."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
STRENGTHS = SLOT_goodvalues


def loss_of_row(row, label, strength):
    """The oracle: one row, as plain numbers."""
    top = max(row)
    whole = top + math.log(math.fsum(math.exp(value - top) for value in row))
    SLOT_oraclecode


def by_hand(rows, targets, strength):
    pairs = zip(rows.double().tolist(), targets.tolist(), strict=True)
    losses = [loss_of_row(row, label, strength) for row, label in pairs if label != -100]
    return math.fsum(losses) / len(losses) if losses else 0.0


def draw(seed, number, classes):
    source = torch.Generator().manual_seed(seed)
    rows = torch.randn((number, classes), generator=source, dtype=torch.float64) * 2 + 0.5
    targets = torch.randint(0, classes, (number,), generator=source)
    targets[:2] = torch.tensor([0, -100])
    return rows, targets


def differences(rows, targets, strength, step=1e-5):
    """The oracle: central differences of the oracle's values."""
    slopes = torch.zeros_like(rows)
    for place in range(rows.numel()):
        sides = []
        for sign in (1, -1):
            moved = rows.clone()
            moved.view(-1)[place] += sign * step
            sides.append(by_hand(moved, targets, strength))
        slopes.view(-1)[place] = (sides[0] - sides[1]) / (2 * step)
    return slopes


def evaluate(submission, rows, targets, strength):
    """Return the loss and its gradient."""
    rows = rows.clone().requires_grad_()
    loss = submission.SLOT_function(rows, targets, strength)
    loss.backward()
    return loss.detach(), rows.grad


@points(4, group="values", group_zh="数值")
@stated("rule", "ignored", "tolerance")
@hint(en="What is the sum divided by? Does class 0 count?", zh="总和除以什么？类别 0 算不算？")
@given(seed=SEEDS, number=st.integers(3, 6), classes=st.integers(2, 5))
@settings(max_examples=8)
def test_values(solution, seed, number, classes):
    rows, targets = draw(seed, number, classes)
    for strength in STRENGTHS:
        expected = torch.tensor(by_hand(rows, targets, strength), dtype=torch.float64)
        assert_close(solution.SLOT_function(rows, targets, strength), expected)
        single = torch.tensor(by_hand(rows.float(), targets, strength))
        assert_close(solution.SLOT_function(rows.float(), targets, strength), single)


@points(2, group="gradients", group_zh="梯度")
@stated("gradients", "ignored", "tolerance")
@hint(en="Which parts of the loss depend on the numbers?", zh="损失的哪些部分依赖于这些数？")
@given(seed=SEEDS, classes=st.integers(2, 4))
@settings(max_examples=5)
def test_gradients(solution, seed, classes):
    rows, targets = draw(seed, 4, classes)
    for strength in STRENGTHS:
        _, slopes = solution.run(evaluate, rows, targets, strength)
        assert_close(slopes, differences(rows, targets, strength), rtol=1e-6)


@points(2, group="rows without a label", group_zh="没有标签的行")
@stated("nothing", "ignored")
@hint(en="What is the mean of nothing?", zh="没有任何数时，平均值是什么？")
def test_rows_without_a_label(solution):
    rows, targets = draw(3, 4, 3)
    nobody = torch.full((4,), -100)
    for chosen, labels in ((rows, nobody), (rows[:0], nobody[:0])):
        loss, slopes = solution.run(evaluate, chosen, labels, STRENGTHS[1])
        assert_close((loss, slopes), (torch.tensor(0.0, dtype=torch.float64), torch.zeros_like(chosen)))
    rows[1] = 1e4
    first, slopes = solution.run(evaluate, rows, targets, STRENGTHS[1])
    assert_close(first, torch.tensor(by_hand(rows, targets, STRENGTHS[1]), dtype=torch.float64))
    assert not slopes[1].any()
    assert slopes[0].any()


@points(2, group="large numbers", group_zh="很大的数")
@stated("large")
@hint(en="What does softmax allow to subtract?", zh="softmax 允许先减去什么？")
def test_large_numbers(solution):
    rows = torch.tensor([[1e4, 0.0, -1e4], [-1e4, 1e4, 9999.0], [900.0, 899.0, 898.0]], dtype=torch.float64)
    for labels in ([0, 1, 2], [2, 0, 1]):
        targets = torch.tensor(labels)
        loss, slopes = solution.run(evaluate, rows, targets, STRENGTHS[2])
        assert_close(loss, torch.tensor(by_hand(rows, targets, STRENGTHS[2]), dtype=torch.float64))
        assert torch.isfinite(slopes).all()


@points(1, group="what is refused", group_zh="拒绝的输入")
@stated("errors")
@hint(en="Which strengths make no sense, without any row as well?", zh="哪些取值没有意义？一行都没有时也检查了吗？")
@pytest.mark.parametrize("strength", SLOT_badvalues)
def test_errors(solution, strength):
    for number in (2, 0):
        with pytest.raises(ValueError):
            solution.SLOT_function(torch.ones(number, 3), torch.zeros(number, dtype=torch.int64), strength)
