"""Hidden checks of `multitask-loss`; losses and gradients are loops over rows in float64."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
SIZES = {"price": 1, "kind": 3, "age": 1, "tone": 2}
HEADS = {"tone": 2, "price": 1, "kind": 4, "flag": 1}
D, HIDDEN = 3, 7


# ---- inside the guest ----------------------------------------------------------------------------


def differentiate(submission, world, weights, s, junk):
    """Tell the loss, its parts, its gradients, and the arguments afterwards."""
    outs = {name: out.clone().requires_grad_() for name, out in world["outs"].items()}
    log_var = (
        None
        if s is None
        else {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in s.items()}
    )
    targets = {name: target.clone() for name, target in world["targets"].items()}
    for name, mask in world["masks"].items():
        targets[name][~mask] = junk if targets[name].is_floating_point() else int(-1e9 if junk < 0 else 77)
    arguments = ({name: out * 1.0 for name, out in outs.items()}, targets, world["masks"], weights, log_var)
    before = [{name: value.clone() for name, value in each.items()} for each in arguments[:3]]
    total, parts = submission.mt_loss(*arguments)
    total.backward()
    slopes = {} if s is None else {n: 0.0 if v.grad is None else v.grad.item() for n, v in log_var.items()}
    return {
        "total": total,
        "parts": parts,
        "order": list(parts),
        "gradients": {name: out.grad for name, out in outs.items()},
        "slopes": slopes,
        "arguments": (before, list(arguments[:3])),
    }


def plain_call(submission, world, *more):
    total, parts = submission.mt_loss(world["outs"], world["targets"], world["masks"], *more)
    return total, parts, list(parts)


def make(submission, seed, heads, dtype=torch.float64):
    torch.manual_seed(seed)
    return submission.MultiTask(D, HIDDEN, heads).to(dtype)


def look_at_the_model(submission, seed, x, dtype):
    """Tell the outputs, the features, how often the trunk was called, and the heads."""
    model = make(submission, seed, HEADS, dtype)
    calls = []
    model.trunk.register_forward_hook(lambda *_: calls.append(1))
    outs = model(x)
    count = len(calls)
    features = model.trunk(x)
    return {
        "outs": outs,
        "order": (list(outs), list(model.heads)),
        "features": features,
        "again": (model.trunk(x), torch.cat([model.trunk(row) for row in x.split(1)])),
        "calls": count,
        "heads": {name: (type(h).__name__, h.weight, h.bias) for name, h in model.heads.items()},
    }


def bend(submission, seed, a, b):
    """Tell the features of two rows, of their sum, and of zeros."""
    model = make(submission, seed, HEADS)
    return model.trunk(torch.stack([a, b, a + b, torch.zeros_like(a)]))


def gradients_of_the_model(submission, seed, x, world, weights):
    """Tell features, outputs, and the gradient of every parameter, for each of several weightings."""
    model = make(submission, seed, SIZES)
    told = []
    for each in weights:
        model.zero_grad()
        outs = model(x)
        submission.mt_loss(outs, world["targets"], world["masks"], each)[0].backward()
        told.append({n: torch.zeros_like(p) if p.grad is None else p.grad.clone() for n, p in model.named_parameters()})
    return model.trunk(x), outs, told


# ---- the oracle ----------------------------------------------------------------------------------


def make_world(seed, rows=5, labelled=0.6, size=2.0, dtype=torch.float64):
    """Draw outputs, targets and masks for two regressions and two classifications."""
    rng = np.random.default_rng(seed)
    world = {"outs": {}, "targets": {}, "masks": {}}
    for name, count in SIZES.items():
        shape = rows if count == 1 else (rows, count)
        world["outs"][name] = torch.from_numpy(rng.normal(0, size, shape)).to(dtype)
        target = rng.normal(9, 2, rows) if count == 1 else rng.integers(0, count, rows)
        world["targets"][name] = torch.from_numpy(target).to(dtype if count == 1 else torch.int64)
        world["masks"][name] = torch.from_numpy((rng.random(rows) < labelled) | (np.arange(rows) == rng.integers(rows)))
    return world


def row_loss(out, target):
    """The loss of one row, and its slope."""
    if isinstance(out, float):
        return (out - target) ** 2, 2 * (out - target)
    largest = max(out)
    powers = [math.exp(z - largest) for z in out]
    share = [power / sum(powers) for power in powers]
    return largest + math.log(sum(powers)) - out[target], [p - (c == target) for c, p in enumerate(share)]


def expected(world, weights=None, s=None):
    """Total, parts, gradients by the outputs, and slopes by `s`."""
    total, parts, gradients, slopes = 0.0, {}, {}, {}
    for name, out in world["outs"].items():
        labelled = world["masks"][name].nonzero()[:, 0].tolist()
        gradients[name] = torch.zeros_like(out)
        weight = 1.0 if weights is None else weights[name]
        shrink = 1.0 if s is None else math.exp(-s[name])
        part = 0.0
        for row in labelled:
            loss, slope = row_loss(out[row].tolist(), world["targets"][name][row].item())
            part += loss / len(labelled)
            gradients[name][row] = torch.tensor(slope, dtype=torch.float64) * weight * shrink / len(labelled)
        parts[name] = part
        total += weight * (shrink * part + (s[name] if s and labelled else 0.0))
        slopes[name] = weight * (1 - shrink * part) if s and labelled else 0.0
    dtype = next(iter(world["outs"].values())).dtype
    return {
        "total": torch.tensor(total, dtype=dtype),
        "parts": parts,
        "order": list(world["outs"]),
        "gradients": gradients,
        "slopes": slopes if s else {},
    }


def assert_told(told, world, weights=None, s=None, rtol=1e-9):
    wanted = expected(world, weights, s)
    assert told["order"] == wanted["order"]
    largest = max(wanted["parts"].values())
    for key in ("total", "parts"):
        assert_close(told[key], wanted[key], rtol=rtol, atol=rtol * largest)
    assert_close(told["gradients"], wanted["gradients"], rtol=rtol, atol=rtol / 5)  # a row's slope is about 1 / rows
    assert_close(told["slopes"], wanted["slopes"], rtol=rtol, atol=rtol * max(1.0, largest))


def draw_weights(seed):
    rng = np.random.default_rng(seed)
    return {name: float(rng.uniform(0.2, 3.0)) for name in SIZES}


# ---- the checks: the loss ------------------------------------------------------------------------


@points(3, group="the loss", group_zh="损失")
@stated("parts", "total", "tolerance")
@contract("losses themselves, weighted and not; the checks below ask one clause each")
@hint(en="A mean over which rows? In which order?", zh="对哪些行取平均？什么次序？")
@given(seed=SEEDS, rows=st.integers(1, 6))
@settings(max_examples=5, deadline=None)
def test_losses(solution, seed, rows):
    for (dtype, rtol), given_weights in itertools.product(
        ((torch.float64, 1e-9), (torch.float32, 1e-5)), ([], [draw_weights(seed)])
    ):
        world = make_world(seed, rows, labelled=0.8, dtype=dtype)
        told = solution.run(plain_call, world, *given_weights)
        wanted = expected(world, *(given_weights or [None]))
        largest = max(wanted["parts"].values())
        assert_close(told, (wanted["total"], wanted["parts"], list(SIZES)), rtol=rtol, atol=rtol * largest)


@points(3, group="gradients", group_zh="梯度")
@stated("gradients", "under-the-mask", "inputs")
@hint(en="What is NaN times zero, and its gradient?", zh="NaN 乘以零是多少，它的梯度呢？")
@given(seed=SEEDS, junk=st.sampled_from([math.nan, math.inf, -math.inf, -100.0, 1e30]))
@settings(max_examples=8, deadline=None)
def test_what_lies_under_the_mask_never_matters(solution, seed, junk):
    world, weights = make_world(seed), draw_weights(seed)
    told = solution.run(differentiate, world, weights, None, junk)
    assert_told(told, world, weights)
    for name, mask in world["masks"].items():
        assert not told["gradients"][name][~mask].any()
    before, after = told["arguments"]
    assert_equal(after, before)


@points(2, group="no labels", group_zh="没有标签")
@stated("parts", "gradients", "log-var")
@hint(en="What is the mean over no rows?", zh="对零行取平均，得到什么？")
@given(seed=SEEDS, rows=st.integers(1, 3))
@settings(max_examples=5, deadline=None)
def test_tasks_without_labels(solution, seed, rows):
    world, weights = make_world(seed, rows), draw_weights(seed)
    s = {name: float(k) / 4 for k, name in enumerate(SIZES, start=1)}
    for name in ("kind", "price"):
        world["masks"][name][:] = False
    assert_told(solution.run(differentiate, world, weights, None, math.nan), world, weights)
    for mask in world["masks"].values():
        mask[:] = False
    nothing = {key: {name: each[:0] for name, each in value.items()} for key, value in world.items()}
    for each in (world, nothing):
        assert_told(solution.run(differentiate, each, weights, s, math.nan), each, weights, s)
        assert_told(solution.run(differentiate, each, weights, None, math.nan), each, weights)


@points(3, group="uncertainty", group_zh="不确定度")
@stated("log-var", "total")
@hint(en="What does a task without labels say about its own `s`?", zh="没有标签的任务，对它自己的 `s` 能说明什么？")
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_uncertainty(solution, seed):
    world, rng = make_world(seed), np.random.default_rng(seed)
    s = {name: float(rng.normal()) for name in reversed(SIZES)}
    for weights in (None, draw_weights(seed)):
        assert_told(solution.run(differentiate, world, weights, s, 0.0), world, weights, s)


@points(1, group="the loss", group_zh="损失")
@stated("large-logits")
@hint(en="What is the logarithm of a probability that has rounded to 0?", zh="概率舍入成 0 之后，它的对数是多少？")
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_large_logits(solution, seed):
    world = make_world(seed, labelled=1.0, size=1.0)
    for name in ("kind", "tone"):
        world["outs"][name] = 1e4 * torch.tanh(world["outs"][name])
    assert_told(solution.run(differentiate, world, None, None, 0.0), world)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors", "model-errors")
@hint(en="Which shapes does PyTorch fit together in silence?", zh="哪些形状会被 PyTorch 悄悄地广播？")
def test_what_does_not_fit_is_refused(solution):
    world = make_world(3, rows=4)
    outs, targets, masks = world["outs"], world["targets"], world["masks"]
    ones, s = dict.fromkeys(SIZES, 1.0), dict.fromkeys(SIZES, torch.zeros(()))

    def without(each):
        return {name: value for name, value in each.items() if name != "age"}

    def changed(each, name, change):
        return {**each, name: change(each[name])}

    faults = [({}, {}, {}), (without(outs), targets, masks), (outs, without(targets), masks)]
    faults += [
        (outs, targets, without(masks)),
        (outs, targets, masks, without(ones)),
        (outs, targets, masks, None, without(s)),
    ]
    faults += [(outs, {**targets, "x": targets["age"]}, masks), (outs, targets, masks, {**ones, "x": 1.0})]
    faults.append((outs, targets, masks, ones, {**s, "x": s["age"]}))
    for change in (lambda v: v[:, None], lambda v: v[:3], lambda v: v[:1], lambda v: v[0]):
        faults += [(outs, changed(targets, name, change), masks) for name in ("price", "kind")]
        faults += [(outs, targets, changed(masks, name, change)) for name in ("price", "kind")]
    for change in (lambda v: v.reshape(4, -1, 1), lambda v: v[None], lambda v: v.sum()):
        faults += [(changed(outs, name, change), targets, masks) for name in ("price", "kind")]
    for arguments in faults:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.mt_loss(*arguments)
    turned = {name: targets[name] for name in reversed(SIZES)}
    assert_close(solution.mt_loss(outs, turned, masks)[0], expected(world)["total"], rtol=1e-9)
    for heads in ({}, {"a": 0}, {"a": 2, "b": -1}):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.MultiTask(2, 3, heads)


# ---- the checks: the model -----------------------------------------------------------------------


@points(3, group="the model", group_zh="模型")
@stated("forward", "heads", "trunk", "tolerance")
@hint(en="Which shape has each output, and if there is one row only?", zh="每个输出是什么形状？只有一行时呢？")
@given(seed=st.integers(0, 2**31), rows=st.integers(1, 4), dtype=st.sampled_from([torch.float32, torch.float64]))
@settings(max_examples=6, deadline=None)
def test_outputs_are_heads_on_shared_features(solution, seed, rows, dtype):
    x = torch.randn(rows, D, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    told = solution.run(look_at_the_model, seed, x, dtype)
    assert told["features"].shape == (rows, HIDDEN)
    assert told["order"] == (list(HEADS), list(HEADS))
    assert told["calls"] == 1
    rtol = 1e-9 if dtype == torch.float64 else 1e-5
    atol = rtol * (1.0 + float(told["features"].abs().max()))  # a sum may be small where its summands are not
    for again in told["again"]:
        assert_close(again, told["features"], rtol=rtol, atol=atol)
    for name, (kind, weight, bias) in told["heads"].items():
        assert kind == "Linear"
        assert weight.shape == (HEADS[name], HIDDEN)
        wanted = torch.einsum("bh,ch->bc", told["features"], weight) + bias
        assert_close(told["outs"][name], wanted.flatten() if HEADS[name] == 1 else wanted, rtol=rtol, atol=atol)


@points(1, group="the model", group_zh="模型")
@stated("trunk")
@hint(en="What do two linear layers make together?", zh="两个线性层叠在一起是什么？")
@given(seed=st.integers(0, 2**31))
@settings(max_examples=2, deadline=None)
def test_the_trunk_is_not_linear(solution, seed):
    a, b = 3 * torch.randn(2, D, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    of_a, of_b, of_sum, of_none = solution.run(bend, seed, a, b)
    assert (of_a + of_b - of_sum - of_none).abs().max() > 1e-6 * of_sum.abs().max()


@points(3, group="the model", group_zh="模型")
@stated("trunk", "heads", "total")
@hint(en="Whose gradients reach the trunk, and whose reach a head?", zh="哪些任务的梯度到达主干，哪些到达某个头？")
@given(seed=st.integers(0, 2**31))
@settings(max_examples=3, deadline=None)
def test_gradients_of_trunk_and_heads(solution, seed):
    world, weights = make_world(seed, rows=6, labelled=0.7), draw_weights(seed)
    x = torch.randn(6, D, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    alone = [{name: weight * (name == task) for name, weight in weights.items()} for task in weights]
    features, outs, (whole, *single) = solution.run(gradients_of_the_model, seed, x, world, [weights, *alone])
    summed = {name: sum(each[name] for each in single) for name in whole}
    trunk = [name for name in whole if name.startswith("trunk.")]
    assert_close({name: whole[name] for name in trunk}, {name: summed[name] for name in trunk}, rtol=1e-9)
    assert any(whole[name].any() for name in trunk)
    slopes = expected({**world, "outs": outs}, weights)["gradients"]
    for name, each in slopes.items():
        slope = each.reshape(6, -1)
        assert_close(whole[f"heads.{name}.weight"], slope.T @ features, rtol=1e-8, atol=1e-9)
        assert_close(whole[f"heads.{name}.bias"], slope.sum(dim=0), rtol=1e-8, atol=1e-9)
