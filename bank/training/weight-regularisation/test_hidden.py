"""Hidden checks of `weight-regularisation`; sums are loops over values, steps and dropout are written out in numpy."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
SHAPES = {"first.weight": (3, 2), "first.bias": (3,), "norm.weight": (3,), "table.bias_like": (2, 2), "frozen": (2, 2)}
SHAPES |= {"cube": (2, 1, 3), "scalar": (), "late": (2, 2)}
FROZEN = {"frozen"}


# ---- inside the guest ----------------------------------------------------------------------------


def build(tensors, frozen, shared=False):
    """Make a model of parameters with these names; perhaps one of them stands at a second place, too."""
    model = nn.Module()
    for path, tensor in tensors.items():
        *owners, name = path.split(".")
        place = model
        for owner in owners:
            if owner not in dict(place.named_children()):
                place.add_module(owner, nn.Module())
            place = getattr(place, owner)
        place.register_parameter(name, nn.Parameter(tensor.clone(), requires_grad=path not in frozen))
    if shared:
        model.twin = nn.Module()
        model.twin.weight = model.first.weight
    return model


def state(model):
    return {name: w.detach().clone() for name, w in model.named_parameters()}


def gradients(model):
    return {name: None if w.grad is None else w.grad.clone() for name, w in model.named_parameters()}


def punish(submission, tensors, frozen, shared, l1, l2, more):
    """Tell the penalty, its gradients, and the model afterwards."""
    model = build(tensors, frozen, shared)
    result = submission.penalty(model, l1, l2, *more)
    before = gradients(model)
    if result.requires_grad:
        result.backward()
    return result, gradients(model), before, state(model)


def ridge(submission, x, y, strength, steps):
    """Tell the weights of a linear model after gradient descent."""
    model = nn.Linear(x.shape[1], 1, bias=False, dtype=torch.float64)
    for _ in range(steps):
        model.zero_grad()
        ((model(x)[:, 0] - y).square().mean() + submission.penalty(model, 0.0, strength)).backward()
        with torch.no_grad():
            model.weight.sub_(0.2 * model.weight.grad)
    return model.weight[0]


def make_rule(kind, calls):
    """Make the heart of an optimizer: plain, sign, or sign of a momentum; the last one writes into what it is given."""
    memory = {}

    def rule(name, gradient):
        calls.append((name, gradient.clone()))
        if kind == "plain":
            return gradient
        if kind == "sign":
            return gradient.sign()
        memory[name] = memory.get(name, 0.0) * 0.5 + gradient.clone()
        return gradient.copy_(memory[name]).sign_().mul_(memory[name].abs().sqrt())

    return rule


def decay(submission, tensors, frozen, grads, kind, lr, wd, coupled):
    """Take a step with each of the gradients; tell calls and weights after each, and the gradients afterwards."""
    model, calls, told = build(tensors, frozen), [], []
    held, rule = dict(model.named_parameters()), make_rule(kind, calls)
    for each in grads:
        for name, w in held.items():
            w.grad = None if each[name] is None else each[name].clone()
        submission.decay_step(model, rule, lr, wd, coupled)
        told.append(({name: w.detach().clone() for name, w in held.items()}, state(model), gradients(model)))
    return told, calls


def refuse_step(submission, tensors, grads, lr, wd):
    """Tell what was raised, the weights afterwards, and how often the rule was called."""
    model, calls = build(tensors, FROZEN), []
    for name, w in model.named_parameters():
        w.grad = None if grads[name] is None else grads[name].clone()
    try:
        submission.decay_step(model, make_rule("plain", calls), lr, wd, True)
    except ValueError:
        return "ValueError", state(model), len(calls)
    return "", state(model), len(calls)


def drop(submission, x, p, u, train):
    """Tell the result of dropout, its gradient, and the arguments afterwards."""
    leaf = x.clone().requires_grad_()
    given = leaf * 1
    result = submission.dropout(given, p, u, train)
    (result * torch.arange(1, x.numel() + 1).reshape(x.shape)).sum().backward()
    return result, leaf.grad, (given, u)


# ---- the oracle ----------------------------------------------------------------------------------


def draw(seed, dtype=torch.float64, zeros=0.2):
    """Draw the tensors of the model, some values 0, in any order."""
    rng = np.random.default_rng(seed)
    tensors = {}
    for name in rng.permutation(list(SHAPES)).tolist():
        values = rng.normal(0, 1, SHAPES[name]) * (rng.random(SHAPES[name]) >= zeros)
        tensors[name] = torch.from_numpy(np.asarray(values)).to(dtype)
    return tensors


def expected_penalty(tensors, frozen, l1, l2, skip_bias=True):
    """The penalty and its gradients, value by value."""
    total, slopes = 0.0, {}
    for name, tensor in tensors.items():
        if name in frozen or (skip_bias and tensor.dim() < 2):
            slopes[name] = None
            continue
        values = tensor.double().flatten().tolist()
        total += math.fsum(l1 * abs(value) + l2 * value**2 for value in values)
        slope = [l1 * ((value > 0) - (value < 0)) + 2 * l2 * value for value in values]
        slopes[name] = torch.tensor(slope, dtype=tensor.dtype).reshape(tensor.shape)
    return torch.tensor(total, dtype=next(iter(tensors.values())).dtype), slopes


def order_of(tensors):
    """The names in the order of the model."""
    return [name for name, _ in build(tensors, FROZEN).named_parameters()]


def expected_decay(tensors, grads, kind, lr, wd, coupled):
    """Calls of the rule, and weights after each step."""
    weights = {name: tensor.numpy().copy() for name, tensor in tensors.items()}
    calls, told, memory = [], [], {}
    for each in grads:
        for name in order_of(tensors):
            if each[name] is None or name in FROZEN:
                continue
            w, g = weights[name], each[name].numpy()
            strength = wd if w.ndim >= 2 else 0.0
            seen = g + strength * w if coupled else g
            calls.append((name, torch.from_numpy(np.asarray(seen).copy())))
            memory[name] = 0.5 * memory.get(name, 0.0) + seen
            root = np.sign(memory[name]) * np.sqrt(np.abs(memory[name]))
            direction = {"plain": seen, "sign": np.sign(seen), "root": root}[kind]
            weights[name] = w - lr * direction - (0.0 if coupled else lr * strength * w)
        told.append({name: torch.from_numpy(np.asarray(w).copy()) for name, w in weights.items()})
    return told, calls


def draw_grads(seed, tensors, steps, missing=0.2):
    rng = np.random.default_rng(seed + 1)
    return [
        {
            name: None if rng.random() < missing else torch.from_numpy(np.asarray(rng.normal(0, 1, tuple(t.shape))))
            for name, t in tensors.items()
        }
        for _ in range(steps)
    ]


def draw_values(seed, rows, dtype=torch.float64):
    """Draw values, and uniform numbers that are multiples of 1/64."""
    rng = np.random.default_rng(seed)
    x = torch.from_numpy(rng.normal(0, 3, (rows, 4))).to(dtype)
    return x, torch.from_numpy(rng.integers(0, 64, (rows, 4)) / 64.0)


def expected_dropout(x, p, u):
    """The result and its gradient, weighted by 1, 2, 3, ..."""
    keep = u.double().numpy() >= p
    scale = keep / (1 - p) if p < 1 else np.zeros(keep.shape)
    result = np.where(keep, x.double().numpy(), 0.0) * scale
    slope = scale * np.arange(1, x.numel() + 1).reshape(x.shape)
    return torch.from_numpy(result).to(x.dtype), torch.from_numpy(slope).to(x.dtype)


# ---- the checks: penalty -------------------------------------------------------------------------


@points(3, group="penalty", group_zh="惩罚项")
@stated("penalty", "penalised", "penalty-gradient", "tolerance")
@hint(en="Which parameters are left out, and what tells you?", zh="哪些参数不计入，依据是什么？")
@given(seed=SEEDS, plain=st.booleans(), dtype=st.sampled_from([torch.float32, torch.float64]))
@settings(max_examples=8, deadline=None)
def test_penalty_and_its_gradient(solution, seed, plain, dtype):
    tensors = draw(seed, dtype)
    for l1, l2 in ((0.25, 0.0), (0.0, 0.125), (0.5, 0.375)):
        for skip in (True,) if plain else (True, False):
            told = solution.run(punish, tensors, FROZEN, False, l1, l2, [] if plain else [skip])
            total, slopes = expected_penalty(tensors, FROZEN, l1, l2, skip)
            assert_close(told[0], total, rtol=1e-9 if dtype == torch.float64 else 1e-5)
            for name, slope in slopes.items():
                wanted = torch.zeros_like(tensors[name]) if slope is None else slope
                mine = torch.zeros_like(tensors[name]) if told[1][name] is None else told[1][name]
                assert_close(mine, wanted, rtol=1e-9 if dtype == torch.float64 else 1e-5)
            assert_equal(told[2], dict.fromkeys(told[2]))
            assert_equal({name: told[3][name] for name in tensors}, tensors)


@points(1, group="penalty", group_zh="惩罚项")
@stated("shared", "nothing-penalised", "penalty-gradient")
@hint(
    en="How often does a shared weight count? What is the slope of a norm at 0?",
    zh="共用的权重算几次？范数在 0 处的斜率是多少？",
)
@given(seed=SEEDS)
@settings(max_examples=3, deadline=None)
def test_shared_frozen_and_empty(solution, seed):
    tensors = draw(seed)
    told = solution.run(punish, tensors, FROZEN, True, 0.5, 0.25, [])
    assert_close(told[0], expected_penalty(tensors, FROZEN, 0.5, 0.25)[0], rtol=1e-9)
    zeros = {name: torch.zeros_like(tensor) for name, tensor in tensors.items()}
    total, slopes, *_ = solution.run(punish, zeros, FROZEN, False, 0.5, 0.25, [False])
    assert_equal(total, torch.zeros((), dtype=torch.float64))
    assert all(slope is None or not (slope != 0).any() for slope in slopes.values())
    for dtype in (torch.float32, torch.float64):
        some = {name: tensor.to(dtype) for name, tensor in tensors.items()}
        for frozen, names in ((set(some), some), (set(), ["first.bias", "scalar"])):
            few = {name: some[name] for name in names}
            assert_equal(solution.run(punish, few, frozen, False, 0.5, 0.25, [])[0], torch.zeros((), dtype=dtype))


@points(1, group="penalty", group_zh="惩罚项")
@stated("penalty", "tolerance")
@contract("the outcome that the penalty is there for: descent ends at the closed form of ridge regression")
@hint(en="Does the norm of the weights shrink?", zh="权重的范数变小了吗？")
@given(seed=SEEDS)
@settings(max_examples=1, deadline=None)
def test_ridge_regression(solution, seed):
    rng = np.random.default_rng(seed)
    x, strength = np.linalg.qr(rng.normal(size=(12, 3)))[0] * math.sqrt(12), 0.7
    y = x @ [1.0, -2.0, 0.5] + rng.normal(size=12)
    weights = solution.run(ridge, torch.from_numpy(x), torch.from_numpy(y), strength, 25)
    wanted = np.linalg.solve(x.T @ x / 12 + strength * np.eye(3), x.T @ y / 12)
    assert_close(weights, torch.from_numpy(wanted), rtol=1e-5)


# ---- the checks: decay ---------------------------------------------------------------------------


@points(3, group="decay", group_zh="权重衰减")
@stated("decay", "no-decay", "tolerance")
@hint(en="Does the rule see the decay? Which w is decayed?", zh="规则看得到衰减吗？衰减的是哪个 w？")
@given(seed=SEEDS, coupled=st.booleans())
@settings(max_examples=5, deadline=None)
def test_steps_with_decay(solution, seed, coupled):
    tensors = draw(seed)
    grads = draw_grads(seed, tensors, 3, missing=0.0)
    for kind in ("plain", "sign", "root"):
        told, _ = solution.run(decay, tensors, FROZEN, grads, kind, 0.3, 0.4, coupled)
        wanted, _ = expected_decay(tensors, grads, kind, 0.3, 0.4, coupled)
        assert_close([{name: each[1][name] for name in tensors} for each in told], wanted, rtol=1e-9, atol=1e-9)


@points(2, group="decay", group_zh="权重衰减")
@stated("rule", "untouched", "decay")
@hint(en="What does the rule get, and whose tensor is it?", zh="规则拿到的是什么，那是谁的张量？")
@given(seed=SEEDS, coupled=st.booleans(), wd=st.sampled_from([0.0, 0.5]))
@settings(max_examples=6, deadline=None)
def test_calls_and_what_stays(solution, seed, coupled, wd):
    tensors = draw(seed)
    grads = draw_grads(seed, tensors, 3, missing=0.4)
    told, calls = solution.run(decay, tensors, FROZEN, grads, "root", 0.25, wd, coupled)
    wanted, expected_calls = expected_decay(tensors, grads, "root", 0.25, wd, coupled)
    assert [name for name, _ in calls] == [name for name, _ in expected_calls]
    for (_, seen), (_, known) in zip(calls, expected_calls, strict=True):
        assert_close(seen, known, rtol=1e-9, atol=1e-9)
    for (held, now, after), each, weights in zip(told, grads, wanted, strict=True):
        assert_equal(held, now)
        assert_close({name: held[name] for name in weights}, weights, rtol=1e-9, atol=1e-9)
        assert_equal({name: after[name] for name in each}, each)
        assert_equal(held["frozen"], tensors["frozen"])


# ---- the checks: dropout -------------------------------------------------------------------------


@points(3, group="dropout", group_zh="dropout")
@stated("dropout", "dropped", "dropout-dtype", "tolerance")
@hint(en="What is kept at u = p? What becomes of the rest?", zh="u = p 处保留吗？其余的变成什么？")
@given(seed=SEEDS, p=st.sampled_from([0.0, 0.125, 0.5, 0.75, 1.0]), junk=st.sampled_from([0.0, math.nan, math.inf]))
@settings(max_examples=12, deadline=None)
def test_dropout_in_training(solution, seed, p, junk):
    for dtype in (torch.float64, torch.float32, torch.float16):
        x, u = draw_values(seed, 3, dtype)
        u[0, :2] = min(p, 63 / 64)
        x[u < p] = junk
        for kind in (torch.float32, torch.float64):
            result, slope, after = solution.run(drop, x, p, u.to(kind), True)
            wanted, known = expected_dropout(x, p, u)
            rtol = {torch.float64: 1e-9, torch.float32: 1e-5, torch.float16: 1e-2}[dtype]
            assert_close(result, wanted, rtol=rtol)
            assert_close(slope, known, rtol=rtol)
            assert not result[u < p].any()
            assert not slope[u < p].any()
            assert_equal(after, (x, u.to(kind)))


@points(1, group="dropout", group_zh="dropout")
@stated("evaluation")
@hint(
    en="Where is the scaling done: in training, in evaluation, or in both?",
    zh="缩放在哪里做：训练时、评估时，还是两者都做？",
)
@given(seed=SEEDS, p=st.sampled_from([0.0, 0.25, 1.0]), rows=st.integers(0, 3))
@settings(max_examples=5, deadline=None)
def test_evaluation_is_the_identity(solution, seed, p, rows):
    x, u = draw_values(seed, rows)
    for numbers in (None, u, u[:0]):
        result, slope, _ = solution.run(drop, x, p, numbers, False)
        assert_equal(result, x)
        assert_equal(slope, torch.arange(1, x.numel() + 1, dtype=torch.float64).reshape(x.shape))


@points(1, group="dropout", group_zh="dropout")
@stated("dropout")
@contract("the law of inverted dropout: the mean over all u is x itself")
@hint(en="What is the expected value?", zh="期望值是多少？")
@given(seed=SEEDS, p=st.sampled_from([0.25, 0.5, 0.875]))
@settings(max_examples=3, deadline=None)
def test_the_expected_value_stays(solution, seed, p):
    x = draw_values(seed, 1)[0].expand(64, 4).clone()
    u = (torch.arange(64, dtype=torch.float64) / 64)[:, None].expand(64, 4).clone()
    assert_close(solution.dropout(x, p, u, True).mean(dim=0), x[0], rtol=1e-9)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("penalty-errors", "decay-errors", "dropout-errors")
@hint(en="Which numbers and which shapes make no sense?", zh="哪些数和哪些形状没有意义？")
def test_what_makes_no_sense_is_refused(solution):
    tensors = draw(3)
    grads = draw_grads(3, tensors, 1)[0]
    for bad in (-0.1, math.nan, math.inf):
        for one, other in ((bad, 0.5), (0.5, bad)):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.run(punish, tensors, FROZEN, False, one, other, [])
            raised, weights, calls = solution.run(refuse_step, tensors, grads, one, other)
            assert (raised, calls) == ("ValueError", 0)
            assert_equal({name: weights[name] for name in tensors}, tensors)
    x, u = draw_values(4, 2)
    for p in (-0.25, 1.25, math.nan):
        for train in (True, False):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.dropout(x, p, u, train)
    for numbers in (u[:1], u[:, :1], u[None], u.T, u[0]):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.dropout(x, 0.5, numbers, True)
    assert solution.run(refuse_step, tensors, grads, 0, 0)[0] == ""
