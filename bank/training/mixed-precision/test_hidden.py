"""Hidden checks of `mixed-precision`; the scaler and the steps are played again in float64."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
EVENTS = st.lists(st.booleans(), max_size=14)
SHAPES = {"w": (2, 3), "b": (3,), "e": (0,)}
TOP = 2.0**24


# ---- inside the guest ----------------------------------------------------------------------------


def copies(arrays):
    return {name: array.copy() for name, array in arrays.items()}


def follow(submission, options, events):
    """Tell the factor at the beginning and after each event."""
    scaler = submission.LossScaler(**options)
    factors = [scaler.factor]
    for event in events:
        scaler.update(event)
        factors.append(scaler.factor)
    return factors


def scale_and_unscale(submission, options, losses, grads):
    """Tell scaled losses, unscaled gradients, and gradients and factor afterwards."""
    scaler = submission.LossScaler(**options)
    return [scaler.scale(loss) for loss in losses], scaler.unscale_and_check(grads), grads, scaler.factor


def walk(submission, world, options, step):
    """Take the steps; tell after each what was returned, weights, gradients and factor."""
    master, state, scaler, told = copies(world["master"]), {}, submission.LossScaler(**options), []
    for grads in world["grads"]:
        given = copies(grads)
        result = submission.amp_step(master, given, state, 0.25, scaler, **step)
        told.append({"result": result, "master": copies(master), "grads": given, "factor": scaler.factor})
    return told


def walk_on_views(submission, world, options, step):
    """Take the steps on views, twice in turns with a state and a scaler each; tell the arrays below."""
    below = [{name: np.zeros((*w.shape[::-1], 2), w.dtype) for name, w in world["master"].items()} for _ in range(2)]
    views = [{name: array[..., 1].T for name, array in each.items()} for each in below]
    states, scalers = [{}, {}], [submission.LossScaler(**options) for _ in range(2)]
    for master in views:
        for name, w in world["master"].items():
            master[name][...] = w
    for grads in world["grads"]:
        for master, state, scaler in zip(views, states, scalers, strict=True):
            submission.amp_step(master, grads, state, 0.25, scaler, **step)
    return below, views


def walk_with_faults(submission, world, options, faults):
    """Take the steps, and before each try what must be refused; tell what was raised, weights and factor."""
    master, state, scaler, told = copies(world["master"]), {}, submission.LossScaler(**options), []
    for grads, fault in zip(world["grads"], faults, strict=True):
        try:
            submission.amp_step(master, fault, state, 0.25, scaler, momentum=0.5)
            raised = ""
        except ValueError:
            raised = "ValueError"
        submission.amp_step(master, grads, state, 0.25, scaler, momentum=0.5)
        told.append((raised, copies(master), scaler.factor))
    return told


def creep(submission, gradient, init, steps, lr):
    """Take many small steps from 1; tell the weight, its float16 copy and how many steps were made."""
    master, state, scaler, made = {"w": np.ones(2, np.float32)}, {}, submission.LossScaler(init, interval=10**6), 0
    for _ in range(steps):
        grads = {"w": (np.full(2, gradient) * scaler.factor).astype(np.float16)}
        weights, done = submission.amp_step(master, grads, state, lr, scaler)
        made += done
    return master["w"], weights["w"], made


# ---- the oracle ----------------------------------------------------------------------------------


def expected_factors(events, init=65536.0, growth=2.0, backoff=0.5, interval=2000):
    """The factors, from the lengths of the runs of `True`."""
    factors, run = [float(init)], 0
    for event in events:
        run = run + 1 if event else 0
        times = backoff if not event else growth if run % interval == 0 else 1.0
        factors.append(min(max(factors[-1] * times, 1.0), TOP))
    return factors


def make_world(seed, events, factors):
    """Draw weights, and scaled gradients; where an event is `False` one value is not finite."""
    rng = np.random.default_rng(seed)
    master = {name: np.asarray(rng.normal(1.0, 1.0, shape), np.float32) for name, shape in SHAPES.items()}
    grads = []
    for event, factor in zip(events, factors, strict=False):
        size = factor * rng.uniform(0.3, 3.0)
        each = {n: np.asarray(size * rng.uniform(0.5, 2.0, s), np.float16) for n, s in SHAPES.items()}
        if not event:
            each["w"].flat[rng.integers(6)] = rng.choice([math.nan, math.inf, -math.inf])
        grads.append(dict(reversed(each.items())))
    return {"master": master, "grads": grads}


def expected_walk(world, events, factors, clip=None, momentum=0.0):
    """Weights after each step."""
    weights = {name: w.astype(np.float64) for name, w in world["master"].items()}
    speeds, told = dict.fromkeys(weights, 0.0), []
    for grads, event, factor in zip(world["grads"], events, factors, strict=False):
        if event:
            true = {name: g.astype(np.float64) / factor for name, g in grads.items()}
            norm = math.sqrt(math.fsum(value**2 for g in true.values() for value in g.flat))
            share = min(1.0, clip / norm) if clip is not None else 1.0
            speeds = {name: momentum * speeds[name] + share * g for name, g in true.items()}
            weights = {name: w - 0.25 * speeds[name] for name, w in weights.items()}
        told.append({name: np.asarray(w, np.float32) for name, w in weights.items()})
    return told


def assert_weights(told, wanted, rtol=1e-5):
    """Compare all weights relative to the largest of them."""
    largest = max(float(np.abs(w).max(initial=1.0)) for w in wanted.values())
    assert_close(told, wanted, rtol=rtol, atol=rtol * largest)


def halves(weights):
    return {name: np.asarray(w, np.float16) for name, w in weights.items()}


# ---- the checks: the scaler ----------------------------------------------------------------------


@points(3, group="the factor", group_zh="因子")
@stated("factor", "update", "tolerance")
@hint(en="Steps in a row: what ends a row?", zh="连续若干步：什么会中断连续？")
@given(events=EVENTS, interval=st.integers(1, 4), init=st.sampled_from([64, 1000.0, 2.0**15]))
@settings(max_examples=15, deadline=None)
def test_the_factor_follows_the_events(solution, events, interval, init):
    for more in ([], [True] * 5 + [False] + [True] * 4):
        options = {"init": init, "growth": 1.5, "backoff": 0.8, "interval": interval}
        assert_close(
            solution.run(follow, options, events + more), expected_factors(events + more, **options), rtol=1e-9
        )


@points(1, group="the factor", group_zh="因子")
@stated("bounds", "factor", "update")
@hint(en="Where does the factor stop?", zh="因子在哪里停住？")
def test_bounds(solution):
    for init, event in ((TOP / 3, True), (TOP, True), (3.0, False), (1.0, False)):
        events = [event] * 4 + [not event] * 3 + [event] * 2
        options = {"init": init, "interval": 1}
        assert_close(solution.run(follow, options, events), expected_factors(events, **options), rtol=1e-9)
    events = [True] * 1999 + [False] + [True] * 2001
    told = solution.run(follow, {}, events)
    assert_close(told[-4:], expected_factors(events)[-4:], rtol=1e-9)
    assert_close(told[:2001], expected_factors(events)[:2001], rtol=1e-9)


@points(2, group="scaling", group_zh="缩放")
@stated("scale", "unscale", "tolerance")
@hint(en="In which number format do you divide?", zh="你在哪种数值格式下做除法？")
@given(seed=SEEDS, init=st.sampled_from([1.0, 1000.0, 65536.0, TOP]), small=st.booleans())
@settings(max_examples=8, deadline=None)
def test_scaling_and_unscaling(solution, seed, init, small):
    rng = np.random.default_rng(seed)
    size = 1e-6 if small else 3e4
    grads = {name: np.asarray(size * rng.uniform(0.5, 2, shape), np.float16) for name, shape in SHAPES.items()}
    losses = [float(rng.normal()), np.asarray(rng.normal(size=3), np.float32), np.full((1, 1), 2.5, np.float32)]
    scaled, (unscaled, finite), after, factor = solution.run(scale_and_unscale, {"init": init}, losses, grads)
    assert_close(
        scaled, [losses[0] * init, *(np.asarray(loss * np.float64(init), np.float32) for loss in losses[1:])], rtol=1e-6
    )
    assert_close(
        unscaled, {name: np.asarray(g.astype(np.float64) / init, np.float32) for name, g in grads.items()}, rtol=1e-6
    )
    assert finite is True
    assert_equal(after, grads)
    assert factor == init


@points(2, group="scaling", group_zh="缩放")
@stated("unscale")
@hint(en="One value is enough, in any array.", zh="任何一个数组里有一个值就够了。")
@given(seed=SEEDS, bad=st.sampled_from([math.nan, math.inf, -math.inf]), name=st.sampled_from(["w", "b"]))
@settings(max_examples=6, deadline=None)
def test_what_is_not_finite_is_found(solution, seed, bad, name):
    rng = np.random.default_rng(seed)
    grads = {n: np.asarray(rng.normal(size=shape), np.float16) for n, shape in SHAPES.items()}
    grads[name].flat[int(rng.integers(grads[name].size))] = bad
    for order in (grads, dict(reversed(grads.items()))):
        _, (unscaled, finite), after, _ = solution.run(scale_and_unscale, {"init": 8.0}, [], order)
        assert finite is False
        assert_close(unscaled, {n: g.astype(np.float32) / np.float32(8.0) for n, g in grads.items()}, rtol=1e-6)
        assert_equal(after, grads)


# ---- the checks: the step ------------------------------------------------------------------------


@points(4, group="the step", group_zh="训练步")
@stated("step", "skip", "returned", "in-place", "tolerance")
@contract("whole runs, with skipped steps, momentum and clipping; the checks below ask one clause each")
@hint(
    en="Play three steps on paper, one of them with an infinite gradient.", zh="在纸上走三步，其中一步的梯度是无穷大。"
)
@given(seed=SEEDS, events=st.lists(st.booleans(), min_size=1, max_size=6), momentum=st.sampled_from([0.0, 0.75]))
@settings(max_examples=8, deadline=None)
def test_runs(solution, seed, events, momentum):
    options = {"init": 512.0, "growth": 1.5, "backoff": 0.8, "interval": 2}
    factors = expected_factors(events, **options)
    world = make_world(seed, events, factors)
    told = solution.run(walk, world, options, {"momentum": momentum})
    for each, wanted, event, grads, factor in zip(
        told, expected_walk(world, events, factors, None, momentum), events, world["grads"], factors[1:], strict=True
    ):
        assert_weights(each["master"], wanted)
        assert_weights(each["result"][0], halves(wanted), rtol=1e-3)
        assert each["result"][1] is event
        assert_equal(each["grads"], grads)
        assert_close(each["factor"], factor, rtol=1e-9)


@points(3, group="skipped steps", group_zh="跳过的步")
@stated("skip", "returned")
@contract("bit by bit what whole runs compare up to rounding")
@hint(en="Does anything at all change in a step that is skipped?", zh="被跳过的一步里，究竟有没有任何东西改变？")
@given(seed=SEEDS, momentum=st.sampled_from([0.0, 0.75]), clip=st.sampled_from([None, 0.5]))
@settings(max_examples=5, deadline=None)
def test_skipped_steps_change_no_bit(solution, seed, momentum, clip):
    events = [True, False, False, True]
    options = {"init": 1024.0, "interval": 10}
    factors = expected_factors(events, **options)
    world = make_world(seed, events, factors)
    told = solution.run(walk, world, options, {"momentum": momentum, "clip": clip})
    for skipped in (1, 2):
        assert_equal(told[skipped]["master"], told[0]["master"])
        assert_weights(told[skipped]["result"][0], halves(told[0]["master"]), rtol=1e-3)
        assert told[skipped]["result"][1] is False
    assert_weights(told[3]["master"], expected_walk(world, events, factors, clip, momentum)[3])


@points(2, group="clipping", group_zh="裁剪")
@stated("clip", "step")
@hint(en="The norm of which gradients?", zh="是哪些梯度的范数？")
@given(seed=SEEDS, clip=st.sampled_from([0.01, 0.5, 3.0]))
@settings(max_examples=6, deadline=None)
def test_clipping_after_unscaling(solution, seed, clip):
    events, options = [True] * 3, {"init": 1000.0}
    factors = expected_factors(events, **options)
    world = make_world(seed, events, factors)
    for bound, momentum in ((clip, 0.0), (1.0, 0.5), (40.0, 0.5)):
        told = solution.run(walk, world, options, {"clip": bound, "momentum": momentum})
        wanted = expected_walk(world, events, factors, bound, momentum)
        for each, weights in zip(told, wanted, strict=True):
            assert_weights(each["master"], weights)


@points(2, group="small numbers", group_zh="微小的数")
@stated("step", "returned", "unscale")
@contract("the two numbers for which mixed precision is done at all")
@hint(en="What is left of 1e-8 in float16, and of 1 - 1e-4?", zh="1e-8 在 float16 里还剩下什么，1 - 1e-4 呢？")
def test_small_gradients_and_small_steps_survive(solution):
    master, weights, made = solution.run(creep, 1e-8, TOP, 3, 1e6)
    assert_close(master, np.full(2, 0.97, np.float32), rtol=1e-4)
    assert made == 3
    master, weights, made = solution.run(creep, 1e-4, 65536.0, 400, 1.0)
    assert_close(master, np.full(2, 0.96, np.float32), rtol=1e-4)
    assert_close(weights, np.full(2, 0.96, np.float16), rtol=1e-3)
    assert made == 400
    assert_close(solution.run(creep, 1e-9, 1.0, 1, 1e6)[0], np.ones(2, np.float32))


@points(2, group="in place", group_zh="原地更新")
@stated("in-place", "state")
@hint(en="Who holds the arrays, and who holds the momentum?", zh="数组在谁手里，动量又在谁手里？")
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_views_and_two_runs_in_turns(solution, seed):
    events, options = [True, True, False, True], {"init": 256.0}
    factors = expected_factors(events, **options)
    world = make_world(seed, events, factors)
    below, views = solution.run(walk_on_views, world, options, {"momentum": 0.5})
    wanted = expected_walk(world, events, factors, None, 0.5)[-1]
    for arrays, each in zip(below, views, strict=True):
        assert_weights(each, wanted)
        for name, array in arrays.items():
            assert_equal(array[..., 1], each[name].T)
            assert not array[..., 0].any()


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("step-errors", "scaler-errors")
@hint(en="What has been changed by then?", zh="到那时已经改动了什么？")
def test_what_is_refused_changes_nothing(solution, rng):
    events, options = [True] * 7, {"init": 64.0, "interval": 3}
    factors = expected_factors(events, **options)
    world = make_world(int(rng.integers(2**32)), events, factors)
    right = world["grads"][0]
    bad = {**right, "w": np.full((2, 3), math.inf, np.float16)}
    lacking = {name: g for name, g in right.items() if name != "b"}
    faults = [{}, lacking, {**right, "x": right["b"]}, {**lacking, "x": right["b"]}]
    faults += [{**bad, "b": np.zeros(1, np.float16)}, {**right, "w": right["w"].T}, {**right, "e": right["b"]}]
    told = solution.run(walk_with_faults, world, options, faults)
    wanted = expected_walk(world, events, factors, None, 0.5)
    for (raised, weights, factor), each, known in zip(told, wanted, factors[1:], strict=True):
        assert raised == "ValueError"
        assert_weights(weights, each)
        assert_close(factor, known, rtol=1e-9)
    for option in [
        *({"init": value} for value in (0.5, 0.0, -1.0, 2 * TOP, math.nan, math.inf)),
        *({"growth": value} for value in (1.0, 0.5, math.nan, math.inf)),
        *({"backoff": value} for value in (0.0, 1.0, 2.0, math.nan)),
        *({"interval": value} for value in (0, -1)),
    ]:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.LossScaler(**option)
