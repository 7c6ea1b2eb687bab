"""Hidden checks of `inference-benchmark`; a world with a clock of its own logs all calls, expectations are counted."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

TICKS = st.integers(1, 4000).map(lambda ticks: ticks / 1024)
TIMES = st.lists(TICKS, min_size=44, max_size=44)


# ---- inside the guest ----------------------------------------------------------------------------


class World:
    """A device that works while nobody waits, and a clock that only this world moves."""

    def __init__(self, times, waits):
        self.times, self.waits = iter(times), waits
        self.now, self.until, self.inputs, self.log = 4096.0, 0.0, 0, []

    def clock(self):
        self.log.append("clock")
        return self.now

    def sync(self):
        self.log.append("sync")
        self.now = max(self.now, self.until)

    def make_input(self):
        self.log.append("input")
        self.now += 64.0
        self.inputs += 1
        return [self.inputs]

    def model(self, name):
        def run(x):
            self.log.append((name, x[0], torch.is_grad_enabled()))
            duration = next(self.times)
            self.until = self.now + duration
            self.now += 0.0 if self.waits else duration

        return run


def measure(submission, times, warmup, repeats, waits):
    world = World(times, waits)
    sync = [world.sync] if waits else []
    result = submission.benchmark(world.model("fn"), world.make_input, warmup, repeats, world.clock, *sync)
    return result, world.log


def duel(submission, times, rounds, waits):
    world = World(times, waits)
    models = world.model("a"), world.model("b")
    sync = {"sync": world.sync} if waits else {}
    return submission.compare(*models, world.make_input, rounds, world.clock, **sync), world.log


def percentiles(submission, samples):
    """Tell all percentiles of samples, and the samples afterwards."""
    return [submission.percentile(samples, percent) for percent in range(1, 101)], samples


def with_gradients(submission, name, enabled, broken):
    """Tell whether gradients are recorded in the models and afterwards, and which error came out."""
    seen, error = [], LookupError("broken")
    count = iter(range(99))

    def model(x):
        y = x * torch.ones(1, requires_grad=True)
        seen.append((torch.is_grad_enabled(), y.requires_grad))
        if len(seen) == broken:
            raise error

    models = [model] if name == "benchmark" else [model, model]
    settings = [2, 3] if name == "benchmark" else [2]
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(enabled)
    try:
        getattr(submission, name)(*models, lambda: torch.ones(1), *settings, lambda: float(next(count)))
        ended = "returned"
    except LookupError as caught:
        ended = "same error" if caught is error else "another error"
    after = torch.is_grad_enabled()
    torch.set_grad_enabled(before)
    return seen, ended, after


def calls_before_refusal(submission, name, settings):
    """Tell what is called before settings are refused; None where they are not."""
    world = World([1.0] * 9, True)
    models = [world.model("a")] if name == "benchmark" else [world.model("a"), world.model("b")]
    try:
        getattr(submission, name)(*models, world.make_input, *settings, world.clock, world.sync)
    except ValueError:
        return world.log
    return None


# ---- the oracle ----------------------------------------------------------------------------------


def median(values):
    values = sorted(values)
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def ranked(samples, percents):
    """Return percentiles, by counting for each sample how many are not above it."""
    counted = [(sum(other <= sample for other in samples), sample) for sample in sorted(set(samples))]
    return [next(s for count, s in counted if 100 * count >= percent * len(samples)) for percent in percents]


def summary(samples):
    total = sum(samples)
    return {
        "median": median(samples),
        "p95": ranked(samples, [95])[0],
        "mean": total / len(samples),
        "throughput": len(samples) / total if total else math.inf,
    }


def timed(name, number, waits, *, untimed=False):
    """The log of one run."""
    run = [(name, number, False), *["sync"] * waits]
    return run if untimed else ["clock", *run, "clock"]


def log_of_benchmark(warmup, repeats, waits):
    log = []
    for number in range(1, warmup + repeats + 1):
        log += ["input", *timed("fn", number, waits, untimed=number <= warmup)]
    return log


def log_of_compare(rounds, waits):
    log = ["input", *timed("a", 1, waits, untimed=True), *timed("b", 1, waits, untimed=True)]
    for number in range(2, rounds + 2):
        first, second = "ba" if number % 2 else "ab"
        log += ["input", *timed(first, number, waits), *timed(second, number, waits)]
    return log


def verdict(times, rounds):
    """What the times of a comparison come to; the first two are those of the warm-up."""
    pairs = [times[2 * n + 2 : 2 * n + 4][:: -1 if n % 2 else 1] for n in range(rounds)]
    return {
        "a": median([a for a, _ in pairs]),
        "b": median([b for _, b in pairs]),
        "ratio": median([a / b for a, b in pairs]),
        "wins": len([1 for a, b in pairs if b < a]),
    }


# ---- percentile ----------------------------------------------------------------------------------


@points(3, group="percentiles", group_zh="百分位数")
@stated("percentile")
@hint(en="What is 0.55 * 100? Count the samples that are not above.", zh="0.55 * 100 等于多少？数一数不大于它的样本。")
@given(samples=st.lists(st.integers(-9, 9).map(float) | TICKS, min_size=1, max_size=25))
@settings(max_examples=12)
def test_percentiles_by_counting(solution, samples):
    ramp = [float(n * 37 % 100) for n in range(100)]
    for each in (samples, ramp, ramp[:40], [*ramp[:21], -1.5, -1.5, -1.5]):
        found, after = solution.run(percentiles, each)
        assert_equal(found, ranked(each, range(1, 101)))
        assert_equal(after, each)


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("percentile-errors", "percentile")
@hint(en="What is the percentile of nothing?", zh="空样本的百分位数是什么？")
def test_percentiles_that_do_not_exist(solution):
    for samples, percent in (([], 50), ([1.0, 2.0], 0), ([1.0], -3), ([1.0, 2.0], 101), ([], 0)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.percentile(samples, percent)
    assert_equal([solution.percentile([4.0, 1.0], percent) for percent in (1, 50, 51, 100)], [1.0, 1.0, 4.0, 4.0])


# ---- benchmark -----------------------------------------------------------------------------------


@points(4, group="what is timed", group_zh="计时的内容")
@stated("order", "autograd")
@hint(
    en="Write down the calls. What belongs between the two looks at the clock?",
    zh="把调用依次写下来。两次看钟之间应当有什么？",
)
def test_the_calls_in_their_order(solution):
    for warmup, repeats in ((0, 1), (2, 3), (3, 1), (1, 4)):
        for waits in (True, False):
            _, log = solution.run(measure, [1.0] * 9, warmup, repeats, waits)
            assert_equal(log, log_of_benchmark(warmup, repeats, waits))


@points(4, group="what the samples come to", group_zh="样本的汇总")
@stated("results", "order")
@hint(en="Which samples count? Is the mean the median?", zh="哪些样本算数？平均值就是中位数吗？")
@given(times=TIMES, warmup=st.integers(0, 3))
@settings(max_examples=12)
def test_what_a_benchmark_tells(solution, times, warmup):
    for repeats in (1, 2, 5, 8, 17, 41):
        for waits in (True, False):
            found, _ = solution.run(measure, times, warmup, repeats, waits)
            assert_close(found, summary(times[warmup : warmup + repeats]))


@points(1, group="what the samples come to", group_zh="样本的汇总")
@stated("zero", "results")
@hint(en="What if the clock is too coarse to see anything?", zh="如果时钟太粗，什么也看不出来呢？")
def test_a_clock_that_stands_still(solution):
    for repeats in (1, 4):
        found, _ = solution.run(measure, [5.0, *[0.0] * repeats], 1, repeats, False)
        assert_equal(found, {"median": 0.0, "p95": 0.0, "mean": 0.0, "throughput": math.inf})


@points(2, group="no gradients", group_zh="不记录梯度")
@stated("autograd")
@hint(en="Who wants gradients of an answer? And who wanted them before?", zh="谁需要回答的梯度？在此之前又是谁需要？")
def test_gradients_are_off_and_the_setting_is_restored(solution):
    for name, runs in (("benchmark", 5), ("compare", 6)):
        for enabled in (True, False):
            found = solution.run(with_gradients, name, enabled, 0)
            assert_equal(found, ([(False, False)] * runs, "returned", enabled))
            for broken in (1, 4):
                found = solution.run(with_gradients, name, enabled, broken)
                assert_equal(found, ([(False, False)] * broken, "same error", enabled))


# ---- compare -------------------------------------------------------------------------------------


@points(3, group="taking turns", group_zh="轮流运行")
@stated("turns", "autograd")
@hint(en="Who comes first in the second round, and on which input?", zh="第二轮谁先来？用哪个输入？")
def test_models_take_turns(solution):
    for rounds in (1, 2, 3, 4):
        for waits in (True, False):
            _, log = solution.run(duel, [1.0] * 10, rounds, waits)
            assert_equal(log, log_of_compare(rounds, waits))


@points(3, group="taking turns", group_zh="轮流运行")
@stated("verdict", "turns")
@hint(en="To whom does the first sample of a round belong?", zh="一轮中的第一个样本属于谁？")
@given(times=TIMES)
@settings(max_examples=12)
def test_what_a_comparison_tells(solution, times):
    drifting = [times[0] * 2**n for n in range(12)]
    equal = [1.0, 9.0, 2.0, 2.0, 3.0, 3.0, 4.0, 5.0]
    for each, rounds in ((times, 1), (times, 4), (times, 7), (times, 20), (drifting, 5), (equal, 3)):
        for waits in (True, False):
            found, _ = solution.run(duel, each, rounds, waits)
            assert_close(found, verdict(each, rounds))


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("refused")
@contract("all settings that are refused, each before anything is called")
@hint(en="Which settings leave nothing to measure?", zh="哪些设置会让人无可测量？")
def test_settings_that_make_no_sense(solution):
    for settings_ in ((0, 0), (2, 0), (-1, 1), (3, -2), (-1, 0)):
        assert_equal(solution.run(calls_before_refusal, "benchmark", settings_), [])
    for rounds in (0, -1):
        assert_equal(solution.run(calls_before_refusal, "compare", (rounds,)), [])
