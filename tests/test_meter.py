"""The stopwatch: decisions on simulated noise, and a race on a clock that is ours."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import Mismatch, meter
from grader.exam.meter import LOOKS, Interval, Race, decide, interval, recheck
from grader.exam.solution import CheckEnded
from grader.question import Performance
from grader.verdict import Outcome, PerformanceResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.random import Generator

NOISE = 0.05
AT_MOST = Performance(of="f", at_most=1.5, times_slower_than="reference")
AT_LEAST = Performance(of="f", at_least=4.0, times_faster_than="naive")


# --- The interval and the decision ---


def judge(log_ratios: Callable[[int], Any], limit: float, seed: int) -> bool | None:
    """Look as often as a race does; return its decision."""
    logs: list[float] = []
    for look in LOOKS:
        logs.extend(log_ratios(look - len(logs)))
        verdict = decide(interval(logs, seed), limit)
        if verdict is not None:
            return verdict
    return None


def verdicts(ratio: float, limit: float, *, outliers: float = 0.0) -> list[bool | None]:
    """A hundred decisions on a true ratio under noise, some of which disturbs one side of a pair three times over."""

    def draw(rng: Generator, count: int) -> Any:
        disturbed = np.where(rng.random(count) < outliers, rng.choice([-1, 1], count) * math.log(3), 0)
        return math.log(ratio) + rng.normal(0, NOISE, count) + disturbed

    generators = [np.random.default_rng(seed) for seed in range(100)]
    return [judge(functools.partial(draw, rng), limit, seed) for seed, rng in enumerate(generators)]


@pytest.mark.parametrize("performance", [AT_MOST, AT_LEAST], ids=["at most", "at least"])
@pytest.mark.parametrize("outliers", [0.0, 0.2], ids=["calm", "disturbed"])
def test_a_tenth_inside_the_limit_passes(performance: Performance, outliers: float) -> None:
    """In at least 95 of 100 races."""
    assert verdicts(0.9 * performance.limit, performance.limit, outliers=outliers).count(True) >= 95


@pytest.mark.parametrize("performance", [AT_MOST, AT_LEAST], ids=["at most", "at least"])
@pytest.mark.parametrize("outliers", [0.0, 0.2], ids=["calm", "disturbed"])
def test_a_tenth_beyond_the_limit_fails(performance: Performance, outliers: float) -> None:
    """In at least 95 of 100 races."""
    assert verdicts(1.1 * performance.limit, performance.limit, outliers=outliers).count(False) >= 95


def test_equal_sides_are_equal() -> None:
    """The same program against itself is neither a tenth faster nor a tenth slower."""
    assert verdicts(1.0, 1.1).count(True) >= 95
    assert verdicts(1.0, 0.9).count(False) >= 95


def test_at_the_limit_the_candidate_is_not_failed() -> None:
    """A ratio that is exactly the limit is called too slow in hardly any race, however often one looks."""
    assert verdicts(1.5, 1.5).count(False) <= 10


def test_the_interval_holds_the_truth() -> None:
    """At a share of the error for each look, 98.75 of 100 intervals hold the true ratio."""
    held = 0
    for seed in range(200):
        found = interval(np.random.default_rng(seed).normal(math.log(2), NOISE, 30).tolist(), seed)
        held += found.low <= 2 <= found.high

    assert held >= 190


@settings(max_examples=50, deadline=None, database=None)
@given(st.lists(st.floats(-3, 3), min_size=15, max_size=40), st.integers(0, 2**63))
def test_an_interval_lies_around_its_median(logs: list[float], seed: int) -> None:
    """In order, within what was measured, and the same for the same seed."""
    found = interval(logs, seed)

    assert found == interval(logs, seed)
    assert found.low <= found.high
    assert math.exp(min(logs)) * 0.999 <= found.low <= found.ratio * 1.001
    assert found.ratio * 0.999 <= found.high <= math.exp(max(logs)) * 1.001
    assert found.ratio == pytest.approx(math.exp(float(np.median(logs))))


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.5, 0.9, True), (1.1, 1.5, False), (0.9, 1.1, None), (0.9, 1.0, None), (1.0, 1.1, None)],
)
def test_a_decision_needs_the_whole_interval(low: float, high: float, verdict: bool | None) -> None:
    """Below the limit is within, above it beyond, across it undecided."""
    assert decide(Interval((low + high) / 2, low, high), 1.0) is verdict


def test_limits_are_ratios_of_times() -> None:
    """Four times as fast is a quarter of the time."""
    assert (AT_LEAST.limit, AT_LEAST.against) == (0.25, "naive")
    assert (AT_MOST.limit, AT_MOST.against) == (1.5, "reference")


# --- A race ---


class Clock:
    """Time that passes when a side works."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


class Side:
    """A candidate that takes its time on our clock, and keeps what it was asked."""

    def __init__(self, clock: Clock, pace: Callable[[int], float], answer: Callable[[Any], Any] = lambda x: x) -> None:
        self.clock, self.pace, self.answer = clock, pace, answer
        self.asked: list[Any] = []
        self.times: list[float] = []
        self.cpu = 0.0
        self.threads = 1
        self.awake = True
        self.rival: Side | None = None
        """Who must stand still meanwhile."""
        self.idle = 0.0
        """CPU seconds used beside each call."""

    def ask(self, _operation: str, arguments: Sequence[Any], _stand_in: object) -> tuple[str, Any]:
        assert self.awake
        assert self.rival is None or not self.rival.awake
        (given,) = arguments[2]
        self.times.append(self.clock.now)
        self.clock.now += self.pace(len(self.asked))
        self.cpu += self.pace(len(self.asked)) + self.idle
        self.asked.append(given.tolist())
        return "ok", self.answer(given)

    def forget(self, number: int) -> None: ...

    def rest(self) -> None:
        self.awake = False

    def wake(self) -> None:
        self.awake = True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(meter, "time", found)
    return found


def draw(rng: Generator) -> tuple[tuple[Any], dict[str, object]]:
    return (rng.random(3),), {}


def race(mine: Side, other: Side, performance: Performance = AT_MOST) -> PerformanceResult:
    return Race(mine, other, "f", draw, seed=7).run("fast", performance)  # type: ignore[arg-type]


def test_a_clear_race_is_short(clock: Clock) -> None:
    """Fifteen pairs and the warm-up; the result says all there is to say."""
    mine, other = Side(clock, lambda _: 0.002), Side(clock, lambda _: 0.004)
    result = race(mine, other)

    assert result.model_dump() == {
        "name": "fast", "ratio": pytest.approx(0.5), "low": pytest.approx(0.5), "high": pytest.approx(0.5),
        "limit": 1.5, "pairs": 15, "against": "reference", "decided": True,
    }  # fmt: skip
    assert len(mine.asked) == len(other.asked) == 15 + meter.WARM_UP


def test_a_race_that_cannot_be_decided_ends(clock: Clock) -> None:
    """Sometimes faster and sometimes slower than the limit: after the last look it is called undecided."""
    mine = Side(clock, lambda number: 0.003 * (1.2 if number % 2 else 1 / 1.2))
    result = race(mine, Side(clock, lambda _: 0.002))

    assert (result.pairs, result.decided) == (LOOKS[-1], False)
    assert result.low <= 1.5 <= result.high


def test_both_sides_are_given_the_same_and_never_twice(clock: Clock) -> None:
    """Equal content within a pair, fresh content in every pair."""
    mine, other = Side(clock, lambda _: 0.002), Side(clock, lambda _: 0.004)
    race(mine, other)

    assert mine.asked == other.asked
    assert len({tuple(given) for given in mine.asked}) == len(mine.asked)


def test_neither_side_always_begins(clock: Clock) -> None:
    """The order within a pair is drawn."""
    mine, other = Side(clock, lambda _: 0.002), Side(clock, lambda _: 0.004)
    race(mine, other)
    first = [mine_began < other_began for mine_began, other_began in zip(mine.times, other.times, strict=True)]

    assert 3 <= first.count(True) <= len(first) - 3


def test_the_warm_up_does_not_count(clock: Clock) -> None:
    """The first calls may take as long as they like."""
    mine = Side(clock, lambda number: 9.0 if number < meter.WARM_UP else 0.002)

    assert race(mine, Side(clock, lambda _: 0.002)).ratio == pytest.approx(1.0)


def test_a_fast_wrong_result_is_a_wrong_result(clock: Clock) -> None:
    """Every timed output is compared with our own, the last as the first."""
    calls = iter(range(10**6))
    mine = Side(clock, lambda _: 0.001, answer=lambda x: x if next(calls) < 14 else x + 1)
    with pytest.raises(Mismatch, match="3 of 3 values differ"):
        race(mine, Side(clock, lambda _: 0.002))


@pytest.mark.parametrize("idle", [0.005, 0.02])
def test_work_beside_the_measured_calls_is_found(clock: Clock, idle: float) -> None:
    """CPU time of the whole guest is held against the measured time: a quarter more is too much, or a second core."""
    mine = Side(clock, lambda _: 0.02)
    mine.idle = idle
    with pytest.raises(CheckEnded) as caught:
        race(mine, Side(clock, lambda _: 0.02))

    assert caught.value.outcome is Outcome.FAILED
    assert "CPU time" in caught.value.reason


def test_only_the_side_that_is_measured_runs(clock: Clock) -> None:
    """Each stands still while the other works; the submission goes on when the race is over, or was given up."""
    mine, other = Side(clock, lambda _: 0.002), Side(clock, lambda _: 0.004)
    mine.rival, other.rival = other, mine
    other.rest()
    race(mine, other)

    assert mine.awake
    mine.answer = lambda x: x + 1
    with pytest.raises(Mismatch):
        race(mine, other)
    assert mine.awake


def test_moments_beside_the_measured_calls_are_none(clock: Clock) -> None:
    """A twentieth of the time goes by until a guest has stopped."""
    mine = Side(clock, lambda _: 0.02)
    mine.idle = 0.001

    assert race(mine, Side(clock, lambda _: 0.02)).decided


def test_threads_that_are_allowed_are_no_cheat(clock: Clock) -> None:
    """Two threads may use twice the measured time."""
    mine = Side(clock, lambda _: 0.02)
    mine.idle, mine.threads = 0.02, 2

    assert race(mine, Side(clock, lambda _: 0.02)).decided


def test_undecided_counts_for_the_candidate() -> None:
    """Whatever the median says."""
    result = PerformanceResult(name="f", ratio=1.6, low=1.4, high=1.8, limit=1.5, pairs=120, against="reference")

    assert not meter._within(result)
    assert meter._within(result.model_copy(update={"decided": False}))
    assert meter._within(result.model_copy(update={"ratio": 1.4}))


def test_what_is_said_of_a_slow_one() -> None:
    """In the words of the limit: so many times as fast is asked, or as slow allowed."""
    slow = PerformanceResult(name="f", ratio=0.5, low=0.4, high=0.6, limit=0.25, pairs=15, against="naive")

    assert meter._explain(slow, AT_LEAST).startswith("2.00 times as fast")
    assert meter._explain(slow, AT_LEAST).endswith("4 times is asked")
    assert meter._explain(slow.model_copy(update={"ratio": 2.0, "limit": 1.5}), AT_MOST) == (
        "2.00 times as slow as the solution it is compared with; 1.5 times is allowed"
    )


@pytest.mark.parametrize(
    ("dtype", "near", "far"), [("float64", 1e-9, 1e-7), ("float32", 5e-4, 5e-3), ("float16", 0.03, 0.2)]
)
def test_outputs_are_rechecked_loosely(dtype: str, near: float, far: float) -> None:
    """Another order of summation is no other result, another number is."""
    ours = np.ones(4, dtype)

    recheck((ours * (1 + near)).astype(dtype), ours)
    with pytest.raises(Mismatch):
        recheck((ours * (1 + far)).astype(dtype), ours)
