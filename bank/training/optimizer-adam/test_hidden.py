"""Hidden checks of `optimizer-adam`; averages are written out as weighted sums over the whole past, in float64."""

import copy
import itertools
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
KINDS = ("sgd", "adam", "adamw")
# a second beta of 0 would divide by gradients that happen to be small, and by what rounding has left of them
BETAS = st.sampled_from([(0.0, 0.8), (0.6, 0.5), (0.9, 0.85), (0.9, 0.999)])
SHAPES = {"w": (2, 3), "u": (2, 3), "b": (), "none": (0, 2)}
OPTIONS = {
    "sgd": {"momentum": 0.7, "nesterov": True, "weight_decay": 0.3},
    "adam": {"betas": (0.6, 0.9), "eps": 1e-3, "weight_decay": 0.3, "amsgrad": True},
    "adamw": {"betas": (0.6, 0.9), "eps": 1e-3, "weight_decay": 0.3, "amsgrad": True},
}


# ---- inside the guest ----------------------------------------------------------------------------


def copies(params):
    return {name: p.copy() for name, p in params.items()}


def play(submission, kind, world, options):
    """Take the steps; tell the parameters after each."""
    params, state, history = copies(world["start"]), {}, []
    for grads, lr in zip(world["grads"], world["rates"], strict=True):
        getattr(submission, f"step_{kind}")(params, grads, state, lr, **options)
        history.append(copies(params))
    return history


def play_with_one_buffer(submission, kind, world, options):
    """Take the steps with gradients that are written into the same arrays; tell these and the parameters after each."""
    params, state, history = copies(world["start"]), {}, []
    buffers = {name: np.empty_like(p) for name, p in params.items()}
    for grads, lr in zip(world["grads"], world["rates"], strict=True):
        for name, g in grads.items():
            buffers[name][...] = g
        getattr(submission, f"step_{kind}")(params, buffers, state, lr, **options)
        history.append((copies(params), copies(buffers)))
    return history


def play_on_views(submission, kind, world, options):
    """Take the steps on views; tell the arrays below, and the names and the values that `params` has then."""
    below = {name: np.zeros((*p.shape[::-1], 2), p.dtype) for name, p in world["start"].items()}
    params = {name: array[..., 1].T for name, array in below.items()}
    for name, p in world["start"].items():
        params[name][...] = p
    state = {}
    for grads, lr in zip(world["grads"], world["rates"], strict=True):
        getattr(submission, f"step_{kind}")(params, grads, state, lr, **options)
    return below, copies(params)


def play_twice(submission, kind, worlds, options):
    """Take the steps of two runs in turns, and after each those of a copy of the first run; tell all parameters."""
    step = getattr(submission, f"step_{kind}")
    runs = [(copies(world["start"]), {}) for world in worlds]
    history = []
    for index, lr in enumerate(worlds[0]["rates"]):
        forked = copy.deepcopy(runs[0])
        for (params, state), world in zip((*runs, forked), (*worlds, worlds[0]), strict=True):
            step(params, world["grads"][index], state, lr, **options)
        history += [copies(params) for params, _ in (*runs, forked)]
    return history


def play_with_a_fault(submission, kind, world, options, fault, grads):
    """Take the steps, and before each try what must be refused; tell the parameters after each and what was raised."""
    params, state, history = copies(world["start"]), {}, []
    step = getattr(submission, f"step_{kind}")
    for right, lr in zip(world["grads"], world["rates"], strict=True):
        try:
            step(params, right if grads is None else {**right, **grads}, state, **{"lr": lr, **options, **fault})
            raised = ""
        except ValueError:
            raised = "ValueError"
        step(params, right, state, lr, **options)
        history.append((raised, copies(params)))
    return history


def walk_a_wave(submission, kind, start, options):
    """Take 50 steps down a slope that waves."""
    params, state = {"p": start.copy()}, {}
    for t in range(50):
        slope = np.sin(3 * params["p"] + 0.3 * t) * (1 + 9 * (t % 7 == 0))
        getattr(submission, f"step_{kind}")(params, {"p": slope}, state, **options)
    return params["p"]


# ---- the oracle ----------------------------------------------------------------------------------


def make_world(seed, steps=5, dtype=np.float64, size=0.0, missing=0.0, rate=0.1):
    """Draw parameters, gradients of very different sizes, and rates; some gradients may be missing."""
    rng = np.random.default_rng(seed)
    start = {name: np.asarray(rng.normal(1, 1, shape), dtype) for name, shape in SHAPES.items()}
    grads = [
        {
            name: np.asarray(rng.normal(0.0, 10 ** (size + rng.uniform(-1, 1)), shape), dtype)
            for name, shape in SHAPES.items()
        }
        for _ in range(steps)
    ]
    for each in grads[1:]:
        for name in SHAPES:
            if rng.random() < missing:
                each[name] = None
                if rng.random() < 0.5:
                    del each[name]
    return {"start": start, "grads": grads, "rates": [float(rate * rng.uniform(0.5, 2)) for _ in range(steps)]}


def past_sum(past, share):
    """The sum of all that has been, each weakened by its age."""
    return sum(share ** (len(past) - 1 - index) * each for index, each in enumerate(past))


def sgd_move(past, lr, momentum=0.0, nesterov=False):
    v = past_sum(past, momentum)
    return lr * (past[-1] + momentum * v if nesterov else v)


def adam_move(past, lr, betas=(0.9, 0.999), eps=1e-8, amsgrad=False):
    t = len(past)
    squares = [each**2 for each in past]
    first = (1 - betas[0]) * past_sum(past, betas[0]) / (1 - betas[0] ** t)
    seconds = [(1 - betas[1]) * past_sum(squares[: k + 1], betas[1]) for k in range(0 if amsgrad else t - 1, t)]
    return lr * first / (np.sqrt(np.max(seconds, axis=0) / (1 - betas[1] ** t)) + eps)


def expected_one(kind, name, world, weight_decay=None, **options):
    """The way of one parameter."""
    if weight_decay is None:
        weight_decay = 0.01 if kind == "adamw" else 0.0
    p, past, way = world["start"][name].astype(np.float64), [], []
    for grads, lr in zip(world["grads"], world["rates"], strict=True):
        g = grads.get(name)
        if g is not None:
            g = g.astype(np.float64)
            past.append(g if kind == "adamw" else g + weight_decay * p)
            if kind == "adamw":
                p = p * (1 - lr * weight_decay)
            p = p - (sgd_move if kind == "sgd" else adam_move)(past, lr, **options)
        way.append(np.asarray(p, world["start"][name].dtype))
    return way


def expected(kind, world, options):
    ways = {name: expected_one(kind, name, world, **options) for name in world["start"]}
    return [{name: way[step] for name, way in ways.items()} for step in range(len(world["grads"]))]


def assert_ways(told, wanted, rtol=1e-9):
    """Check parameters step by step, relative to the largest of all."""
    largest = max(float(np.abs(p).max(initial=0.0)) for params in wanted for p in params.values())
    assert_close(told, wanted, rtol=rtol, atol=rtol * largest)


# ---- the checks ----------------------------------------------------------------------------------


@points(2, group="SGD", group_zh="SGD")
@stated("sgd", "rate", "tolerance")
@contract("the rule of SGD itself, which the checks below ask one clause at a time")
@hint(en="In which order come decay, momentum and the look ahead?", zh="衰减、动量和前瞻的先后次序是什么？")
@given(
    seed=SEEDS, momentum=st.sampled_from([0.0, 0.5, 0.95]), nesterov=st.booleans(), decay=st.sampled_from([0.0, 0.4])
)
@settings(max_examples=10, deadline=None)
def test_sgd(solution, seed, momentum, nesterov, decay):
    options = {"momentum": momentum, "nesterov": nesterov and momentum > 0, "weight_decay": decay}
    world = make_world(seed)
    assert_ways(solution.run(play, "sgd", world, options), expected("sgd", world, options))


@points(3, group="Adam", group_zh="Adam")
@stated("adam", "rate", "tolerance")
@contract("the rule of Adam itself, which the checks below ask one clause at a time")
@hint(en="Compute the first two steps by hand.", zh="手算前两步。")
@given(seed=SEEDS, betas=BETAS, amsgrad=st.booleans())
@settings(max_examples=10, deadline=None)
def test_adam(solution, seed, betas, amsgrad):
    world = make_world(seed)
    for eps, decay in ((1e-8, 0.0), (0.05, 0.4)):
        options = {"betas": betas, "eps": eps, "weight_decay": decay, "amsgrad": amsgrad}
        assert_ways(solution.run(play, "adam", world, options), expected("adam", world, options))


@points(3, group="AdamW", group_zh="AdamW")
@stated("adamw", "rate", "tolerance")
@contract("the rule of AdamW itself, which the checks below ask one clause at a time")
@hint(en="Where does the decay go, and where does it not?", zh="衰减加在哪里，不加在哪里？")
@given(seed=SEEDS, b1=st.sampled_from([0.0, 0.9]), amsgrad=st.booleans(), decay=st.sampled_from([0.0, 0.5]))
@settings(max_examples=8, deadline=None)
def test_adamw(solution, seed, b1, amsgrad, decay):
    world = make_world(seed)
    options = {"betas": (b1, 0.8), "eps": 0.05, "weight_decay": decay, "amsgrad": amsgrad}
    assert_ways(solution.run(play, "adamw", world, options), expected("adamw", world, options))


@points(2, group="as PyTorch", group_zh="与 PyTorch 一致")
@stated("sgd", "adam", "adamw", "tolerance")
@contract("fifty steps of torch.optim itself, so that a misreading in the oracle would show")
@hint(en="Compare with `torch.optim`.", zh="与 `torch.optim` 对照。")
def test_fifty_steps_of_torch(solution):
    cases = [
        ("sgd", {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1},
         [0.7010462081403451, 4.618857681191881, -4.150531516575217, 1.4269981308171067]),
        ("sgd", {"lr": 0.05, "momentum": 0.8, "nesterov": True},
         [-5.306569438563102, -7.233732411214034, 1.147644450094977, -5.15112595529813]),
        ("adam", {"lr": 0.03, "betas": (0.8, 0.99), "eps": 1e-3, "weight_decay": 0.1},
         [0.34258908451094117, -1.2457773892199746, 1.8889752601395398, -0.11568382357416628]),
        ("adam", {"lr": 0.03, "betas": (0.8, 0.9), "amsgrad": True},
         [0.37457826434090474, -1.2894894972927162, 1.9867415154633572, -0.11620769427099234]),
        ("adamw", {"lr": 0.03, "betas": (0.8, 0.99), "weight_decay": 0.3},
         [0.20760483566861185, -0.772011931692936, 1.208671278522313, -0.08794530520843846]),
        ("adamw", {"lr": 0.03, "betas": (0.5, 0.9), "weight_decay": 0.3, "amsgrad": True},
         [0.2136206602771259, -0.7611095488995989, 1.2198572775649783, -0.11057956238515307]),
    ]  # fmt: skip
    start = np.array([0.5, -1.2, 2.0, 0.1])
    for kind, options, end in cases:
        assert_close(solution.run(walk_a_wave, kind, start, options), np.array(end), rtol=1e-6)


@points(1, group="defaults", group_zh="默认值")
@stated("defaults")
@hint(en="Compare the signatures.", zh="对照签名。")
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_options_left_out(solution, seed):
    world = make_world(seed, size=-7.0, rate=0.5)
    for kind in KINDS:
        assert_ways(solution.run(play, kind, world, {}), expected(kind, world, {}))


@points(2, group="parameters without a gradient", group_zh="没有梯度的参数")
@stated("without-gradient")
@hint(en="Whose steps does `t` count?", zh="`t` 数的是谁的步数？")
@given(seed=SEEDS)
@settings(max_examples=6, deadline=None)
def test_each_parameter_counts_its_own_steps(solution, seed):
    world = make_world(seed, steps=6, missing=0.5)
    for kind in KINDS:
        wanted = expected(kind, world, OPTIONS[kind])
        assert_ways(solution.run(play, kind, world, OPTIONS[kind]), wanted)


@points(2, group="gradients belong to the caller", group_zh="梯度属于调用者")
@stated("gradients")
@hint(en="Is what you store a copy?", zh="你存下来的是副本吗？")
@given(seed=SEEDS)
@settings(max_examples=3, deadline=None)
def test_gradients_are_left_alone_and_written_anew(solution, seed):
    world = make_world(seed, steps=4)
    for kind, decay in itertools.product(KINDS, (0.0, 0.3)):
        options = {**OPTIONS[kind], "weight_decay": decay}
        history = solution.run(play_with_one_buffer, kind, world, options)
        assert_equal([grads for _, grads in history], world["grads"])
        assert_ways([params for params, _ in history], expected(kind, world, options))


@points(2, group="in place", group_zh="原地更新")
@stated("in-place")
@hint(en="Does the array that the caller holds change?", zh="调用者手里的那个数组变了吗？")
@given(seed=SEEDS, dtype=st.sampled_from(["float32", "float64"]))
@settings(max_examples=5, deadline=None)
def test_views_receive_the_step(solution, seed, dtype):
    world = make_world(seed, steps=3, dtype=dtype)
    for kind in KINDS:
        wanted = expected(kind, world, OPTIONS[kind])[-1]
        below = {name: np.stack([np.zeros_like(p), p], axis=-1) for name, p in ((n, p.T) for n, p in wanted.items())}
        told = solution.run(play_on_views, kind, world, OPTIONS[kind])
        assert_ways(list(told), [below, wanted], rtol=1e-4 if dtype == "float32" else 1e-9)


@points(1, group="in place", group_zh="原地更新")
@stated("in-place", "tolerance")
@contract("single precision over a dozen steps: what is stored in half of the digits drifts")
@hint(en="Which dtype do the parameters have afterwards?", zh="之后参数是什么 dtype？")
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_single_precision(solution, seed):
    world = make_world(seed, steps=12, dtype="float32")
    for kind in KINDS:
        wanted = expected(kind, world, OPTIONS[kind])
        assert_ways(solution.run(play, kind, world, OPTIONS[kind]), wanted, rtol=1e-4)


@points(2, group="state", group_zh="状态")
@stated("state")
@hint(en="What do two runs have in common?", zh="两次运行之间共用了什么？")
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_runs_do_not_disturb_each_other(solution, seed):
    worlds = [make_world(seed, steps=3), make_world(seed + 1, steps=3)]
    worlds[1]["rates"] = worlds[0]["rates"]
    for kind in KINDS:
        one, other = (expected(kind, world, OPTIONS[kind]) for world in worlds)
        wanted = [params for a, b in zip(one, other, strict=True) for params in (a, b, a)]
        assert_ways(solution.run(play_twice, kind, worlds, OPTIONS[kind]), wanted)


@points(2, group="laws", group_zh="规律")
@stated("adam", "sgd", "adamw")
@contract("what holds without any oracle: the size of Adam's first step, and the loss measured in another unit")
@hint(en="What does Adam do to the scale of the loss?", zh="Adam 如何对待损失的尺度？")
@given(seed=SEEDS, exponent=st.integers(-6, 6))
@settings(max_examples=4, deadline=None)
def test_laws(solution, seed, exponent):
    world = make_world(seed, steps=3)
    larger = [{name: 10.0**exponent * g for name, g in grads.items()} for grads in world["grads"]]
    for kind in ("adam", "adamw"):
        options = {"eps": 1e-30, "weight_decay": 0.0}
        history = solution.run(play, kind, world, options)
        assert_ways(solution.run(play, kind, {**world, "grads": larger}, options), history)
        first = {name: p - world["rates"][0] * np.sign(world["grads"][0][name]) for name, p in world["start"].items()}
        assert_ways(history[:1], [{name: np.asarray(p) for name, p in first.items()}])
    still = {name: 0 * g for name, g in world["grads"][0].items()}
    for kind in KINDS:
        told = solution.run(play, kind, {**world, "grads": [still] * 3}, {"weight_decay": 0.0})
        assert_equal(told, [world["start"]] * 3)


FAULTS = [
    *({"lr": bad} for bad in (-0.1, math.nan, math.inf)),
    *({"weight_decay": bad} for bad in (-0.1, math.nan, math.inf)),
]
SGD_FAULTS = [*({"momentum": bad} for bad in (1.0, -0.5, math.nan, 0.0)), {"momentum": 1.0, "nesterov": False}]
ADAM_FAULTS = [
    *({"betas": bad} for bad in ((1.0, 0.9), (0.9, 1.0), (-0.1, 0.9), (0.9, -0.1), (math.nan, 0.9), (0.9, math.nan))),
    *({"eps": bad} for bad in (0.0, -1e-8, math.nan, math.inf)),
]
BAD_GRADS = [{"b": np.zeros(1)}, {"b": np.zeros((2, 3))}, {"none": np.zeros((2, 0))}, {"x": np.zeros(2)}, {"x": None}]


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(
    en="When do you look: before the first change, or on the way?", zh="什么时候检查：在第一处改动之前，还是边走边查？"
)
def test_what_is_refused_changes_nothing(solution, rng):
    world = make_world(int(rng.integers(2**32)), steps=2)
    for kind in KINDS:
        wanted = expected(kind, world, OPTIONS[kind])
        cases = [(fault, None) for fault in FAULTS + (SGD_FAULTS if kind == "sgd" else ADAM_FAULTS)]
        for fault, grads in cases + [({}, bad) for bad in BAD_GRADS]:
            told = solution.run(play_with_a_fault, kind, world, OPTIONS[kind], fault, grads)
            assert [raised for raised, _ in told] == ["ValueError"] * 2
            assert_ways([params for _, params in told], wanted)
    wanted = [("", params) for params in expected("sgd", {**world, "grads": [{}, {}]}, {})]
    assert_equal(solution.run(play_with_a_fault, "sgd", {**world, "grads": [{}, {}]}, {}, {"lr": 0}, None), wanted)
