"""Hidden checks of `training-monitor`; means are fractions, moving averages sums of powers, waves squares."""

import json
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
NAMES = ["loss", "acc", '损失 "é"\n']
JUNK = [math.nan, math.inf, -math.inf]


# ---- inside the guest ----------------------------------------------------------------------------


class Sink:
    def __init__(self):
        self.lines = []

    def write(self, text):
        self.lines.append(text)
        return len(text)


class Clock:
    """Goes by squares, so that a call too many shows."""

    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return 1000.25 + self.calls**2


def play(submission, script, settings):
    """Do what the script says; tell the answers, the texts written, and how often the clock was read."""
    sink, clock = Sink(), Clock()
    log = submission.MetricLog(sink, clock, **settings)
    answers, written = [], []
    for step, *arguments in script:
        answers.append(getattr(log, step)(*arguments))
        written.append(len(sink.lines))
    return answers, sink.lines, written, clock.calls


def rates(submission, values, settings):
    plateau = submission.Plateau(**settings)
    return [plateau.step(value) for value in values]


def two_logs(submission, one, other):
    """Use two logs by turns; tell the means of both."""
    logs = [submission.MetricLog(Sink(), Clock(), 0.5) for _ in range(2)]
    for pair in zip(one, other, strict=True):
        for log, value in zip(logs, pair, strict=True):
            log.add("loss", value)
    return [(log.epoch(), log.smoothed("loss")) for log in logs]


# ---- the oracle ----------------------------------------------------------------------------------


def exact_means(adds):
    """The mean of each name, in fractions."""
    means = {}
    for name in {name for name, _, _ in adds}:
        good = [(Fraction(value), n) for each, value, n in adds if each == name and math.isfinite(value)]
        count = sum(n for _, n in good)
        means[name] = float(sum(value * n for value, n in good) / count) if good else None
    return means


def exact_smoothed(values, beta):
    """The weighted mean with weights beta**age."""
    good = [value for value in values if math.isfinite(value)]
    weights = [Fraction(beta) ** (len(good) - 1 - place) for place in range(len(good))]
    return float(sum(w * Fraction(v) for w, v in zip(weights, good, strict=True)) / sum(weights)) if good else None


def parse(line):
    """The object of one line of strict JSON."""

    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    assert line.endswith("\n")
    assert len(line.splitlines()) == 1
    return json.loads(line, parse_constant=refuse)


def expected_lines(script):
    """What is written, and after which step of the script."""
    lines, epoch, adds, told, alarmed = [], 0, [], [], set()
    for step, *arguments in script:
        if step == "add":
            name, value = arguments[:2]
            adds.append((name, value, arguments[2] if len(arguments) > 2 else 1))
            if not math.isfinite(value) and name not in alarmed:
                alarmed.add(name)
                lines.append({"alert": name, "epoch": epoch})
        elif step == "epoch":
            lines.append({"epoch": epoch, "metrics": exact_means(adds)})
            epoch, adds = epoch + 1, []
        told.append(len(lines))
    for place, line in enumerate(lines):
        line["time"] = float((place + 2) ** 2 - 1)
    return lines, told


def expected_rates(values, lr, factor, patience, threshold, cooldown, floor):
    """Replay by the places of the last good epoch and of the end of the rest."""
    best, mark, awake, told = math.inf, -1, 0, []
    for place, value in enumerate(values):
        if value < best - threshold:
            best, mark = value, place
        if place < awake:
            mark = place
        if place - mark > patience:
            lr, mark, awake = max(lr * factor, floor), place, place + 1 + cooldown
        told.append(lr)
    return told


def draw_adds(rng, number, junk):
    values = [float(value) for value in rng.normal(2, 5, number).round(3)]
    for place in rng.permutation(number)[:junk]:
        values[place] = JUNK[rng.integers(3)]
    return [(NAMES[rng.integers(3)], value, int(rng.integers(1, 40))) for value in values]


# ---- the checks: the log -------------------------------------------------------------------------


@points(3, group="means", group_zh="平均值")
@stated("means", "line", "lines", "tolerance")
@hint(en="Is a batch of 3 worth as much as one of 300?", zh="3 个样本的批次和 300 个样本的批次分量相同吗？")
@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_means_by_epoch(solution, seed):
    rng = np.random.default_rng(seed)
    script = [("add", *add) for add in draw_adds(rng, 9, 0)]
    script = [*script[:5], ("epoch",), ("epoch",), *script[5:], ("add", "loss", 3), ("epoch",)]
    answers, lines, written, _ = solution.run(play, script, {})
    wanted, told = expected_lines(script)
    assert_close([parse(line) for line in lines], wanted, rtol=1e-9)
    assert_equal(written, told)
    means = [line["metrics"] for line in wanted]
    assert_close([answer for answer, step in zip(answers, script, strict=True) if step[0] == "epoch"], means, rtol=1e-9)


@points(1, group="means", group_zh="平均值")
@stated("means")
@contract("the law that unequal batches break")
@hint(en="What changes when a batch is added in two parts?", zh="把一个批次分两次添加，会有什么变化？")
@given(value=st.floats(-100, 100), sizes=st.lists(st.integers(1, 30), min_size=1, max_size=5))
@settings(max_examples=8, deadline=None)
def test_parts_of_a_batch(solution, value, sizes):
    rest = ("add", "loss", value + 7.0, 11)
    parts = [("add", "loss", value, size) for size in sizes]
    whole, parted = (
        solution.run(play, [*steps, rest, ("epoch",)], {})[0][-1]
        for steps in ([("add", "loss", value, sum(sizes))], parts)
    )
    assert_close(whole, exact_means([("loss", value, sum(sizes)), rest[1:]]), rtol=1e-9)
    assert_close(parted, whole, rtol=1e-9)


@points(2, group="moving average", group_zh="移动平均")
@stated("smoothed", "tolerance")
@hint(en="What is the average after the very first value?", zh="只有第一个值时，平均是多少？")
@given(seed=SEEDS)
@settings(max_examples=8, deadline=None)
def test_moving_averages(solution, seed):
    rng = np.random.default_rng(seed)
    adds = draw_adds(rng, 12, 3)
    for settings_of, beta in (({}, 0.9), ({"beta": 0.5}, 0.5), ({"beta": 0.0}, 0.0), ({"beta": 0.99}, 0.99)):
        script, wanted = [("smoothed", "loss")], [None]
        for place, add in enumerate(adds):
            script += [("add", *add), ("smoothed", add[0])]
            values = [value for name, value, _ in adds[: place + 1] if name == add[0]]
            wanted.append(exact_smoothed(values, beta))
            if place in (3, 7):
                script.append(("epoch",))
        answers = solution.run(play, script, settings_of)[0]
        told = [answer for answer, step in zip(answers, script, strict=True) if step[0] == "smoothed"]
        assert_close(told, wanted, rtol=1e-9)


@points(3, group="alerts", group_zh="警报")
@stated("alert", "means", "lines", "log")
@hint(en="When is the line written, and how often? What becomes of the mean?", zh="这一行何时写，写几次？平均值呢？")
@given(seed=SEEDS)
@settings(max_examples=8, deadline=None)
def test_values_that_are_no_numbers(solution, seed):
    rng = np.random.default_rng(seed)
    fixed = [("loss", math.inf, 2), ("loss", 1.5, 2), ("acc", 0.5, 1), ("loss", math.nan, 3), ("acc", -math.inf, 1)]
    late = [("loss", math.nan, 1), ("new", math.nan, 4), ("acc", 2.0, 1)]
    for adds in ([*fixed, None, *late, None], [*draw_adds(rng, 8, 5), None, *draw_adds(rng, 5, 3), None]):
        script = [("add", *add) if add else ("epoch",) for add in adds]
        answers, lines, written, calls = solution.run(play, script, {})
        wanted, told = expected_lines(script)
        assert_close([parse(line) for line in lines], wanted, rtol=1e-9)
        assert_equal((written, calls), (told, len(wanted) + 1))
        means = [line["metrics"] for line in wanted if "metrics" in line]
        assert_close([a for a, step in zip(answers, script, strict=True) if step[0] == "epoch"], means, rtol=1e-9)


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("log-errors", "add", "plateau-errors", "schedule-errors")
@hint(en="Check the bounds, and the bounds themselves.", zh="检查取值范围，包括端点本身。")
def test_what_makes_no_sense_is_refused(solution):
    for beta in (1.0, -0.1, 1.5, math.nan):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(play, [], {"beta": beta})
    for n in (0, -3):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(play, [("add", "loss", 1.0, n)], {})
    for wrong in ({"factor": 0.0}, {"factor": 1.0}, {"factor": -0.5}, {"patience": -1}, {"cooldown": -1}):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(rates, [1.0], {"lr": 1.0, **wrong})
    for wrong in ((-1, 2, 5, 1.0), (0, -1, 5, 1.0), (0, 5, 5, 1.0), (0, 6, 5, 1.0), (0, 2, 5, 1.0, 1.5)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.warmup_cosine(*wrong)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.warmup_cosine(0, 2, 5, 1.0, -0.25)


@points(1, group="means", group_zh="平均值")
@stated("means", "smoothed")
@contract("state that two logs share shows in no other check")
@hint(en="Whose dict is it?", zh="这个字典归谁所有？")
def test_two_logs_know_nothing_of_each_other(solution):
    one, other = [1.0, 2.0], [5.0, 8.0]
    wanted = [({"loss": sum(values) / 2}, exact_smoothed(values, 0.5)) for values in (one, other)]
    assert_close(solution.run(two_logs, one, other), wanted, rtol=1e-9)


# ---- the checks: schedules -----------------------------------------------------------------------


@points(3, group="plateau", group_zh="平台期")
@stated("plateau", "reduction", "cooldown", "tolerance")
@contract("the rule on ordinary losses, for every patience and cooldown; the special ones are met elsewhere")
@hint(en="Write down count and best, epoch by epoch.", zh="逐个 epoch 写下计数与最佳值。")
@given(seed=SEEDS, patience=st.integers(0, 3), cooldown=st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_rates_on_a_plateau(solution, seed, patience, cooldown):
    values = (np.random.default_rng(seed).integers(-4, 8, 25) / 2).tolist()
    for threshold, floor in ((0.0, 0.0), (0.5, 0.06), (2.0, 0.01)):
        rule = {"factor": 0.3, "patience": patience, "threshold": threshold, "cooldown": cooldown, "floor": floor}
        told = solution.run(rates, values, {"lr": 0.8, **rule})
        assert_close(told, expected_rates(values, 0.8, **rule), rtol=1e-9)


@points(2, group="plateau", group_zh="平台期")
@stated("plateau", "reduction", "cooldown")
@hint(en="NaN is neither smaller nor larger. What are the defaults?", zh="NaN 既不更小也不更大。默认值是什么？")
def test_special_losses_on_a_plateau(solution):
    slow = [10 - 0.25 * place for place in range(20)]
    rests = [5.0, 6.0, 6.0, 4.0, 6.0, 6.0, 6.0, 6.0, 3.0, 3.0, 3.0, 3.0, 3.0]
    for values in ([math.nan, math.inf, 3.0, math.nan, math.nan, 2.0, math.inf], slow, rests, [1.0] * 9):
        for patience, threshold, cooldown in ((0, 0.0, 0), (1, 1.0, 0), (1, 0.25, 2), (2, 0.5, 1)):
            rule = {"factor": 0.5, "patience": patience, "threshold": threshold, "cooldown": cooldown, "floor": 0.1}
            told = solution.run(rates, values, {"lr": 1.0, **rule})
            assert_close(told, expected_rates(values, 1.0, **rule), rtol=1e-9)
    usual = {"factor": 0.1, "patience": 10, "threshold": 0.0, "cooldown": 0, "floor": 0.0}
    for values in ([2.0] * 40, [2.0 - 1e-9 * place for place in range(30)]):
        assert_close(solution.run(rates, values, {"lr": 3.0}), expected_rates(values, 3.0, **usual), rtol=1e-9)


@points(3, group="warm-up and cosine", group_zh="预热与余弦")
@stated("warmup", "cosine", "after", "tolerance")
@hint(en="Try the first, the last and the steps after the last.", zh="试试第一步、最后一步以及最后之后的步。")
@given(warmup=st.integers(0, 6), length=st.integers(1, 9), peak=st.floats(0.5, 5), share=st.floats(0, 1))
@settings(max_examples=15, deadline=None)
def test_the_schedule_step_by_step(solution, warmup, length, peak, share):
    total = warmup + length
    for floor in (peak * share, 0.0, peak):
        wanted = [peak * step / warmup for step in range(warmup)]
        angles = [math.pi / 2 * step / length for step in range(length + 1)]
        wanted += [floor + (peak - floor) * math.cos(angle) ** 2 for angle in angles] + [floor] * (length + 2)
        for step, rate in enumerate(wanted):
            told = solution.warmup_cosine(step, warmup, total, peak, floor)
            assert abs(told - rate) <= 1e-9 * peak
            assert told >= 0
    assert abs(solution.warmup_cosine(warmup, warmup, total, peak) - peak) <= 1e-9 * peak
    assert abs(solution.warmup_cosine(total, warmup, total, peak)) <= 1e-9 * peak
