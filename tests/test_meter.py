"""The meter: a race on a clock that is ours, rounds on scales that are ours, and what is made of them."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from grader.exam import Mismatch, race
from grader.exam.duel import Duel, recheck
from grader.exam.looks import LOOKS, Judgement, judge
from grader.exam.meter import Meter
from grader.exam.race import WARM_UP, Race
from grader.exam.scales import LEAST, ROUNDS, Scales
from grader.exam.solution import CheckEnded, SuiteFaultError
from grader.question import Performance
from grader.sandbox.tree import Footprint
from grader.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.random import Generator

    from grader.verdict import PerformanceResult

MIB = 2**20
AT_MOST = Performance(of="f", at_most=1.5, times_slower_than="reference")
AT_LEAST = Performance(of="f", at_least=4.0, times_faster_than="naive")
WEIGHED = Performance(of="f", at_most=1.5, times_of="reference")


class Clock:
    """Time that passes when a side works."""

    def __init__(self) -> None:
        self.now = 0.0
        self.examiner_waited = 0.0

    def perf_counter(self) -> float:
        return self.now


class Side:
    """A candidate that takes its time on our clock and its memory on our scales, and keeps what it was asked."""

    def __init__(
        self,
        clock: Clock,
        pace: Callable[[int], float] = lambda _: 0.002,
        answer: Callable[[Any], Any] = lambda x: x,
        peak: Callable[[int], int] = lambda _: 40 * MIB,
    ) -> None:
        self.clock, self.pace, self.answer, self.peak = clock, pace, answer, peak
        self.asked: list[Any] = []
        self.times: list[float] = []
        self.guests: list[int] = []
        """How much it had been asked when each guest began."""
        self.cpu = 0.0
        self.sleeps = False
        """Whether its time is no CPU time."""
        self.waited = 0.0
        self.threads = 1
        self.awake = True
        self.rivals: tuple[Side, ...] = ()
        """Who must stand still meanwhile."""
        self.idle = 0.0
        """CPU seconds used beside each call: meanwhile, by other processes, or afterwards."""
        self.owed = 0.0
        self.between = False
        """Whether that is while it should rest."""
        self.kept = 0.0
        """Seconds for which it is kept waiting in each call."""
        self.shared = 0
        self.bare = Footprint(8 * MIB, 9 * MIB)

    def ask(self, _operation: str, arguments: Sequence[Any], _stand_in: object) -> tuple[str, Any]:
        assert self.awake
        assert not any(rival.awake for rival in self.rivals if rival.guests)
        (given,) = arguments[2]
        self.times.append(self.clock.now)
        worked = self.pace(len(self.asked))
        self.clock.now += worked + self.kept
        self.waited += self.kept
        self.cpu += worked + (0.0 if self.between else self.idle)
        self.owed = self.idle if self.between else 0.0
        self.asked.append(given.tolist())
        return "ok", self.answer(given)

    def kept_waiting(self) -> float:
        return self.waited

    def ran(self) -> float:
        used, self.cpu, self.owed = self.cpu, self.cpu + self.owed, 0.0
        return 0.0 if self.sleeps else used

    def footprint(self) -> Footprint:
        peak = self.bare.held + self.shared + self.peak(len(self.asked) - 1)
        return Footprint(self.bare.held + self.shared, peak, self.shared)

    def renew(self) -> None:
        self.guests.append(len(self.asked))
        self.awake = True

    def begin(self, seed: int, *, allowed: float) -> None: ...

    def forget(self, number: int) -> None: ...

    def close(self) -> None: ...

    def rest(self) -> None:
        self.awake = False

    def wake(self) -> None:
        self.awake = True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(race, "time", found)
    monkeypatch.setattr(race, "tree", SimpleNamespace(waited=lambda: found.examiner_waited))
    return found


def draw(rng: Generator) -> tuple[tuple[Any], dict[str, object]]:
    return (rng.random(3),), {}


def duel(mine: Side, other: Side, *, control: bool = False) -> Duel:
    return Duel((mine, other), "f", draw, seed=7, control=control)  # type: ignore[arg-type]


def run(mine: Side, other: Side, limit: float = 1.5) -> Judgement:
    """Race, with a control that shows nothing."""
    found = Race(duel(mine, other))
    judged = judge(found.block, lambda count: [0.0] * count, limit, seed=7)
    found.audit()
    return judged


# --- A race ---


def test_a_clear_race_is_short(clock: Clock) -> None:
    """Fifteen pairs and the warm-up."""
    mine, other = Side(clock, lambda _: 0.002), Side(clock, lambda _: 0.004)
    judged = run(mine, other)

    assert judged.verdict is True
    assert judged.found.ratio == pytest.approx(0.5)
    assert judged.logs == pytest.approx([math.log(0.5)] * 15)
    assert len(mine.asked) == len(other.asked) == 15 + WARM_UP


def test_a_race_that_cannot_be_decided_ends(clock: Clock) -> None:
    """Sometimes faster and sometimes slower than the limit: after the last look it is undecided."""
    mine = Side(clock, lambda number: 0.003 * (1.2 if number % 2 else 1 / 1.2))
    judged = run(mine, Side(clock))

    assert (len(judged.logs), judged.verdict) == (LOOKS[-1], None)
    assert judged.found.low <= 1.5 <= judged.found.high


def test_every_look_has_fresh_guests(clock: Clock) -> None:
    """On both sides, each with a warm-up of its own."""
    mine, other = Side(clock, lambda number: 0.003 * (1.2 if number % 2 else 1 / 1.2)), Side(clock)
    run(mine, other)

    assert mine.guests == other.guests == [0, *(look + WARM_UP * (n + 1) for n, look in enumerate(LOOKS[:-1]))]


def test_both_sides_are_given_the_same_and_never_twice(clock: Clock) -> None:
    """Equal content within a pair, fresh content in every pair."""
    mine, other = Side(clock), Side(clock, lambda _: 0.004)
    run(mine, other)

    assert mine.asked == other.asked
    assert len({tuple(given) for given in mine.asked}) == len(mine.asked)


def test_neither_side_always_begins(clock: Clock) -> None:
    """The order within a pair is drawn."""
    mine, other = Side(clock), Side(clock, lambda _: 0.004)
    run(mine, other)
    first = [mine_began < other_began for mine_began, other_began in zip(mine.times, other.times, strict=True)]

    assert 3 <= first.count(True) <= len(first) - 3


def test_the_warm_up_does_not_count(clock: Clock) -> None:
    """The first calls may take as long as they like."""
    mine = Side(clock, lambda number: 9.0 if number < WARM_UP else 0.002)

    assert run(mine, Side(clock)).found.ratio == pytest.approx(1.0)


def test_waiting_for_the_processor_does_not_count(clock: Clock) -> None:
    """Neither the guest's nor the examiner's: the machine's other work is no part of the ratio."""
    mine = Side(clock, lambda _: 0.002)
    mine.kept = 0.005

    assert run(mine, Side(clock)).found.ratio == pytest.approx(1.0)

    def examiner_is_kept_waiting(_: int) -> float:
        clock.now += 0.005
        clock.examiner_waited += 0.005
        return 0.002

    assert run(Side(clock, examiner_is_kept_waiting), Side(clock)).found.ratio == pytest.approx(1.0)


def test_no_time_is_less_than_what_the_process_used(clock: Clock) -> None:
    """Also where it is said to have waited longer than the call took."""
    mine = Side(clock, lambda _: 0.002)

    def runs_and_waits_at_once(_: int) -> float:
        clock.examiner_waited += 0.01
        return 0.002

    mine.pace = runs_and_waits_at_once
    assert run(mine, Side(clock)).found.ratio == pytest.approx(1.0)


def test_sleeping_counts(clock: Clock) -> None:
    """Time without CPU time, in which nobody was kept waiting, is the submission's own."""
    mine = Side(clock, lambda _: 0.002)
    mine.sleeps = True

    assert run(mine, Side(clock, lambda _: 0.001)).verdict is False


def test_a_fast_wrong_result_is_a_wrong_result(clock: Clock) -> None:
    """Every timed output is compared with our own, the last as the first."""
    calls = iter(range(10**6))
    mine = Side(clock, lambda _: 0.001, answer=lambda x: x if next(calls) < 14 else x + 1)
    with pytest.raises(Mismatch, match="3 of 3 values differ"):
        run(mine, Side(clock))


@pytest.mark.parametrize("idle", [0.005, 0.02])
def test_work_beside_the_measured_calls_is_found(clock: Clock, idle: float) -> None:
    """CPU time of the whole guest is held against the measured time: a quarter more is too much, or a second core."""
    mine = Side(clock, lambda _: 0.02)
    mine.idle, mine.between = idle, True
    with pytest.raises(CheckEnded) as caught:
        run(mine, Side(clock, lambda _: 0.02))

    assert caught.value.outcome is Outcome.FAILED
    assert "CPU time" in caught.value.reason


def test_getting_in_its_own_way_gains_nothing(clock: Clock) -> None:
    """Who has children work, and waits for the processor meanwhile, is charged with what they use."""
    mine = Side(clock, lambda _: 0.001)
    mine.kept = mine.idle = 0.019

    assert run(mine, Side(clock, lambda _: 0.02)).found.ratio == pytest.approx(1.0)


def test_moments_beside_the_measured_calls_are_none(clock: Clock) -> None:
    """A twentieth of the time goes by until a guest has stopped."""
    mine = Side(clock, lambda _: 0.02)
    mine.idle, mine.between = 0.001, True

    assert run(mine, Side(clock, lambda _: 0.02)).verdict is True


def test_threads_that_are_allowed_are_no_cheat(clock: Clock) -> None:
    """Two threads may use twice the measured time."""
    mine = Side(clock, lambda _: 0.02)
    mine.idle, mine.threads = 0.02, 2

    assert run(mine, Side(clock, lambda _: 0.02)).verdict is True


# --- Scales ---


def test_all_rounds_agree(clock: Clock) -> None:
    """Within the limit, beyond it, and in between undecided; the interval spans what was weighed."""
    within = Scales(duel(Side(clock, peak=lambda _: 50 * MIB), Side(clock))).run(1.5)
    beyond = Scales(duel(Side(clock, peak=lambda _: 80 * MIB), Side(clock))).run(1.5)
    mixed = Scales(duel(Side(clock, peak=lambda n: 80 * MIB if n else 50 * MIB), Side(clock))).run(1.5)

    assert (within.verdict, beyond.verdict, mixed.verdict) == (True, False, None)
    assert within.found.ratio == pytest.approx(1.25)
    assert (mixed.found.low, mixed.found.ratio, mixed.found.high) == pytest.approx((1.25, 2.0, 2.0))
    assert len(within.logs) == ROUNDS


def test_every_round_is_one_call_in_a_fresh_guest(clock: Clock) -> None:
    """On both sides, with equal arguments."""
    mine, other = Side(clock), Side(clock)
    Scales(duel(mine, other)).run(1.5)

    assert mine.guests == other.guests == list(range(ROUNDS))
    assert mine.asked == other.asked


def test_libraries_and_the_wire_are_taken_off_both(clock: Clock) -> None:
    """As much as our own solution touches; what the submission touches beyond that is its own."""
    mine, other = Side(clock, peak=lambda _: 60 * MIB), Side(clock)
    mine.shared = other.shared = 100 * MIB
    greedy = Side(clock)
    greedy.shared = 120 * MIB

    assert Scales(duel(mine, other)).run(1.2).found.ratio == pytest.approx(1.5)
    assert Scales(duel(greedy, other)).run(1.2).found.ratio == pytest.approx(1.5)


def test_too_little_to_be_weighed_is_our_fault(clock: Clock) -> None:
    """The message says how much it takes."""
    with pytest.raises(SuiteFaultError, match="needs 15 MiB; draw arguments for which it needs 16 MiB or more"):
        Scales(duel(Side(clock), Side(clock, peak=lambda _: LEAST - MIB))).run(1.5)


def test_a_wrong_result_is_not_weighed(clock: Clock) -> None:
    """It may well need less."""
    with pytest.raises(Mismatch):
        Scales(duel(Side(clock, answer=lambda x: x + 1), Side(clock))).run(1.5)


# --- What is made of it ---


class Desk:
    """A desk whose candidate and opponents are on our clock."""

    def __init__(self, mine: Side, opponents: Iterator[Side]) -> None:
        self.seed, self.candidate, self.opponents = 7, mine, opponents
        self.submission = SimpleNamespace(sha256="0" * 64)
        self.question = SimpleNamespace(spec=SimpleNamespace(limits=SimpleNamespace(wall=30.0)))
        self.measured: list[PerformanceResult] = []
        self.notes: list[str] = []

    def opponent(self, _name: str) -> Side:
        return next(self.opponents)


def measure(mine: Side, others: Sequence[Side], performance: Performance) -> tuple[Desk, CheckEnded | None]:
    """Measure once; return the desk, and how it ended where it did not pass."""
    desk = Desk(mine, iter(others))
    try:
        Meter(desk).measure("fast", draw, performance)  # type: ignore[arg-type]
    except CheckEnded as ended:
        return desk, ended
    return desk, None


def test_a_result_says_all_there_is_to_say(clock: Clock) -> None:
    """With the ratio of each pair."""
    desk, ended = measure(Side(clock, lambda _: 0.001), [Side(clock) for _ in range(3)], AT_MOST)

    assert ended is None
    assert [each.model_dump() for each in desk.measured] == [
        {
            "name": "fast", "quantity": "time", "ratio": pytest.approx(0.5), "low": pytest.approx(0.5),
            "high": pytest.approx(0.5), "limit": 1.5, "pairs": 15, "against": "reference", "decided": True,
            "ratios": (0.5,) * 15,
        }
    ]  # fmt: skip
    assert desk.notes == []


@pytest.mark.parametrize(
    ("performance", "outcome", "reason"),
    [
        (AT_LEAST, Outcome.SLOW, "2.00 times as fast as the solution it is compared with; 4 times is asked"),
        (AT_MOST, Outcome.SLOW, "2.00 times as slow as the solution it is compared with; 1.5 times is allowed"),
        (
            WEIGHED,
            Outcome.HEAVY,
            "needs 2.00 times the memory of the solution it is compared with; 1.5 times is allowed",
        ),
    ],
)
def test_what_is_said_of_one_that_does_not_pass(
    clock: Clock, performance: Performance, outcome: Outcome, reason: str
) -> None:
    """In the words of the limit: so many times as fast is asked, or as slow or heavy allowed."""
    pace = 0.001 if performance is AT_LEAST else 0.004
    mine = Side(clock, lambda _: pace, peak=lambda _: 80 * MIB)
    desk, ended = measure(mine, [Side(clock) for _ in range(3)], performance)

    assert ended is not None
    assert (ended.outcome, ended.reason) == (outcome, reason)
    assert (desk.measured[0].decided, desk.notes) == (True, [])


def test_a_control_that_leans_counts_for_the_candidate(clock: Clock) -> None:
    """Our own solution against itself is apart by as much: the verdict is not believed, and a note says why."""
    mine = Side(clock, lambda _: 0.0034)
    desk, ended = measure(mine, [Side(clock), Side(clock, lambda _: 0.0024), Side(clock)], AT_MOST)

    assert ended is None
    assert not desk.measured[0].decided
    (note,) = desk.notes
    assert note.startswith("f seemed too slow, but the machine was too restless to be sure: our own solution, ")
    assert note.endswith("measured against itself, differed by up to 20%. It counts as fast enough.")


def test_only_one_side_runs_at_a_time(clock: Clock) -> None:
    """Each stands still while another works, in the control too; the submission goes on when the race is over."""
    everyone = mine, *others = [Side(clock, lambda _: 0.004), *(Side(clock) for _ in range(3))]
    for side in everyone:
        side.rivals = tuple(rival for rival in everyone if rival is not side)
    _, ended = measure(mine, others, AT_MOST)

    assert ended is not None
    assert all(side.asked for side in everyone)
    assert mine.awake


def test_a_race_given_up_leaves_the_submission_awake(clock: Clock) -> None:
    """It has further checks to answer."""
    mine = Side(clock, answer=lambda x: x + 1)
    with pytest.raises(Mismatch):
        measure(mine, [Side(clock) for _ in range(3)], AT_MOST)

    assert mine.awake


def test_a_fault_of_an_equal_side_is_ours(clock: Clock) -> None:
    """In a control neither side is the submission's."""

    def fail(_: object) -> object:
        raise ValueError("ours")

    with pytest.raises(SuiteFaultError, match="ours"):
        measure(Side(clock, lambda _: 0.004), [Side(clock), Side(clock, answer=fail), Side(clock)], AT_MOST)


@pytest.mark.parametrize(
    ("dtype", "near", "far"), [("float64", 1e-9, 1e-7), ("float32", 5e-4, 5e-3), ("float16", 0.03, 0.2)]
)
def test_outputs_are_rechecked_loosely(dtype: str, near: float, far: float) -> None:
    """Another order of summation is no other result, another number is."""
    ours = np.ones(4, dtype)

    recheck((ours * (1 + near)).astype(dtype), ours)
    with pytest.raises(Mismatch):
        recheck((ours * (1 + far)).astype(dtype), ours)
