"""Hidden checks of `gradient-accumulation`; expectations are those of the joined batch, written out in numpy."""

import itertools
import weakref

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.lists(st.integers(1, 6), min_size=1, max_size=5)
INPUTS, OUTPUTS = 3, 2


# ---- the world inside the guest ------------------------------------------------------------------


class Net(nn.Module):
    """A linear model with a frozen factor, a shift that the optimizer does not know, and a weight without use."""

    def __init__(self, weights):
        super().__init__()
        self.weight, self.bias, self.idle, self.outside = (
            nn.Parameter(weights[name].clone()) for name in ("weight", "bias", "idle", "outside")
        )
        self.factor = nn.Parameter(weights["factor"].clone(), requires_grad=False)

    def forward(self, x):
        return (x @ self.weight.T + self.bias) * self.factor + self.outside


def squared_errors(out, y):
    """Give the sum of squared errors of the tokens that are no padding, and their number."""
    counts = ~torch.isnan(y)
    return (out - y)[counts].square().sum(), int(counts.sum())


def build(world, kind="sgd"):
    model = Net(world["weights"])
    trained = [model.weight, model.bias, model.idle, model.factor]
    if kind == "adam":
        return model, torch.optim.Adam(trained, lr=0.02, betas=(0.5, 0.9), weight_decay=0.1)
    return model, torch.optim.SGD(trained, lr=0.05, momentum=0.0 if kind == "sgd" else 0.9, weight_decay=0.1)


def weights_of(model):
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def play(submission, world, kind="sgd", clip=None, stale=None, memory=False):
    """Take one step per batch; tell what was returned, and the weights after each step."""
    model, opt = build(world, kind)
    if memory:
        for parameter in (model.idle, model.factor):
            opt.state[parameter]["momentum_buffer"] = torch.ones_like(parameter)
    history = []
    for batch in world["batches"]:
        if stale is not None:
            for parameter in model.parameters():
                parameter.grad = torch.full_like(parameter, stale)
        arguments = (model, opt, batch, squared_errors)
        told = submission.accumulate_step(*arguments) if clip is None else submission.accumulate_step(*arguments, clip)
        history.append((told, weights_of(model)))
    return history


class Held:
    """One tensor that is stored for a backward pass."""

    def __init__(self, tensor):
        self.tensor = tensor


def watch_memory(submission, world):
    """Tell, each time a micro-batch is asked for, how many tensors are stored and how many losses were taken."""
    model, opt = build(world)
    alive, seen, asked = weakref.WeakSet(), [], []

    def pack(tensor):
        held = Held(tensor)
        alive.add(held)
        return held

    def batches():
        for x, y in world["batches"][0]:
            asked.append((len(alive), len(seen)))
            yield x, y
        asked.append((len(alive), len(seen)))

    def loss_fn(out, y):
        result = squared_errors(out, y)
        seen.append(len(alive))
        return result

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda held: held.tensor):
        told = submission.accumulate_step(model, opt, batches(), loss_fn)
    return {"asked": asked, "stored": seen, "told": told}


def watch_calls(submission, world):
    """Tell what the model and the loss were called on, and how often the optimizer stepped."""
    model, opt = build(world)
    seen, steps = {"model": [], "loss": []}, []
    model.register_forward_pre_hook(lambda _, args: seen["model"].append(args[0].clone()))
    opt.register_step_post_hook(lambda *_: steps.append(model.weight.detach().clone()))

    def loss_fn(out, y):
        seen["loss"].append(y.clone())
        return squared_errors(out, y)

    submission.accumulate_step(model, opt, iter(world["batches"][0]), loss_fn)
    return seen, steps


def learn_nothing(submission, world):
    """Tell whether it was refused, and what the model and the optimizer remember then."""
    model, opt = build(world, "momentum")
    steps = []
    opt.register_step_pre_hook(lambda *_: steps.append(1))
    try:
        submission.accumulate_step(model, opt, world["batches"][0], squared_errors)
    except ValueError:
        return "refused", len(steps), weights_of(model)
    return "accepted", len(steps), weights_of(model)


def measure(submission, times, samples, warmup):
    """Tell the rate before and after each step, and how often the clock had been read by then."""
    read = []

    def clock():
        read.append(times[len(read)])
        return read[-1]

    meter = submission.Throughput(clock, warmup) if warmup else submission.Throughput(clock)
    history = [(meter.rate(), len(read))]
    for number in samples:
        meter.step(number)
        history.append((meter.rate(), meter.rate(), len(read)))
    return history


# ---- the oracle ----------------------------------------------------------------------------------


def make_world(seed, sizes, steps=1, padding=0.4):
    """Draw weights and batches; the share of padding differs from micro-batch to micro-batch."""
    rng = np.random.default_rng(seed)
    shapes = {"weight": (OUTPUTS, INPUTS), "bias": OUTPUTS, "idle": 2, "outside": OUTPUTS, "factor": 1}
    return {
        "weights": {name: torch.from_numpy(rng.normal(1.0, 1.0, shape)) for name, shape in shapes.items()},
        "batches": [[draw(rng, size, padding * rng.uniform(0, 2)) for size in sizes] for _ in range(steps)],
    }


def draw(rng, rows, padding):
    x, y = rng.normal(size=(rows, INPUTS)), rng.normal(size=(rows, OUTPUTS))
    y[rng.random(y.shape) < padding] = np.nan
    if padding < 1:
        y[0, 0] = 0.5
    return torch.from_numpy(x), torch.from_numpy(y)


def joined(batch):
    return [np.concatenate([part.numpy() for part in parts]) for parts in zip(*batch, strict=True)]


def expected_history(world, kind="sgd", clip=None):
    """The steps on the joined batches: what is returned and the weights, with gradients written out."""
    weights = {name: tensor.numpy().copy() for name, tensor in world["weights"].items()}
    memory = {"weight": {}, "bias": {}}
    history = []
    for batch in world["batches"]:
        x, y = joined(batch)
        out = (x @ weights["weight"].T + weights["bias"]) * weights["factor"] + weights["outside"]
        error = np.where(np.isnan(y), 0.0, out - y)
        count = int((~np.isnan(y)).sum())
        slope = 2 * weights["factor"] * error / count
        gradients = {"weight": slope.T @ x, "bias": slope.sum(axis=0)}
        norm = float(np.sqrt(sum((g**2).sum() for g in gradients.values())))
        for name, gradient in gradients.items():
            factor = clip / norm if clip is not None and norm > clip else 1.0
            weights[name] = weights[name] - update(kind, memory[name], weights[name], factor * gradient)
        told = (float((error**2).sum() / count), norm)
        history.append((told, {name: torch.from_numpy(array.copy()) for name, array in weights.items()}))
    return history


def update(kind, past, weight, gradient):
    """What one step of the optimizer takes off."""
    gradient = gradient + 0.1 * weight
    if kind != "adam":
        past["v"] = (0.9 if kind == "momentum" else 0.0) * past.get("v", 0.0) + gradient
        return 0.05 * past["v"]
    past["t"] = past.get("t", 0) + 1
    past["m"] = 0.5 * past.get("m", 0.0) + 0.5 * gradient
    past["s"] = 0.9 * past.get("s", 0.0) + 0.1 * gradient**2
    return 0.02 * past["m"] / (1 - 0.5 ** past["t"]) / (np.sqrt(past["s"] / (1 - 0.9 ** past["t"])) + 1e-8)


# ---- the checks: one step ------------------------------------------------------------------------


@points(4, group="one step on everything", group_zh="对全部数据走一步")
@stated("objective", "loss-function", "one-step", "norm", "tolerance")
@contract("the definition itself under three optimizers; the checks below look at its corners")
@hint(
    en="By what is the sum of all gradients divided, and when do you know that number?",
    zh="全部梯度之和要除以什么？什么时候才知道这个数？",
)
@given(seed=SEEDS, sizes=SIZES, kind=st.sampled_from(["sgd", "momentum", "adam"]))
@settings(max_examples=8, deadline=None)
def test_steps_on_uneven_micro_batches(solution, seed, sizes, kind):
    world = make_world(seed, sizes, steps=3)
    assert_close(solution.run(play, world, kind), expected_history(world, kind), rtol=1e-9)


@points(3, group="one step on everything", group_zh="对全部数据走一步")
@stated("objective", "loss-function")
@contract("the law behind accumulation: any partition of a batch gives the same step, padding-only parts included")
@hint(en="Cut the batch elsewhere: what changes?", zh="换个地方切开批次：什么会变？")
@given(seed=SEEDS, cuts=st.lists(st.integers(0, 12), max_size=4))
@settings(max_examples=6, deadline=None)
def test_any_partition_gives_the_same_step(solution, seed, cuts):
    world = make_world(seed, [12])
    x, y = world["batches"][0][0]
    edges = sorted({0, 12, *cuts})
    parts = [(x[a:b], y[a:b]) for a, b in itertools.pairwise(edges)]
    cut = solution.run(play, {**world, "batches": [parts]})
    assert_close(cut, solution.run(play, world), rtol=1e-9)


@points(2, group="one step on everything", group_zh="对全部数据走一步")
@stated("loss-function", "objective")
@contract("the corner where a mean over tokens does not exist; elsewhere it comes up by chance only")
@hint(en="What is the mean over no tokens?", zh="对零个词元取平均，得到什么？")
@given(seed=SEEDS, place=st.integers(0, 2))
@settings(max_examples=6, deadline=None)
def test_micro_batches_of_padding_change_nothing(solution, seed, place):
    world = make_world(seed, [3, 2])
    expected = expected_history(world, "momentum")
    empty = draw(np.random.default_rng(seed), 4, 2.0)
    batch = [*world["batches"][0][:place], empty, *world["batches"][0][place:]]
    assert_close(solution.run(play, {**world, "batches": [batch]}, "momentum"), expected, rtol=1e-9)


@points(3, group="clipping", group_zh="梯度裁剪")
@stated("norm", "clipping", "tolerance")
@hint(
    en="Clip what: each gradient, each micro-batch, or the gradient of the whole?",
    zh="裁剪的是什么：每个梯度、每个微批次，还是整体的梯度？",
)
@given(seed=SEEDS, sizes=SIZES)
@settings(max_examples=5, deadline=None)
def test_clipping_by_the_norm_of_the_whole(solution, seed, sizes):
    world = make_world(seed, sizes)
    norm = expected_history(world)[0][0][1]
    for share in (0.05, 0.8, 1.2, 30.0):
        history = solution.run(play, world, "momentum", share * norm)
        wanted = expected_history(world, "momentum", share * norm)
        assert_close(history, wanted, rtol=1e-5 if share < 1 else 1e-9)
        assert_close(history[0][0][1], norm, rtol=1e-9)


@points(2, group="old gradients", group_zh="旧梯度")
@stated("old-gradients", "parameters", "norm")
@hint(
    en="Which parameters does the optimizer hold that the loss never reaches?",
    zh="优化器里有哪些参数是损失永远触及不到的？",
)
@given(seed=SEEDS, stale=st.sampled_from([-3.0, 0.25, 40.0]), kind=st.sampled_from(["momentum", "adam"]))
@settings(max_examples=8, deadline=None)
def test_old_gradients_have_no_influence(solution, seed, stale, kind):
    world = make_world(seed, [2, 3], steps=2)
    history = solution.run(play, world, kind, stale=stale, memory=kind == "momentum")
    assert_close(history, expected_history(world, kind), rtol=1e-9)


@points(2, group="calls", group_zh="调用")
@stated("calls", "one-step")
@hint(en="Count the calls and the steps.", zh="数一数调用的次数和走的步数。")
@given(seed=SEEDS, sizes=SIZES)
@settings(max_examples=6, deadline=None)
def test_calls_and_the_one_step(solution, seed, sizes):
    world = make_world(seed, sizes)
    seen, steps = solution.run(watch_calls, world)
    assert_equal(seen["model"], [x for x, _ in world["batches"][0]])
    assert_equal(seen["loss"], [y for _, y in world["batches"][0]])
    assert_close(steps, [expected_history(world)[0][1]["weight"]], rtol=1e-9)


@points(3, group="memory", group_zh="内存")
@stated("memory")
@hint(en="What is still stored when the next micro-batch is asked for?", zh="取下一个微批次时，还保存着什么？")
@given(seed=SEEDS, sizes=st.lists(st.integers(1, 4), min_size=2, max_size=5), empty=st.booleans())
@settings(max_examples=6, deadline=None)
def test_only_one_micro_batch_is_held(solution, seed, sizes, empty):
    world = make_world(seed, sizes)
    expected = expected_history(world)[0][0]
    if empty:
        world["batches"][0].insert(1, draw(np.random.default_rng(seed), 4, 2.0))
    report = solution.run(watch_memory, world)
    assert report["asked"] == [(0, done) for done in range(len(world["batches"][0]) + 1)]
    assert min(report["stored"]) > 0
    assert_close(report["told"], expected, rtol=1e-9)


@points(2, group="nothing to learn", group_zh="无可学习")
@stated("nothing")
@hint(en="What do you divide by then?", zh="这时要除以什么？")
def test_nothing_to_learn_is_refused(solution, rng):
    world = make_world(int(rng.integers(2**32)), [2])
    padding = [draw(rng, rows, 2.0) for rows in (3, 1)]
    for batch in ([], padding):
        outcome, steps, weights = solution.run(learn_nothing, {**world, "batches": [batch]})
        assert outcome == "refused"
        assert steps == 0
        assert_equal(weights, world["weights"])
    assert solution.run(learn_nothing, world)[:2] == ("accepted", 1)


# ---- the checks: throughput ----------------------------------------------------------------------


@points(3, group="throughput", group_zh="吞吐量")
@stated("rate", "warm-up", "clock")
@hint(en="Write down which steps and which stretches of time count.", zh="写下哪些步计入，哪几段时间计入。")
@given(
    start=st.integers(-1000, 10**6),
    steps=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 64)), min_size=4, max_size=7),
)
@settings(max_examples=10, deadline=None)
def test_rates(solution, start, steps):
    times = [start / 4]
    for quarters, _ in steps:
        times.append(times[-1] + quarters / 4)
    for warmup in (0, 1, 3, 9):
        expected = [(0.0, 1)]
        for done in range(1, len(steps) + 1):
            counted = steps[warmup:done]
            time = sum(quarters for quarters, _ in counted) / 4
            rate = sum(samples for _, samples in counted) / time if counted else 0.0
            expected.append((rate, rate, 1 + done))
        assert_close(solution.run(measure, times, [samples for _, samples in steps], warmup), expected, rtol=1e-9)


@points(1, group="throughput", group_zh="吞吐量")
@stated("rate")
@hint(en="A coarse clock may stand still.", zh="精度不高的时钟可能停在原处。")
def test_no_time_has_passed(solution):
    history = solution.run(measure, [5.0, 5.0, 5.0, 9.0], [3, 4, 5], 0)
    assert_equal(history, [(0.0, 1), (0.0, 0.0, 2), (0.0, 0.0, 3), (3.0, 3.0, 4)])
    assert_equal(solution.run(measure, [7.0, 8.0, 8.0], [3, 4], 1)[-1], (0.0, 0.0, 3))
