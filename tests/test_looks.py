"""Decisions on a ratio: in simulated noise, by the very code that decides in an exam."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.noise import MODELS, Contest
from grader.exam.looks import LOOKS, Interval, decide, holds, interval, judge
from grader.question import Performance

AT_MOST = Performance(of="f", at_most=1.25, times_slower_than="reference")
AT_LEAST = Performance(of="f", at_least=4.0, times_faster_than="naive")


def verdicts(noise: str, ratio: float, limit: float) -> Counter[bool | None]:
    """A hundred decisions."""
    contest = Contest(MODELS[noise], ratio, limit)
    return Counter(contest.judged(seed).verdict for seed in range(100))


@pytest.mark.parametrize("performance", [AT_MOST, AT_LEAST], ids=["at most", "at least"])
@pytest.mark.parametrize("noise", MODELS)
def test_a_tenth_from_the_limit_is_told(performance: Performance, noise: str) -> None:
    """Inside and outside, in at least 95 of 100 contests."""
    assert verdicts(noise, 0.9 * performance.limit, performance.limit)[True] >= 95
    assert verdicts(noise, 1.1 * performance.limit, performance.limit)[False] >= 95


@pytest.mark.parametrize("noise", MODELS)
def test_equal_sides_are_not_called_slow(noise: str) -> None:
    """In at most one of 100 contests."""
    assert verdicts(noise, 1.0, 1.25)[False] <= 1


@pytest.mark.parametrize("noise", MODELS)
def test_at_the_limit_the_candidate_is_not_failed(noise: str) -> None:
    """However often one looks."""
    assert verdicts(noise, 1.25, 1.25)[False] <= 5


@pytest.mark.parametrize("biased", [1.3, 1 / 1.3])
def test_a_control_that_leans_forbids_the_verdict(biased: float) -> None:
    """What equal sides are apart by does not separate a submission from its limit, whichever is ahead."""
    judged = judge(lambda count: [math.log(1.5)] * count, lambda count: [math.log(biased)] * count, limit=1.25, seed=1)

    assert judged.verdict is None
    assert judged.slip == pytest.approx(1.3)
    assert len(judged.logs) == LOOKS[-1]


def test_a_control_that_leans_saves_no_one_who_is_far_beyond() -> None:
    """Five times the limit is more than any restlessness."""
    judged = judge(lambda count: [math.log(6.25)] * count, lambda count: [math.log(1.3)] * count, limit=1.25, seed=1)

    assert (judged.verdict, judged.slip, len(judged.logs)) == (False, None, LOOKS[0])


def test_a_pass_needs_no_control() -> None:
    """It is measured only when it matters."""

    def control(_count: int) -> list[float]:
        raise AssertionError("the control was measured")

    assert judge(lambda count: [0.0] * count, control, limit=1.25, seed=1).verdict is True


def test_a_control_is_measured_as_often() -> None:
    """When the first suspicion comes late it catches up."""
    asked: list[int] = []
    first = iter([True])

    def control(count: int) -> list[float]:
        asked.append(count)
        return [0.0] * count

    judged = judge(
        lambda count: [math.log(1.25)] * count if next(first, False) else [1.0] * count, control, limit=1.25, seed=1
    )

    assert judged.verdict is False
    assert asked == [len(judged.logs)]
    assert len(judged.logs) > LOOKS[0]


def test_the_interval_holds_the_truth() -> None:
    """At a share of the error for each look, 98.75 of 100 intervals hold the true ratio."""
    held = 0
    for seed in range(200):
        found = interval(np.random.default_rng(seed).normal(math.log(2), 0.05, 30).tolist(), seed)
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


@pytest.mark.parametrize(
    ("equal", "held"),
    [
        (Interval(1.0, 1.0, 1.0), True),
        (Interval(1.0, 0.98, 1.02), True),
        (Interval(1.05, 1.05, 1.05), True),
        (Interval(1.12, 1.12, 1.12), False),
        (Interval(1 / 1.12, 1 / 1.12, 1 / 1.12), False),
        (Interval(1.0, 1.0, 1.12), False),
        (Interval(1.0, 1 / 1.12, 1.0), False),
    ],
)
def test_a_verdict_holds_against_what_equal_sides_show(equal: Interval, held: bool) -> None:
    """A tenth beyond the limit, give or take two percent: the control's bias and its error count alike."""
    assert holds(Interval(1.1, 1.08, 1.12), equal, 1.0) is held


def test_limits_are_ratios() -> None:
    """Four times as fast is a quarter of the time; of memory there is one form."""
    memory = Performance(of="f", at_most=1.5, times_of="tiled")

    assert (AT_LEAST.limit, AT_LEAST.against, AT_LEAST.quantity) == (0.25, "naive", "time")
    assert (AT_MOST.limit, AT_MOST.against, AT_MOST.quantity) == (1.25, "reference", "time")
    assert (memory.limit, memory.against, memory.quantity) == (1.5, "tiled", "memory")
