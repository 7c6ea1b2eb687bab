"""The hidden suite: a linear model whose gradients are known, watched from outside."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
RATE, HEAVY = 0.2, 0.6


def train(submission, weights, x, y, limits, options):
    """Take a step for each limit; return losses, weights, modes, calls, and the data afterwards."""
    model = torch.nn.Linear(x.shape[1], y.shape[1], dtype=torch.float64)
    model.load_state_dict(weights)
    model.bias.requires_grad_(not options["frozen"])
    model.train(options["training"])
    calls = []
    model.register_forward_hook(lambda *_: calls.append(model.training))
    optimizer = torch.optim.SGD(model.parameters(), lr=options["rate"], momentum=options["heavy"])
    for each in model.parameters():
        each.grad = torch.full_like(each, options["stale"]) if each.requires_grad else None
    losses = [submission.SLOT_function(model, optimizer, x, y, limit) for limit in limits]
    return losses, dict(model.state_dict()), calls, model.training, (x, y)


def refused(submission, weights, x, y, limit):
    """Return whether a limit is refused, and the weights afterwards."""
    model = torch.nn.Linear(x.shape[1], y.shape[1], dtype=torch.float64)
    model.load_state_dict(weights)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
    try:
        submission.SLOT_function(model, optimizer, x, y, limit)
    except ValueError:
        return "ValueError", dict(model.state_dict())
    return "", dict(model.state_dict())


def step_by_hand(weights, pace, x, y, limit, frozen):
    """The oracle: weights, the optimizer's pace, and the loss, from the formula of the gradient."""
    error = x @ weights["weight"].T + weights["bias"] - y
    loss = float((error * error).mean())
    slopes = {"weight": 2 * error.T @ x / error.size, "bias": 2 * error.sum(0) / error.size}
    if frozen:
        del slopes["bias"]
    SLOT_oraclecode
    pace = {name: HEAVY * pace[name] + slope if name in pace else slope for name, slope in slopes.items()}
    moved = {name: value - RATE * pace[name] if name in pace else value for name, value in weights.items()}
    return moved, pace, loss


def by_hand(weights, x, y, limits, frozen):
    weights = {name: value.numpy() for name, value in weights.items()}
    pace, losses = {}, []
    for limit in limits:
        weights, pace, loss = step_by_hand(weights, pace, x.numpy(), y.numpy(), limit, frozen)
        losses.append(loss)
    return losses, {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}


def draw(seed):
    rng = np.random.default_rng(seed)
    weights = {"weight": torch.from_numpy(rng.normal(size=(2, 3))), "bias": torch.from_numpy(rng.normal(size=2))}
    return weights, torch.from_numpy(rng.normal(0.5, 1, size=(5, 3))), torch.from_numpy(rng.normal(1, 2, size=(5, 2)))


OPTIONS = {"rate": RATE, "heavy": HEAVY, "stale": 0.7, "training": True, "frozen": False}


@points(4, group="steps", group_zh="训练步")
@stated("step", "rule", "result", "tolerance")
@contract("the plain case: each check below asks for the step too, in one case of its own")
@hint(en="What was in the gradients before? When are they too large?", zh="之前梯度中有什么？何时算太大？")
@given(seed=SEEDS)
@settings(max_examples=5)
def test_steps(solution, seed):
    weights, x, y = draw(seed)
    for limits in ([50.0, 0.05, 50.0], [0.3, 0.6, 0.9, 1.2, 1.5, 2.0], [0.02, 1000.0]):
        losses, after, *_ = solution.run(train, weights, x, y, limits, OPTIONS)
        expected, moved = by_hand(weights, x, y, limits, frozen=False)
        assert_close(losses, expected, rtol=1e-5)
        assert_close(after, moved, rtol=1e-5)


@points(2, group="the model", group_zh="模型")
@stated("model", "step", "arguments")
@hint(en="How often is the model called, and in which mode?", zh="模型调用了几次，处于什么模式？")
def test_the_model_is_called_once_in_its_own_mode(solution):
    weights, x, y = draw(7)
    for training in (True, False):
        told = solution.run(train, weights, x, y, [40.0, 0.1], {**OPTIONS, "training": training})
        losses, after, calls, mode, data = told
        expected, moved = by_hand(weights, x, y, [40.0, 0.1], frozen=False)
        assert_close((losses, after), (expected, moved), rtol=1e-5)
        assert_equal((calls, mode), ([training, training], training))
        assert_equal(data, (x, y))


@points(2, group="frozen parameters", group_zh="冻结的参数")
@stated("frozen", "rule")
@hint(en="Which parameters have no gradient?", zh="哪些参数没有梯度？")
@given(seed=SEEDS)
@settings(max_examples=3)
def test_frozen_parameters_stay(solution, seed):
    weights, x, y = draw(seed)
    for limits in ([50.0, 0.05], [0.4, 0.8, 1.6]):
        losses, after, *_ = solution.run(train, weights, x, y, limits, {**OPTIONS, "frozen": True})
        expected, moved = by_hand(weights, x, y, limits, frozen=True)
        assert_close((losses, after), (expected, moved), rtol=1e-5)
        assert_equal(after["bias"], weights["bias"])
        assert not torch.equal(after["weight"], weights["weight"]) or torch.equal(moved["weight"], weights["weight"])


@points(1, group="what is refused", group_zh="拒绝的输入")
@stated("errors")
@hint(en="What has happened when the limit is found wrong?", zh="发现界限有误时，已经发生了什么？")
@pytest.mark.parametrize("limit", [0.0, -1.0])
def test_errors(solution, limit):
    weights, x, y = draw(2)
    told, after = solution.run(refused, weights, x, y, limit)
    assert told == "ValueError"
    assert_equal(after, weights)
