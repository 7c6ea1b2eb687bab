"""Hidden checks of `hpo-search`; an equal generator repeats the draws, rungs are played from a table of outcomes."""

import copy
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
OUTCOMES = st.sampled_from([0.5, -1.25, 3.0, 3, 0.5, -7, 8.0, "raise", "text", None, math.nan, math.inf, -math.inf])


# ---- inside the guest ----------------------------------------------------------------------------


def draw(submission, space, seed, number):
    """Tell configurations drawn one after the other, what the generator draws next, and the space."""
    rng = np.random.default_rng(seed)
    return [submission.sample(space, rng) for _ in range(number)], rng.random(), space


def refused(submission, space):
    """Tell what was raised, and what the generator draws next."""
    rng = np.random.default_rng(7)
    try:
        submission.sample(space, rng)
    except ValueError:
        return "ValueError", rng.random()
    return "", rng.random()


def play(outcome, config, spoil):
    """Do what is written: perhaps spoil the configuration, then fail or return."""
    if spoil:
        config["spoilt"] = True
        for value in config.values():
            if isinstance(value, list):
                value.append("spoilt")
    if outcome == "raise":
        raise KeyError(len(config))
    return outcome


def search(submission, space, outcomes, seed, spoil=False):
    """Tell the result of a random search with these outcomes, what f was given, and the space afterwards."""
    seen = []

    def f(config):
        seen.append(copy.deepcopy(config))
        return play(outcomes[len(seen) - 1], config, spoil)

    rng = np.random.default_rng(seed)
    best, history = submission.random_search(f, space, len(outcomes), rng)
    return best, history, seen, space, rng.random()


def halve(submission, configs, table, r0, eta, spoil=False):
    """Tell the result of a halving with these outcomes, what f was given, and the configurations afterwards."""
    seen = []

    def f(config, budget):
        seen.append((copy.deepcopy(config), budget))
        rung = sum(1 for each, _ in seen if each["id"] == config["id"]) - 1
        return play(table[config["id"]][rung], config, spoil)

    winner, history = submission.halving(configs, f, r0, eta)
    return winner, history, seen, configs


def interrupt(submission, kind):
    """Tell what comes out when f is interrupted."""

    def f(*_):
        raise {"KeyboardInterrupt": KeyboardInterrupt, "SystemExit": SystemExit}[kind]

    told = []
    for call in (
        lambda: submission.random_search(f, {}, 1, np.random.default_rng(0)),
        lambda: submission.halving([{}], f, 1, 2),
    ):
        try:
            call()
        except BaseException as error:
            told.append(type(error).__name__)
    return told


# ---- the oracle ----------------------------------------------------------------------------------


def expected_draws(space, seed, number):
    """The same draws from an equal generator, and what it draws next."""
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(number):
        config = {}
        for name, entry in space.items():
            value = expected_value(entry, config, rng)
            if value:
                config[name] = value[0]
        drawn.append(config)
    return drawn, rng.random()


def expected_value(entry, config, rng):
    """The value in a list, or nothing where a condition is not met."""
    if entry[0] == "if":
        met = entry[1] in config and config[entry[1]] == entry[2]
        return expected_value(entry[3], config, rng) if met else []
    if entry[0] == "choice":
        return [entry[1][int(rng.integers(len(entry[1])))]]
    if entry[0] == "int":
        return [int(rng.integers(entry[1], entry[2] + 1))]
    if entry[0] == "uniform":
        return [float(rng.uniform(*entry[1:]))]
    return [math.exp(rng.uniform(math.log(entry[1]), math.log(entry[2])))]


def recorded(outcome):
    """What the history says of an outcome, without the text of the error."""
    if outcome in ("raise", "text") or outcome is None:
        return {"value": None, "failed": True}
    return {"value": float(outcome), "failed": False}


def without_text(history):
    """A history in which it only counts whether there is an error, and whether its text says anything."""
    said = [trial["error"] is None or (isinstance(trial["error"], str) and trial["error"] != "") for trial in history]
    assert all(said)
    return [
        {**{key: value for key, value in trial.items() if key != "error"}, "failed": trial["error"] is not None}
        for trial in history
    ]


def finite(outcome):
    return isinstance(outcome, int | float) and math.isfinite(outcome)


def expected_halving(table, r0, eta):
    """Winner and history, played rung by rung."""
    rung, budget, history, winner, level = list(range(len(table))), r0, [], None, 0
    while rung:
        history += [{"index": index, "budget": budget, **recorded(table[index][level])} for index in rung]
        good = [(table[index][level], index) for index in rung if finite(table[index][level])]
        if good:
            winner = min(good)[1]
        if len(rung) == 1:
            break
        rung = sorted(index for _, index in sorted(good)[: max(1, len(rung) // eta)])
        budget, level = budget * eta, level + 1
    return winner, history


def draw_space(seed):
    """Draw a space with entries of every kind."""
    rng = np.random.default_rng(seed)
    low, high = float(rng.uniform(-5, 5)), int(rng.integers(-4, 4))
    entries = {
        "opt": ("choice", ["sgd", "adam", None, [64, 128]]),
        "rate": ("loguniform", 10.0 ** float(rng.uniform(-8, -3)), 10.0 ** float(rng.uniform(-2, 3))),
        "width": ("int", high - int(rng.integers(0, 3)), high),
        "drop": ("uniform", low, low + float(rng.uniform(0, 2))),
        "size": ("choice", [128, 64, True, 0.5]),
    }
    order = rng.permutation(list(entries)).tolist()
    return {name: entries[name] for name in order}


# ---- the checks: sample --------------------------------------------------------------------------


@points(3, group="drawing", group_zh="抽取")
@stated("draws", "choice", "uniform", "loguniform", "int", "types")
@contract("the draws themselves, of every kind in any order")
@hint(
    en="One call each, in the order of the space. Which types come out?",
    zh="按空间的次序，每个值调用一次。得到的是什么类型？",
)
@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_values_of_every_kind(solution, seed):
    space = draw_space(seed)
    told, after, unchanged = solution.run(draw, space, seed, 4)
    drawn, following = expected_draws(space, seed, 4)
    assert_close(told, drawn, rtol=1e-9)
    assert [list(config) for config in told] == [list(space)] * 4
    assert_equal(after, following)
    assert_equal(unchanged, space)


@points(2, group="drawing", group_zh="抽取")
@stated("condition", "draws")
@hint(en="Is a value drawn that nobody needs?", zh="没有人需要的值，抽取了吗？")
@given(seed=SEEDS)
@settings(max_examples=6, deadline=None)
def test_conditions(solution, seed):
    space = {
        "opt": ("choice", ["sgd", "adam"]),
        "extra": ("choice", [True, False]),
        "momentum": ("if", "opt", "sgd", ("choice", [0.0, 0.9])),
        "nesterov": ("if", "momentum", 0.9, ("if", "extra", True, ("int", 0, 9))),
        "beta": ("if", "opt", "adam", ("uniform", 0.8, 1.0)),
        "warm": ("if", "nesterov", 3, ("int", 1, 5)),
        "last": ("uniform", 0.0, 1.0),
    }
    told, after, _ = solution.run(draw, space, seed, 12)
    drawn, following = expected_draws(space, seed, 12)
    assert_close(told, drawn, rtol=1e-9)
    assert_equal(after, following)


@points(1, group="drawing", group_zh="抽取")
@stated("loguniform", "int", "uniform")
@hint(en="exp(log(x)) need not be x.", zh="exp(log(x)) 未必等于 x。")
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_bounds_that_meet(solution, seed):
    rng = np.random.default_rng(seed)
    sizes = [float(size) for size in 10 ** rng.uniform(-9, 5, 30)]
    space = {f"x{place}": ("loguniform", size, size) for place, size in enumerate(sizes)}
    space |= {"i": ("int", 6, 6), "u": ("uniform", -2.5, -2.5), "l": ("loguniform", 3, 3)}
    wanted = {f"x{place}": size for place, size in enumerate(sizes)} | {"i": 6, "u": -2.5, "l": 3.0}
    assert_equal(solution.run(draw, space, seed, 1)[0], [wanted])


@points(1, group="drawing", group_zh="抽取")
@stated("loguniform", "choice", "int")
@contract("what holds without the calls: half of the rates below the geometric mean, every value drawn now and then")
@hint(en="Where is the middle of a logarithmic scale?", zh="对数刻度的中点在哪里？")
@given(seed=SEEDS)
@settings(max_examples=2, deadline=None)
def test_distributions(solution, seed):
    space = {"r": ("loguniform", 1e-6, 1.0), "c": ("choice", ["a", "b", "c"]), "i": ("int", 2, 4)}
    drawn = solution.run(draw, space, seed, 400)[0]
    below = sum(config["r"] < 1e-3 for config in drawn)
    assert abs(below - 200) <= 6 * 10
    assert {config["c"] for config in drawn} == {"a", "b", "c"}
    assert {config["i"] for config in drawn} == {2, 3, 4}


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("space-errors")
@hint(en="Look at the whole space before the first draw.", zh="第一次抽取之前先检查整个空间。")
def test_spaces_without_sense_are_refused(solution):
    untouched = np.random.default_rng(7).random()
    good = {"a": ("choice", [1, 2]), "b": ("uniform", 0.0, 1.0)}
    faults = [("normal", 0, 1), ("choice", []), ("uniform", 1.0, 0.5), ("int", 3, 2), ("loguniform", 2.0, 1.0)]
    faults += [("loguniform", 0.0, 1.0), ("loguniform", -1.0, 1.0), ("if", "z", 1, ("int", 0, 1)), ("Choice", [1])]
    faults += [
        ("if", "c", 1, ("int", 0, 1)),
        ("if", "d", 1, ("int", 0, 1)),
        ("if", "a", 1, ("if", "c", 1, ("int", 0, 1))),
    ]
    for fault in faults:
        for entry in (fault, ("if", "a", 99, fault)):
            space = {**good, "c": entry, "d": ("int", 0, 1)}
            assert_equal(solution.run(refused, space), ("ValueError", untouched))
    assert solution.run(refused, {**good, "c": ("if", "a", 99, ("int", 2, 2))})[0] == ""
    assert_equal(solution.run(draw, {}, 7, 2), ([{}, {}], untouched, {}))


# ---- the checks: random search -------------------------------------------------------------------


@points(3, group="searching", group_zh="搜索")
@stated("search", "history", "failures")
@contract("the history itself: configurations, values, failures, and nothing drawn besides")
@hint(en="What does the history say of a trial that failed?", zh="失败的试验在历史中怎么记录？")
@given(seed=SEEDS, outcomes=st.lists(OUTCOMES, max_size=7))
@settings(max_examples=10, deadline=None)
def test_every_trial_is_recorded(solution, seed, outcomes):
    space = {"rate": ("loguniform", 1e-4, 1.0), "width": ("int", 1, 1000)}
    _, history, seen, _, after = solution.run(search, space, outcomes, seed)
    drawn, following = expected_draws(space, seed, len(outcomes))
    assert_close(seen, drawn, rtol=1e-9)
    wanted = [{"config": config, **recorded(outcome)} for config, outcome in zip(drawn, outcomes, strict=True)]
    assert_close(without_text(history), wanted, rtol=1e-9)
    assert_equal(after, following)


@points(3, group="searching", group_zh="搜索")
@stated("best")
@hint(en="What compares with NaN? Which of equals is the best?", zh="什么能与 NaN 比较？相等时哪一个最佳？")
@given(seed=SEEDS, outcomes=st.lists(OUTCOMES, max_size=6))
@settings(max_examples=12, deadline=None)
def test_the_best_trial(solution, seed, outcomes):
    for more in ([], [2.5, 2.5, math.nan], [-math.inf, 1.0, math.nan]):
        results = outcomes + more
        best, history, *_ = solution.run(search, {"x": ("uniform", 0.0, 1.0)}, results, seed)
        good = [place for place, outcome in enumerate(results) if finite(outcome)]
        wanted = history[min(good, key=lambda place: results[place])] if good else None
        assert_equal(best, wanted)


@points(2, group="copies", group_zh="副本")
@stated("copies")
@hint(en="Who else holds what you hand to f?", zh="你交给 f 的东西，还有谁拿着？")
@given(seed=SEEDS)
@settings(max_examples=3, deadline=None)
def test_changes_by_f_do_not_show(solution, seed):
    space = {"layers": ("choice", [[64], [128, 32]]), "x": ("int", 0, 9)}
    _, history, seen, unchanged, _ = solution.run(search, space, [1.0, "raise", 2.0, 0.5, math.nan], seed, True)
    drawn = expected_draws(space, seed, 5)[0]
    assert_equal([trial["config"] for trial in history], drawn)
    assert_equal(seen, drawn)
    assert_equal(unchanged, space)


@points(1, group="searching", group_zh="搜索")
@stated("search-errors", "failures", "halving-errors")
@hint(en="What must not be caught?", zh="什么不该捕获？")
def test_ends_of_the_search(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.random_search(None, {}, -1, None)
    assert_equal(solution.run(search, {"x": ("int", 0, 1)}, [], 3)[:2], (None, []))
    for kind in ("KeyboardInterrupt", "SystemExit"):
        assert solution.run(interrupt, kind) == [kind] * 2
    for r0, eta in ((0, 2), (-1, 2), (1, 1), (1, 0)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(halve, [{"id": 0}], [[1.0]], r0, eta)
    assert_equal(solution.run(halve, [], [], 1, 2)[:2], (None, []))


# ---- the checks: halving -------------------------------------------------------------------------


@points(3, group="halving", group_zh="减半")
@stated("rungs", "halving-history", "winner")
@contract("the table of rungs where nothing fails, for every size and eta")
@hint(en="Write the table of rungs: how many, with which budget?", zh="写出各轮的表：多少个配置，预算多少？")
@given(seed=SEEDS, number=st.integers(1, 13), r0=st.integers(1, 4), eta=st.integers(2, 4))
@settings(max_examples=12, deadline=None)
def test_rungs(solution, seed, number, r0, eta):
    table = np.random.default_rng(seed).normal(size=(number, 5)).round(6).tolist()
    configs = [{"id": index} for index in range(number)]
    winner, history, seen, _ = solution.run(halve, configs, table, r0, eta)
    best, wanted = expected_halving(table, r0, eta)
    assert_equal(without_text(history), wanted)
    assert_equal(winner, best)
    assert_equal(seen, [({"id": trial["index"]}, trial["budget"]) for trial in wanted])


@points(3, group="halving", group_zh="减半")
@stated("promotion", "winner", "failures")
@hint(en="Can a failed configuration go on? What if all fail?", zh="失败的配置能晋级吗？全都失败呢？")
@given(table=st.lists(st.lists(OUTCOMES, min_size=4, max_size=4), min_size=1, max_size=9), eta=st.integers(2, 3))
@settings(max_examples=15, deadline=None)
def test_failures_and_ties(solution, table, eta):
    configs = [{"id": index} for index in range(len(table))]
    for each in (table, [row[:1] * 2 + ["raise"] * 2 for row in table], [["raise", 1.0]] + [[1.0] * 4] * len(table)):
        told = solution.run(halve, configs + [{"id": len(table)}] * (len(each) - len(table)), each, 1, eta)
        winner, history = expected_halving(each, 1, eta)
        assert_equal((told[0], without_text(told[1])), (winner, history))


@points(1, group="copies", group_zh="副本")
@stated("halving-copies")
@hint(en="Does the second rung see what the first has left behind?", zh="第二轮看得到第一轮留下的东西吗？")
@given(seed=SEEDS)
@settings(max_examples=3, deadline=None)
def test_rungs_begin_with_clean_configurations(solution, seed):
    table = np.random.default_rng(seed).normal(size=(6, 4)).tolist()
    configs = [{"id": index, "layers": [index, 2]} for index in range(6)]
    _, _, seen, unchanged = solution.run(halve, configs, table, 1, 2, True)
    _, history = expected_halving(table, 1, 2)
    assert_equal(seen, [(configs[trial["index"]], trial["budget"]) for trial in history])
    assert_equal(unchanged, configs)
