"""Hidden checks of `magnitude-pruning`; masks come from sorted lists, weights from steps written out in numpy."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
AMOUNTS = st.sampled_from([0.0, 0.12, 0.26, 0.4, 0.48, 0.62, 0.77, 0.92, 1.0])


# ---- the world inside the guest ------------------------------------------------------------------


def build(weights, buffers=None):
    """Make a model of nested modules from dotted names; a text instead of a tensor is a second name."""
    root = nn.Module()
    made = {}
    for name, weight in weights.items():
        parent, leaf = place(root, name)
        made[name] = made[weight] if isinstance(weight, str) else nn.Parameter(weight.clone())
        parent.register_parameter(leaf, made[name])
    for name, buffer in (buffers or {}).items():
        parent, leaf = place(root, name)
        parent.register_buffer(leaf, buffer.clone())
    return root


def place(root, name):
    *path, leaf = name.split(".")
    for step in path:
        if step not in root._modules:
            root.add_module(step, nn.Module())
        root = root._modules[step]
    return root, leaf


def contents(model):
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def prune(submission, weights, amount, buffers=None, frozen=()):
    """Give the masks, and the model before and after."""
    model = build(weights, buffers)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name not in frozen)
    before = contents(model)
    return submission.prune_global(model, amount), before, contents(model)


def prune_twice(submission, weights, first, second):
    """Give the masks for two amounts, the second time with the first masks applied."""
    model = build(weights)
    masks = submission.prune_global(model, first)
    submission.apply_masks(model, masks)
    return masks, submission.prune_global(model, second)


def apply(submission, weights, masks, gradients):
    """Apply masks; give the weights as the model has them and as they were held before, their gradients and flags."""
    model = build(weights)
    held = dict(model.named_parameters())
    for index, (name, parameter) in enumerate(held.items()):
        parameter.grad = gradients[name].clone() if name in gradients else None
        parameter.requires_grad_(index > 0)
    submission.apply_masks(model, masks)
    return {
        "model": contents(model),
        "held": {name: parameter.detach() for name, parameter in held.items()},
        "gradients": {name: p.grad for name, p in model.named_parameters() if p.grad is not None},
        "flags": [parameter.requires_grad for parameter in model.parameters()],
    }


def apply_misfit(submission, weights, masks):
    """Apply masks that do not fit; tell whether it was refused, and what is in the model then."""
    model = build(weights)
    try:
        submission.apply_masks(model, masks)
    except ValueError:
        return "refused", contents(model)
    return "accepted", contents(model)


def optimizer(kind, parameters):
    if kind == "adam":
        return torch.optim.Adam(parameters, lr=0.05, betas=(0.5, 0.9))
    return torch.optim.SGD(parameters, lr=0.05, momentum=0.9, weight_decay=0.1)


def train(submission, world, kind, stale):
    """Take steps by hand, prune by the masks given, go on with `sparse_step`; give weights and losses after each."""
    model = build(world["weights"])
    held = dict(model.named_parameters())
    opt = optimizer(kind, [p for name, p in held.items() if name != "outside"])
    history = []
    for index, (x, y) in enumerate(world["batches"]):
        if index == world["pruned_at"]:
            submission.apply_masks(model, world["masks"])
        inside = model.inside
        out = x @ inside.weight.T + inside.bias
        loss = (out - y).square().mean() + (model.outside * model.outside).sum()
        if index < world["pruned_at"]:
            opt.zero_grad()
            loss.backward()
            opt.step()
        else:
            for parameter in model.parameters():
                parameter.grad = torch.full_like(parameter, stale)
            told = submission.sparse_step(model, opt, loss, world["masks"])
            history.append((told, contents(model), {name: p.detach().clone() for name, p in held.items()}))
    return history


class Touchy(nn.Module):
    """A network whose loss has no derivative at a weight that is zero."""

    def __init__(self, weight):
        super().__init__()
        self.weight = nn.Parameter(weight.clone())
        self.idle = nn.Parameter(weight.clone())

    def forward(self):
        return self.weight.abs().sqrt().sum()


def watch_step(submission, weight, mask, idle_steps):
    """Tell the gradients at the moment of each step, and the weights and the optimizer's memory afterwards."""
    model = Touchy(weight)
    opt = torch.optim.SGD(model.parameters(), lr=0.25, momentum=0.5)
    for _ in range(idle_steps):
        model.idle.sum().backward()
        opt.step()
    masks = {"weight": mask, "idle": mask}
    submission.apply_masks(model, masks)
    idle = model.idle.detach().clone()
    seen = []
    opt.register_step_pre_hook(lambda *_: seen.append([g if g is None else g.clone() for g in gradients(model)]))
    submission.sparse_step(model, opt, model(), masks)
    return {
        "seen": seen,
        "weight": model.weight,
        "idle": (idle, model.idle),
        "memory": opt.state[model.weight]["momentum_buffer"],
    }


def gradients(model):
    return [model.weight.grad, model.idle.grad]


# ---- the oracle ----------------------------------------------------------------------------------


def draw(rng, dtype=torch.float32, whole=False):
    """Draw the weights of a model with tables, a convolution, biases and norms, the layers differing in magnitude."""
    shapes = {
        "table": (4, 3),
        "body.filter": (2, 3, 2, 1),
        "body.bias": (7,),
        "body.norm": (3,),
        "head.last.weight": (5, 2),
    }
    weights = {}
    for name, shape in shapes.items():
        values = rng.integers(-3, 4, shape) if whole else rng.normal(0.0, 10.0 ** rng.uniform(-1, 1), shape)
        weights[name] = torch.from_numpy(np.asarray(values, dtype=np.float64)).to(dtype)
    return weights


def expected_masks(weights, amount):
    """Sort all entries by magnitude, then by place, and drop the first ones."""
    entries = [
        (abs(value), place)
        for place, value in enumerate(v for w in weights.values() if w.ndim >= 2 for v in w.double().flatten().tolist())
    ]
    dropped = {place for _, place in sorted(entries)[: round(amount * len(entries))]}
    masks, place = {}, 0
    for name, weight in weights.items():
        if weight.ndim >= 2:
            flags = [index not in dropped for index in range(place, place + weight.numel())]
            masks[name] = torch.tensor(flags).reshape(weight.shape)
            place += weight.numel()
    return masks


def draw_masks(rng, weights):
    return {name: torch.from_numpy(rng.random(tuple(w.shape)) < 0.5) for name, w in weights.items()}


def make_world(seed, before, after):
    """Draw a linear regression, an extra that no optimizer trains, and masks that drop and keep at least one weight."""
    rng = np.random.default_rng(seed)
    mask = rng.random((2, 3)) < 0.5
    mask[0, 0], mask[1, 2] = False, True
    weights = {"outside": (2, 2), "inside.weight": (2, 3), "inside.bias": (2,)}
    return {
        "weights": {name: torch.from_numpy(rng.normal(0.0, 1.0, shape)) for name, shape in weights.items()},
        "masks": {
            "outside": torch.tensor([[True, False], [True, True]]),
            "inside.weight": torch.from_numpy(mask),
        },
        "batches": [
            (torch.from_numpy(rng.normal(size=(4, 3))), torch.from_numpy(rng.normal(size=(4, 2))))
            for _ in range(before + after)
        ],
        "pruned_at": before,
    }


def expected_history(world, kind):
    """The same training in numpy, gradients and updates written out."""
    outside, weight, bias = (world["weights"][name].numpy().copy() for name in world["weights"])
    kept = world["masks"]["inside.weight"].numpy()
    memory = {}
    history = []
    for index, (x, y) in enumerate((x.numpy(), y.numpy()) for x, y in world["batches"]):
        pruned = index >= world["pruned_at"]
        if pruned:
            weight = np.where(kept, weight, 0.0)
            outside[0, 1] = 0.0
        error = x @ weight.T + bias - y
        slopes = [2 * error.T @ x / error.size, 2 * error.sum(axis=0) / error.size]
        if pruned:
            slopes[0] = np.where(kept, slopes[0], 0.0)
        loss = float((error**2).mean() + (outside**2).sum())
        weight = weight - update(kind, memory.setdefault("weight", {}), weight, slopes[0])
        bias = bias - update(kind, memory.setdefault("bias", {}), bias, slopes[1])
        if pruned:
            weight = np.where(kept, weight, 0.0)
            state = {"outside": outside.copy(), "inside.weight": weight, "inside.bias": bias}
            history.append((loss, {name: torch.from_numpy(array) for name, array in state.items()}))
    return history


def update(kind, memory, parameter, gradient):
    """Return what one step takes off a parameter."""
    if kind == "momentum":
        memory["v"] = 0.9 * memory.get("v", 0.0) + gradient + 0.1 * parameter
        return 0.05 * memory["v"]
    memory["t"] = memory.get("t", 0) + 1
    memory["m"] = 0.5 * memory.get("m", 0.0) + 0.5 * gradient
    memory["s"] = 0.9 * memory.get("s", 0.0) + 0.1 * gradient**2
    mean, square = memory["m"] / (1 - 0.5 ** memory["t"]), memory["s"] / (1 - 0.9 ** memory["t"])
    return 0.05 * mean / (np.sqrt(square) + 1e-8)


# ---- the checks: which weights are dropped --------------------------------------------------------


@points(4, group="the masks", group_zh="掩码")
@stated("masks", "smallest", "prunable", "count")
@hint(
    en="Whose smallest weights: those of each layer, or of the model?",
    zh="最小的权重：是每一层里的，还是整个模型里的？",
)
@given(seed=SEEDS, amount=AMOUNTS)
@settings(max_examples=18, deadline=None)
def test_the_smallest_weights_of_the_model_are_dropped(solution, seed, amount):
    weights = draw(np.random.default_rng(seed))
    masks, before, after = solution.run(prune, weights, amount)
    assert_equal(masks, expected_masks(weights, amount))
    assert_equal(before, weights)
    assert_equal(after, weights)


@points(3, group="the masks", group_zh="掩码")
@stated("ties", "count")
@hint(
    en="How many are dropped if many are equal, or if amount * n ends in a half?",
    zh="如果许多权重相等，或者 amount * n 恰好是半整数，应该剪掉几个？",
)
@given(seed=SEEDS, amount=st.sampled_from([0.05, 0.3, 0.45, 0.5, 0.7, 0.75, 0.85]))
@settings(max_examples=8, deadline=None)
def test_equal_weights_are_dropped_in_order(solution, seed, amount):
    rng = np.random.default_rng(seed)
    for weights in (draw(rng, whole=True), {"w": torch.full((6, 7), -0.5)}, {"w": torch.zeros(3, 2, 3)}):
        for share in (0.25, amount):
            assert_equal(solution.run(prune, weights, share)[0], expected_masks(weights, share))


@points(2, group="the masks", group_zh="掩码")
@stated("prunable", "count")
@hint(
    en="Where do you look for weights? What has two names, and what is no parameter?",
    zh="你从哪里收集权重？哪些东西有两个名字，哪些根本不是参数？",
)
@given(seed=SEEDS, amount=AMOUNTS)
@settings(max_examples=8, deadline=None)
def test_second_names_buffers_and_frozen_weights(solution, seed, amount):
    rng = np.random.default_rng(seed)
    weights = draw(rng)
    buffers = {"body.table": torch.zeros(5, 5), "head.counts": torch.full((2, 9), 100.0)}
    twice = {**weights, "head.tied": "table", "head.last.tied": "body.filter"}
    masks, *_ = solution.run(prune, twice, amount, buffers, ("table", "head.last.weight"))
    assert_equal(masks, expected_masks(weights, amount))
    flat = {"scale": torch.ones(4), "shift": torch.zeros(4), "factor": torch.tensor(0.5)}
    assert_equal(solution.run(prune, flat, amount)[0], {})


@points(2, group="the masks", group_zh="掩码")
@stated("dtypes")
@hint(en="Which dtype holds every magnitude of the model exactly?", zh="哪种 dtype 能准确表示模型中的每个绝对值？")
@given(seed=SEEDS, amount=AMOUNTS)
@settings(max_examples=8, deadline=None)
def test_mixed_and_double_precision(solution, seed, amount):
    rng = np.random.default_rng(seed)
    steps = [torch.from_numpy(rng.permutation(24).reshape(4, 6)).double() for _ in range(5)]
    weights = {
        "fine": 1.0 + 1e-12 * steps[0],
        "tiny": 1e-60 * (1.0 + steps[1]),
        "of_half": (2.0 + steps[2] / 64).half(),
        "of_brain": (3.0 + steps[3] / 8).bfloat16(),
        "of_single": (6.1 + steps[4] * 1e-5).float(),
    }
    for share in (amount, 0.1, 0.3):  # the last two end among weights that single precision cannot tell apart
        assert_equal(solution.run(prune, weights, share)[0], expected_masks(weights, share))


@points(1, group="the masks", group_zh="掩码")
@stated("smallest", "ties", "count", "apply")
@contract("iterative pruning rests on it: what is dropped once stays dropped, and nothing is dropped twice")
@hint(en="Weights that are zero already are the smallest ones.", zh="已经为零的权重就是最小的权重。")
@given(seed=SEEDS, first=AMOUNTS, second=AMOUNTS)
@settings(max_examples=12, deadline=None)
def test_pruning_further_drops_a_larger_set(solution, seed, first, second):
    first, second = sorted((first, second))
    weights = draw(np.random.default_rng(seed))
    once, twice = solution.run(prune_twice, weights, first, second)
    assert_equal(twice, expected_masks(weights, second))
    assert not any((twice[name] & ~once[name]).any() for name in once)


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("amount")
@hint(en="Is NaN between 0 and 1?", zh="NaN 在 0 和 1 之间吗？")
def test_amounts_that_are_no_share_are_refused(solution):
    weights = {"w": torch.ones(3, 4)}
    for amount in (-0.001, 1.001, 2, -1, math.nan, math.inf):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(prune, weights, amount)
    for amount in (0, 1):
        assert_equal(solution.run(prune, weights, amount)[0], {"w": torch.full((3, 4), amount == 0)})


# ---- the checks: applying masks -------------------------------------------------------------------


@points(3, group="applying masks", group_zh="施加掩码")
@stated("apply", "identity", "partial")
@hint(en="What is NaN times zero? Who else holds these parameters?", zh="NaN 乘以零是多少？还有谁引用着这些参数？")
@given(seed=SEEDS, junk=st.sampled_from([math.nan, math.inf, -math.inf, 1e30]))
@settings(max_examples=10, deadline=None)
def test_dropped_entries_become_zero_and_nothing_else_changes(solution, seed, junk):
    rng = np.random.default_rng(seed)
    weights = draw(rng)
    masks = draw_masks(rng, weights)
    del masks["body.filter"]
    for name, mask in masks.items():
        weights[name] = torch.where(mask | torch.from_numpy(rng.random(tuple(mask.shape)) < 0.5), weights[name], junk)
    wanted = {name: torch.where(masks[name], w, 0.0) if name in masks else w for name, w in weights.items()}
    slopes = {name: w + 1.0 for name, w in draw(rng).items() if name != "body.bias"}
    result = solution.run(apply, weights, masks, slopes)
    assert_equal(result["model"], wanted)
    assert_equal(result["held"], wanted)
    assert_equal(result["gradients"], slopes)
    assert result["flags"] == [False, True, True, True, True]


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("misfits")
@hint(
    en="Which shapes does PyTorch fit together in silence? What has been changed by then?",
    zh="哪些形状会被 PyTorch 悄悄地广播？那时已经改动了什么？",
)
def test_masks_that_do_not_fit_are_refused_before_anything_changes(solution, rng):
    weights = {"first": rng.tensor(2, 3), "deep.second": rng.tensor(3, 3), "deep.third": rng.tensor(4)}
    good = {name: torch.zeros_like(w, dtype=torch.bool) for name, w in weights.items()}
    shapes = {"deep.second": [(3, 1), (1, 3), (3,), (), (1, 3, 3), (9,)], "deep.third": [(1, 4), (1,), (4, 1)]}
    misfits = [{**good, name: torch.zeros(shape, dtype=torch.bool)} for name in shapes for shape in shapes[name]]
    misfits += [{**good, name: good["first"]} for name in ("second", "deep", "deep.fourth")]
    for masks in misfits:
        outcome, left = solution.run(apply_misfit, weights, masks)
        assert outcome == "refused"
        assert_equal(left, weights)


# ---- the checks: training goes on -----------------------------------------------------------------


@points(4, group="training goes on", group_zh="继续训练")
@stated("gradients", "masked-gradients", "one-step", "zeros-last", "partial-step", "identity", "tolerance")
@hint(
    en="What moves a weight whose gradient is zero? What do old gradients do?",
    zh="梯度为零的权重还会被什么移动？旧的梯度会造成什么影响？",
)
@given(seed=SEEDS, before=st.integers(0, 3), stale=st.sampled_from([0.0, -3.0, 50.0]))
@settings(max_examples=7, deadline=None)
def test_weights_after_several_steps(solution, seed, before, stale):
    world = make_world(seed, before, 4)
    for kind in ("momentum", "adam"):
        history = solution.run(train, world, kind, stale)
        wanted = [state for _, state in expected_history(world, kind)]
        assert_close([model for _, model, _ in history], wanted, rtol=1e-9)
        assert_close([held for _, _, held in history], wanted, rtol=1e-9)
        for _, model, _ in history:
            assert (model["inside.weight"][~world["masks"]["inside.weight"]] == 0).all()


@points(1, group="training goes on", group_zh="继续训练")
@stated("returned")
@hint(en="Which number is wanted, and of which type?", zh="要返回的是哪个数，什么类型？")
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None)
def test_the_loss_is_told(solution, seed):
    world = make_world(seed, 0, 2)
    told = [loss for loss, _, _ in solution.run(train, world, "momentum", 1.0)]
    assert_close(told, [loss for loss, _ in expected_history(world, "momentum")])


@points(3, group="training goes on", group_zh="继续训练")
@stated("masked-gradients", "one-step", "gradients", "zeros-last")
@hint(
    en="Which gradients does the optimizer see at the moment it steps?", zh="优化器走这一步时，看到的是什么样的梯度？"
)
@given(seed=SEEDS, idle_steps=st.integers(0, 2))
@settings(max_examples=8, deadline=None)
def test_the_optimizer_never_sees_dropped_weights(solution, seed, idle_steps):
    rng = np.random.default_rng(seed)
    weight = torch.from_numpy(rng.uniform(1.0, 2.0, (3, 4)) * rng.choice([-1.0, 1.0], (3, 4)))
    mask = torch.from_numpy(rng.random((3, 4)) < 0.6)
    mask[0, 0], mask[2, 2] = True, False
    slope = torch.where(mask, 0.5 * weight.sign() / weight.abs().sqrt(), 0.0)
    report = solution.run(watch_step, weight, mask, idle_steps)
    assert len(report["seen"]) == 1
    seen, of_idle = report["seen"][0]
    assert of_idle is None
    assert_close(seen, slope)
    assert (seen[~mask] == 0).all()
    assert_close(report["weight"], torch.where(mask, weight - 0.25 * slope, 0.0))
    assert_close(report["memory"], slope)
    assert_equal(*report["idle"])
