"""Hidden checks of `early-stopping`; expectations come from a loop over the values and the places of improvement."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_equal, contract, hint, points, stated

QUARTERS = st.integers(-12, 12).map(lambda quarters: quarters / 4)
VALUES = st.lists(st.one_of(QUARTERS, QUARTERS, st.integers(-2, 2)), min_size=1, max_size=14)
DELTAS = st.sampled_from([0.0, 0.25, 1.0])
MODES = st.sampled_from(["min", "max"])


# ---- inside the guest ----------------------------------------------------------------------------


def make_model(number=0.0):
    """Make a network with parameters of two dtypes, one of them frozen, and with buffers."""
    model = nn.Sequential(nn.Linear(2, 3, dtype=torch.float64), nn.BatchNorm1d(3, dtype=torch.float64), nn.Linear(1, 1))
    model[2].half().requires_grad_(False)
    fill(model, number)
    return model


def fill(model, number):
    """Change every tensor of the network in place, as training does."""
    with torch.no_grad():
        for index, tensor in enumerate(model.state_dict().values()):
            tensor.fill_(number + index + (1 / 3 if tensor.is_floating_point() else 0))


def read(model):
    """Tell what lies in the tensors of the network, one number for each."""
    return [tensor.flatten()[-1].item() for tensor in model.state_dict().values()]


def play(submission, values, options):
    """Take the values; tell what is returned, and the attributes before and after each."""
    model, stop = make_model(), submission.EarlyStop(**options)
    history = [(stop.best, stop.best_step)]
    for value in values:
        told = stop.step(value, model)
        history.append((told, stop.best, stop.best_step))
    return history


def play_and_restore(submission, values, options, other):
    """Train with one number for each value; tell what lies in the network, or in another one, after restoring."""
    model, stop = make_model(), submission.EarlyStop(**options)
    for number, value in enumerate(values):
        fill(model, 10.0 * number)
        stop.step(value, model)
    fill(model, -7.0)
    target = make_model(-9.0) if other else model
    stop.restore_best(target)
    return read(target), read(model)


def restore_again(submission, values, options, rounds):
    """Restore after every value, and train on; tell what is returned and what lies in the network each time."""
    model, stop = make_model(), submission.EarlyStop(**options)
    history = []
    for number, value in enumerate(values):
        fill(model, 10.0 * number)
        told = stop.step(value, model)
        for _ in range(rounds):
            stop.restore_best(model)
            history.append((told, read(model)))
            fill(model, -7.0)
    return history


def look_around(submission, weight):
    """Tell modes, gradients and flags before, between and after, and what an optimizer does at the end."""
    model = make_model(1.0)
    model[1].eval()
    opt = torch.optim.SGD(model.parameters(), lr=1.0)
    model[0].weight.grad = weight.clone()
    held = [*model.parameters(), *model.buffers()]
    surroundings = []

    def look():
        surroundings.append(
            {
                "modes": [module.training for module in model.modules()],
                "gradients": [p.grad for p in model.parameters()],
                "flags": [p.requires_grad for p in model.parameters()],
                "weights": read(model),
            }
        )

    stop = submission.EarlyStop(2)
    look()
    stop.step(0.5, model)
    look()
    stop.restore_best(model)
    look()
    fill(model, 30.0)
    stop.restore_best(model)
    opt.step()
    return surroundings, model[0].weight, [tensor.flatten()[-1].item() for tensor in held]


def save_nothing(submission, values, options, blind):
    """Take the values, with or without a model, then try to restore."""
    model, stop = make_model(5.0), submission.EarlyStop(restore=False, **options)
    told = [stop.step(value, None if blind else model) for value in values]
    try:
        stop.restore_best(model)
    except RuntimeError:
        return told, "RuntimeError", read(model)
    return told, "", read(model)


def never_better(submission, values):
    """Take values that do not improve, then try to restore."""
    model, stop = make_model(5.0), submission.EarlyStop(1)
    told = [stop.step(value, model) for value in values]
    try:
        stop.restore_best(model)
    except RuntimeError:
        return told, "RuntimeError", read(model)
    return told, "", read(model)


# ---- the oracle ----------------------------------------------------------------------------------


def improvements(values, min_delta=0.0, mode="min"):
    """The places of the values that improve."""
    places = []
    for place, value in enumerate(values):
        if math.isnan(value):
            continue
        gain = (value - values[places[-1]]) * (1 if mode == "max" else -1) if places else math.inf
        if not places or gain > min_delta:
            places.append(place)
    return places


def expected(values, patience, min_delta=0.0, mode="min"):
    """What `step` returns, and the attributes."""
    places = improvements(values, min_delta, mode)
    history = [(None, None)]
    for now in range(len(values)):
        last = max((place for place in places if place <= now), default=None)
        stop = now - (-1 if last is None else last) >= patience
        history.append((stop, None if last is None else float(values[last]), last))
    return history


def numbers(first):
    """What lies in the tensors of the network after `fill(model, first)`."""
    return read(make_model(first))


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="when to stop", group_zh="何时停止")
@stated("stopping", "improvement", "best-value", "attributes")
@contract("the rule itself on values of all kinds; the checks below ask one clause each")
@hint(en="Write down the best value and the count after each call.", zh="写下每次调用之后的最佳值和计数。")
@given(values=VALUES, patience=st.integers(1, 4), min_delta=DELTAS, mode=MODES)
@settings(max_examples=25, deadline=None)
def test_when_to_stop(solution, values, patience, min_delta, mode):
    options = {"patience": patience, "min_delta": min_delta, "mode": mode}
    assert_equal(solution.run(play, values, options), expected(values, **options))


@points(2, group="when to stop", group_zh="何时停止")
@stated("improvement", "best-value")
@contract("gains below and at min_delta in a row, which values at random seldom make")
@hint(en="What do many small gains amount to?", zh="许多微小的进步加起来是多少？")
@given(steps=st.lists(st.integers(0, 2), min_size=3, max_size=10), start=QUARTERS)
@settings(max_examples=10, deadline=None)
def test_small_gains_add_up(solution, steps, start):
    values = [start - sum(steps[:count]) / 4 for count in range(len(steps) + 1)]
    for sign, mode in ((1, "min"), (-1, "max")):
        turned = [sign * value for value in values]
        options = {"patience": 2, "min_delta": 0.5, "mode": mode}
        assert_equal(solution.run(play, turned, options), expected(turned, **options))


@points(1, group="when to stop", group_zh="何时停止")
@stated("first")
@hint(en="What do you compare the first value with?", zh="第一个值与什么比较？")
def test_the_first_value_may_be_infinite(solution):
    for values in ([math.inf, 1.0, math.inf], [-math.inf, -math.inf, 1.0]):
        for mode in ("min", "max"):
            for min_delta in (0.0, 0.5):
                options = {"patience": 2, "min_delta": min_delta, "mode": mode}
                assert_equal(solution.run(play, values, options), expected(values, **options))


@points(2, group="when to stop", group_zh="何时停止")
@stated("nan", "attributes")
@hint(en="What is smaller than NaN?", zh="什么比 NaN 更小？")
@given(
    before=st.integers(0, 3),
    values=st.lists(st.one_of(QUARTERS, st.just(math.nan)), min_size=1, max_size=6),
    mode=MODES,
)
@settings(max_examples=8, deadline=None)
def test_nan_never_improves(solution, before, values, mode):
    values = [math.nan] * before + values
    options = {"patience": 2, "mode": mode}
    assert_equal(solution.run(play, values, options), expected(values, **options))


@points(1, group="when to stop", group_zh="何时停止")
@stated("stopping", "improvement")
@contract("what holds without any oracle: turned values in the other mode, and the defaults of the options")
@hint(en="Is `max` the mirror of `min`?", zh="`max` 是不是 `min` 的镜像？")
@given(values=VALUES, patience=st.integers(1, 3))
@settings(max_examples=6, deadline=None)
def test_max_mirrors_min(solution, values, patience):
    plain = solution.run(play, values, {"patience": patience})
    mirrored = solution.run(play, [-value for value in values], {"patience": patience, "mode": "max", "min_delta": 0.0})
    assert [entry[0] for entry in mirrored] == [entry[0] for entry in plain]
    assert [entry[-1] for entry in mirrored] == [entry[-1] for entry in plain]
    assert_equal(plain, expected(values, patience))


@points(4, group="the best weights", group_zh="最佳权重")
@stated("saving", "restoring", "another-model")
@hint(
    en="Which tensors did you save: copies, or the network's own? All of them?",
    zh="你保存的是副本，还是网络自己的张量？全都保存了吗？",
)
@given(values=st.lists(QUARTERS, min_size=1, max_size=7), min_delta=DELTAS, mode=MODES)
@settings(max_examples=10, deadline=None)
def test_the_best_weights_come_back(solution, values, min_delta, mode):
    options = {"patience": 2, "min_delta": min_delta, "mode": mode}
    best = numbers(10.0 * improvements(values, min_delta, mode)[-1])
    assert_equal(solution.run(play_and_restore, values, options, False), (best, best))
    assert_equal(solution.run(play_and_restore, values, options, True), (best, numbers(-7.0)))


@points(2, group="the best weights", group_zh="最佳权重")
@stated("again")
@hint(en="Is what you saved still yours after it has been restored?", zh="恢复之后，你保存的内容还是独立的吗？")
@given(values=st.lists(QUARTERS, min_size=2, max_size=6))
@settings(max_examples=6, deadline=None)
def test_restored_again_and_again(solution, values):
    history = []
    for now in range(1, len(values) + 1):
        told = expected(values[:now], 2)[-1][0]
        history += [(told, numbers(10.0 * improvements(values[:now])[-1]))] * 2
    assert_equal(solution.run(restore_again, values, {"patience": 2}, 2), history)


@points(3, group="nothing else changes", group_zh="其余不变")
@stated("model", "restoring")
@hint(en="Does the optimizer still hold the tensors of the network?", zh="优化器手里的还是网络的那些张量吗？")
def test_only_the_values_come_back(solution, rng):
    gradient = rng.tensor(3, 2, dtype=torch.float64)
    surroundings, weight, held = solution.run(look_around, gradient)
    around = {
        "modes": [True, True, False, True],
        "gradients": [gradient, None, None, None, None, None],
        "flags": [True] * 4 + [False] * 2,
        "weights": numbers(1.0),
    }
    assert_equal(surroundings, [around] * 3)
    assert_equal(weight, torch.full_like(gradient, 1.0 + 1 / 3) - gradient)
    places = [0, 1, 2, 3, 7, 8, 4, 5, 6]
    assert_equal(held[1:], [numbers(1.0)[place] for place in places[1:]])


@points(2, group="nothing saved", group_zh="没有保存")
@stated("nothing-saved", "without-restore", "stopping")
@hint(en="What is there to restore?", zh="有什么可以恢复？")
@given(values=st.lists(QUARTERS, min_size=1, max_size=5), mode=MODES)
@settings(max_examples=5, deadline=None)
def test_without_saving(solution, values, mode):
    told = [entry[0] for entry in expected(values, 2, 0.25, mode)[1:]]
    options = {"patience": 2, "min_delta": 0.25, "mode": mode}
    for blind in (True, False):
        assert_equal(solution.run(save_nothing, values, options, blind), (told, "RuntimeError", numbers(5.0)))
    for count in (0, 2):
        assert_equal(solution.run(never_better, [math.nan] * count), ([True] * count, "RuntimeError", numbers(5.0)))


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which options make no sense?", zh="哪些选项没有意义？")
def test_options_without_sense_are_refused(solution):
    faults = [
        *({"patience": bad} for bad in (0, -1)),
        *({"min_delta": bad} for bad in (-0.25, math.nan, math.inf)),
        *({"mode": bad} for bad in ("", "MIN", "auto", "minimum")),
    ]
    for fault in faults:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.EarlyStop(**{"patience": 3, **fault})
