"""Hidden checks of `adversarial-fgsm`; gradients of a small network are worked out by hand in numpy, in float64."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
RANGES = st.sampled_from([(0.0, 1.0), (-1.0, 1.5), (0.0, 255.0)])
PIXELS, HIDDEN, CLASSES = 6, 5, 4


# ---- the world inside the guest ------------------------------------------------------------------


class Network(nn.Module):
    """Two layers with normalisation and dropout between them; notes how it is called."""

    def __init__(self, world):
        super().__init__()
        self.inner = nn.Linear(PIXELS, HIDDEN, dtype=torch.float64)
        self.norm = nn.BatchNorm1d(HIDDEN, eps=0.0, affine=False, dtype=torch.float64)
        self.drop = nn.Dropout(0.5)
        self.outer = nn.Linear(HIDDEN, CLASSES, dtype=torch.float64)
        self.load_state_dict({name: torch.from_numpy(array) for name, array in world.items()}, strict=False)
        self.calls = []

    def forward(self, x):
        self.calls.append(len(x))
        return self.outer(self.drop(self.norm(torch.tanh(self.inner(x.flatten(1))))))


def call(submission, model, kind, arguments):
    return getattr(submission, kind)(model, *arguments)


def attack(submission, world, kind, *arguments):
    return call(submission, Network(world), kind, arguments)


def attack_one_by_one(submission, world, x, y, numbers):
    """Attack a batch in train mode as a whole and one example after the other; then with the least there is to do."""
    model = Network(world).train()
    eps, alpha, steps = numbers
    whole = submission.fgsm(model, x, y, eps), submission.pgd(model, x, y, eps, alpha, steps)
    alone = [(x[i : i + 1], y[i : i + 1]) for i in range(len(x))]
    singles = [(submission.fgsm(model, *one, eps), submission.pgd(model, *one, *numbers)) for one in alone]
    idle = submission.fgsm(model, x, y, 0.0), submission.pgd(model, x, y, eps, alpha, 0)
    return whole, [torch.cat(parts) for parts in zip(*singles, strict=True)], idle


def attack_and_look(submission, world, kind, arguments, modes):
    """Attack with tensors that carry gradients; tell everything that could have changed."""
    model = Network(world)
    for module, mode in zip(model.modules(), modes["training"], strict=True):
        module.training = mode
    for parameter, slope in zip(model.parameters(), modes["slopes"], strict=True):
        parameter.grad = slope
    model.inner.bias.requires_grad_(modes["trained"])
    x = arguments[0].requires_grad_(modes["tracked"])
    x.grad = modes["slope"]
    for start in arguments[7:]:
        start.requires_grad_(modes["tracked"])
    torch.manual_seed(modes["seed"])
    result = call(submission, model, kind, arguments)
    about = tuple(result.shape), result.requires_grad, result.grad_fn is None
    result.detach().fill_(-7.0)
    return {
        "result": about,
        "training": [module.training for module in model.modules()],
        "state": model.state_dict(),
        "slopes": [parameter.grad for parameter in model.parameters()],
        "trained": [parameter.requires_grad for parameter in model.parameters()],
        "arguments": arguments,
        "x": (x.requires_grad, x.grad),
        "random": torch.rand(2),
    }


def attack_without_gradients(submission, world, kind, arguments, frozen):
    """Attack a frozen network, or under `no_grad`; tell the result, and whether gradients are on afterwards."""
    model = Network(world).requires_grad_(not frozen)
    with torch.set_grad_enabled(frozen):
        return call(submission, model, kind, arguments), torch.is_grad_enabled()


def count_calls(submission, world, x, y, steps):
    model = Network(world)
    submission.pgd(model, x, y, 0.1, 0.05, steps)
    model.calls.append("then")
    submission.fgsm(model, x, y, 0.1)
    return model.calls


def attack_linear(submission, weight, kind, *arguments):
    model = nn.Sequential(nn.Flatten(), nn.Linear(weight.shape[1], weight.shape[0], bias=False, dtype=weight.dtype))
    with torch.no_grad():
        model[1].weight.copy_(weight)
    return call(submission, model, kind, arguments)


# ---- the oracle ----------------------------------------------------------------------------------


def draw_world(rng, loud=1.0, scale=1.0):
    return {
        "inner.weight": rng.normal(size=(HIDDEN, PIXELS)) / scale,
        "inner.bias": rng.normal(size=HIDDEN),
        "norm.running_mean": rng.normal(size=HIDDEN),
        "norm.running_var": rng.uniform(0.5, 2, size=HIDDEN),
        "outer.weight": loud * rng.normal(size=(CLASSES, HIDDEN)),
        "outer.bias": rng.normal(size=CLASSES),
    }


def logits_and_slope(world, x, y):
    """Return the logits, and the gradient of the summed cross-entropy, layer after layer."""
    hidden = np.tanh(x @ world["inner.weight"].T + world["inner.bias"])
    deviation = np.sqrt(world["norm.running_var"])
    logits = (hidden - world["norm.running_mean"]) / deviation @ world["outer.weight"].T + world["outer.bias"]
    back = np.exp(logits - logits.max(axis=1, keepdims=True))
    back /= back.sum(axis=1, keepdims=True)
    back[np.arange(len(y)), y] -= 1
    back = back @ world["outer.weight"] / deviation * (1 - hidden**2)
    return logits, back @ world["inner.weight"]


def expected(world, x, y, eps, alpha, steps, bounds, start=None):
    """Walk in numpy, each entry within its own interval."""
    flat, labels = x.flatten(1).numpy(), y.numpy()
    low, high = np.maximum(flat - eps, bounds[0]), np.minimum(flat + eps, bounds[1])
    point = flat if start is None else np.minimum(np.maximum(flat + start.flatten(1).numpy(), low), high)
    for _ in range(steps):
        _, slope = logits_and_slope(world, point, labels)
        point = np.minimum(np.maximum(point + alpha * np.sign(slope), low), high)
    return torch.from_numpy(point.copy()).reshape(x.shape)


def draw_batch(rng, bounds=(0.0, 1.0), size=3):
    x = rng.uniform(*bounds, size=(size, 1, 2, 3))
    x[:, 0, 0, :2] = bounds
    return torch.from_numpy(x), torch.from_numpy(rng.integers(0, CLASSES, size=size))


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="one step", group_zh="一步攻击")
@stated("fgsm", "model", "inputs", "tolerance")
@contract("the definition of the one-step attack, on plain numbers")
@hint(en="The gradient of what, with respect to what, and which way?", zh="求什么对什么的梯度？朝哪个方向走？")
@given(seed=SEEDS, bounds=RANGES, share=st.sampled_from([0.01, 0.2, 0.7]))
@settings(max_examples=12, deadline=None)
def test_one_step_against_the_gradient_by_hand(solution, seed, bounds, share):
    rng = np.random.default_rng(seed)
    span = bounds[1] - bounds[0]
    world, (x, y) = draw_world(rng, scale=span), draw_batch(rng, bounds)
    eps = share * span
    result = solution.run(attack, world, "fgsm", x, y, eps, *bounds)
    assert_close(result, expected(world, x, y, eps, eps, 1, bounds))


@points(4, group="many steps", group_zh="多步攻击")
@stated("pgd", "allowed", "tolerance")
@contract("the definition of the attack with many steps, on plain numbers")
@hint(en="Where does each step begin, and how far from what may it end?", zh="每一步从哪里出发？离什么不能太远？")
@given(seed=SEEDS, bounds=RANGES, steps=st.integers(2, 5), alpha=st.sampled_from([0.04, 0.13, 0.35]))
@settings(max_examples=12, deadline=None)
def test_many_steps_against_the_gradient_by_hand(solution, seed, bounds, steps, alpha):
    rng = np.random.default_rng(seed)
    span = bounds[1] - bounds[0]
    world, (x, y) = draw_world(rng, scale=span / 4), draw_batch(rng, bounds)
    numbers = 0.2 * span, alpha * span, steps
    result = solution.run(attack, world, "pgd", x, y, *numbers, *bounds)
    assert_close(result, expected(world, x, y, *numbers, bounds))


@points(2, group="many steps", group_zh="多步攻击")
@stated("start", "allowed", "pgd")
@hint(en="Where may the first point lie? What if there is no step?", zh="第一个点允许在哪里？一步都不走时又如何？")
@given(seed=SEEDS, steps=st.integers(0, 3), far=st.sampled_from([0.05, 1.0, 9.0]))
@settings(max_examples=12, deadline=None)
def test_the_first_point_is_moved_into_the_allowed_set(solution, seed, steps, far):
    rng = np.random.default_rng(seed)
    world, (x, y) = draw_world(rng, scale=0.3), draw_batch(rng)
    start = torch.from_numpy(rng.normal(0.0, far, size=tuple(x.shape)))
    result = solution.run(attack, world, "pgd", x, y, 0.2, 0.07, steps, 0.0, 1.0, start)
    assert_close(result, expected(world, x, y, 0.2, 0.07, steps, (0.0, 1.0), start))


@points(2, group="one step", group_zh="一步攻击")
@stated("logits", "fgsm")
@hint(en="What is the logarithm of a softmax that has become 0?", zh="softmax 已经变成 0 时，它的对数是多少？")
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None)
def test_large_logits_still_show_the_way(solution, seed):
    rng = np.random.default_rng(seed)
    world, (x, _) = draw_world(rng, loud=5000.0), draw_batch(rng)
    logits, _ = logits_and_slope(world, x.flatten(1).numpy(), np.zeros(3, dtype=int))
    y = torch.from_numpy((logits.argmax(axis=1) + 1) % CLASSES)
    assert_close(solution.run(attack, world, "fgsm", x, y, 0.1), expected(world, x, y, 0.1, 0.1, 1, (0.0, 1.0)))


@points(2, group="one step", group_zh="一步攻击")
@stated("sign", "inputs", "tolerance")
@hint(en="Which way do pixels go that the model never looks at?", zh="模型从不看的像素该往哪边走？")
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None)
def test_entries_without_gradient_stay(solution, seed):
    rng = np.random.default_rng(seed)
    direction = torch.from_numpy(np.array([0, 1, -1, *rng.integers(-1, 2, size=5)], dtype=np.float64))
    inputs = torch.from_numpy(rng.uniform(0.3, 0.6, size=(3, 2, 4)))
    y = torch.tensor([0, 1, 0])
    away = (1 - 2 * y)[:, None] * direction
    calls = ("fgsm", 0.2), ("pgd", 0.2, 0.1, 3)
    for (kind, *numbers), dtype in product(calls, (torch.float64, torch.float32)):
        weight, x = torch.stack([-direction, direction]).to(dtype), inputs.to(dtype)
        result = solution.run(attack_linear, weight, kind, x, y, *numbers)
        wanted = x + (0.2 * away.reshape(x.shape)).to(dtype)
        assert_close(result, wanted, rtol=1e-10 if dtype == torch.float64 else 1e-6)
        assert_equal(result.flatten(1)[:, direction == 0], x.flatten(1)[:, direction == 0])


@points(2, group="leaves no trace", group_zh="不留痕迹")
@stated("eval", "inputs", "fgsm", "pgd")
@hint(en="Which layers behave otherwise in train mode?", zh="哪些层在训练模式下表现不同？")
@given(seed=SEEDS, size=st.integers(1, 4))
@settings(max_examples=8, deadline=None)
def test_examples_do_not_depend_on_their_batch(solution, seed, size):
    rng = np.random.default_rng(seed)
    world, (x, y) = draw_world(rng), draw_batch(rng, size=size)
    whole, singles, idle = solution.run(attack_one_by_one, world, x, y, (0.2, 0.1, 3))
    for result, single, steps, alpha in zip(whole, singles, (1, 3), (0.2, 0.1), strict=True):
        assert_close(result, expected(world, x, y, 0.2, alpha, steps, (0.0, 1.0)))
        assert_close(single, result)
    assert_equal(idle, (x, x))


@points(4, group="leaves no trace", group_zh="不留痕迹")
@stated("untouched", "result", "calls")
@hint(en="Modes, gradients, flags, buffers: what did the attack touch?", zh="模式、梯度、标志、buffer：攻击碰过哪些？")
@given(seed=SEEDS)
@settings(max_examples=2, deadline=None)
def test_nothing_else_changes(solution, seed):
    rng = np.random.default_rng(seed)
    world, (x, y) = draw_world(rng), draw_batch(rng)
    shapes = [(HIDDEN, PIXELS), (HIDDEN,), (CLASSES, HIDDEN), (CLASSES,)]
    calls = ("fgsm", 0.1), ("pgd", 0.1, 0.05, 0), ("pgd", 0.1, 0.05, 2, 0.0, 1.0, torch.full_like(x, 0.03))
    for (kind, *more), tracked, filled in product(calls, (False, True), (False, True)):
        modes = {
            "training": rng.permutation([True, True, False, False, True]).tolist(),
            "slopes": [torch.from_numpy(rng.normal(size=shape)) if filled else None for shape in shapes],
            "trained": not tracked,
            "tracked": tracked,
            "slope": torch.ones_like(x) if tracked and filled else None,
            "seed": int(rng.integers(1000)),
        }
        report = solution.run(attack_and_look, world, kind, (x, y, *more), modes)
        assert report["result"] == (tuple(x.shape), False, True)
        assert report["training"] == modes["training"]
        assert_equal({name: report["state"][name].numpy() for name in world}, world)
        assert int(report["state"]["norm.num_batches_tracked"]) == 0
        assert_equal(report["slopes"], modes["slopes"])
        assert report["trained"] == [True, not tracked, True, True]
        assert_equal(report["arguments"], (x, y, *more))
        assert_equal(report["x"], (tracked, modes["slope"]))
        assert_equal(report["random"], torch.rand(2, generator=torch.Generator().manual_seed(modes["seed"])))


@points(2, group="leaves no trace", group_zh="不留痕迹")
@stated("no-grad")
@hint(en="Who says that gradients are on where you are called?", zh="谁能保证调用你的地方开着梯度？")
@given(seed=SEEDS)
@settings(max_examples=2, deadline=None)
def test_frozen_networks_and_switched_off_gradients(solution, seed):
    rng = np.random.default_rng(seed)
    world, (x, y) = draw_world(rng), draw_batch(rng)
    calls = ("fgsm", (0.1,), 0.1, 1), ("pgd", (0.1, 0.07, 2), 0.07, 2)
    for (kind, numbers, alpha, steps), frozen in product(calls, (False, True)):
        result, enabled = solution.run(attack_without_gradients, world, kind, (x, y, *numbers), frozen)
        assert_close(result, expected(world, x, y, 0.1, alpha, steps, (0.0, 1.0)))
        assert enabled is frozen


@points(1, group="many steps", group_zh="多步攻击")
@stated("calls", "inputs")
@hint(en="How often do you ask the model?", zh="你问了模型几次？")
def test_the_model_is_called_once_a_step(solution, rng):
    world = draw_world(rng)
    for size in (0, 1, 4):
        x, y = draw_batch(rng, size=size)
        for steps in (0, 1, 3):
            assert solution.run(count_calls, world, x, y, steps) == [size] * steps + ["then", size]


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="What do comparisons with NaN say?", zh="与 NaN 比较的结果是什么？")
def test_arguments_without_meaning_are_refused(solution, rng):
    world, (x, y) = draw_world(rng), draw_batch(rng)
    wrong = [("fgsm", x, y, eps) for eps in (-0.1, math.nan)]
    wrong += [("pgd", x, y, eps, 0.1, 2) for eps in (-0.1, math.nan)]
    wrong += [("pgd", x, y, 0.1, alpha, 2) for alpha in (-0.1, math.nan)]
    wrong += [("pgd", x, y, 0.1, 0.1, -1)]
    for entry, bounds in ((1.01, ()), (-0.01, ()), (math.nan, ()), (0.5, (0.6, 255.0)), (30.0, ()), (2.0, (-1.0, 1.0))):
        outside = x.clamp(0.7, 0.9)
        outside[1, 0, 1, 2] = entry
        wrong += [("fgsm", outside, y, 0.1, *bounds), ("pgd", outside, y, 0.1, 0.1, 2, *bounds)]
    for kind, *arguments in wrong:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(attack, world, kind, *arguments)


@points(1, group="many steps", group_zh="多步攻击")
@stated("pgd", "fgsm")
@contract("what an attack on a linear model must reach: the farthest corner, where the loss is no smaller")
@hint(en="Which of the allowed points is the worst for a linear model?", zh="对线性模型来说，允许的点中哪个最坏？")
@given(seed=SEEDS)
@settings(max_examples=6, deadline=None)
def test_enough_steps_reach_the_corner_of_one_large_step(solution, seed):
    rng = np.random.default_rng(seed)
    row = rng.uniform(0.2, 1, size=5) * rng.choice([-1, 1], size=5)
    weight = torch.from_numpy(np.stack([row, -row]))
    x, y = torch.from_numpy(rng.uniform(size=(2, 5))), torch.tensor([1, 0])
    corner = x + 0.3 * torch.from_numpy(np.sign([row, -row]))
    wanted = corner.clamp(0.0, 1.0)
    assert_close(solution.run(attack_linear, weight, "fgsm", x, y, 0.3), wanted)
    assert_close(solution.run(attack_linear, weight, "pgd", x, y, 0.3, 0.11, 3), wanted)
