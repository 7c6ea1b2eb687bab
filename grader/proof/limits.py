"""Limits fit: the right solutions stay well below each, and performance limits stand clear of every solution."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from grader.proof.expectation import Role
from grader.question import Quantity
from grader.verdict import PerformanceResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grader.proof.expectation import Exhibit
    from grader.proof.workbench import Trial
    from grader.question import Question

GATE = "limits"
SHARE = 0.5
"""Of each limit that the slowest right solution may use."""
DISTANCE = 1.1
"""Factor between a performance limit and every solution."""
FIRST_LOOK = 15
"""Pairs after which a slow solution must be told apart."""
SUITE_SECONDS = 5.0
"""What a suite may take on the reference."""
_TOO_MUCH = {Quantity.TIME: "slow", Quantity.MEMORY: "heavy"}
_MIB = 2**20


def limit_faults(
    question: Question, right: Sequence[Trial], others: Sequence[tuple[Exhibit, Trial]], *, by_the_clock: bool = True
) -> tuple[str, ...]:
    """Compare what our own solutions used and measured with the limits, and say what would fit.

    Args:
        question: whose limits.
        right: its right solutions, run.
        others: its other ones, run.
        by_the_clock: whether seconds count: a quick look at a bank on whatever machine says nothing of them.
    """
    slow = [trial for exhibit, trial in others if exhibit.role is Role.SLOW]
    return (*_resource_faults(question, right, by_the_clock), *_performance_faults(question, right, slow))


_Use = tuple[str, float, str, "Callable[[Trial], float]"]
"""Of a limit: its name, its value, their unit, and how much of it a run used."""


def _resource_faults(question: Question, right: Sequence[Trial], by_the_clock: bool) -> Iterator[str]:
    limits = question.spec.limits
    measured = {check.name for check in question.checks if check.performance is not None}

    def longest_check(trial: Trial) -> float:
        return max((result.waited for result in trial.run.results if result.name not in measured), default=0.0)

    timed: tuple[_Use, ...] = (
        ("wall", limits.wall, "s", lambda trial: trial.run.usage.wall),
        ("check", limits.check_wall, "s", longest_check),
        ("cpu", limits.cpu, "s", lambda trial: trial.run.usage.cpu),
    )
    memory: _Use = ("memory", limits.memory / _MIB, "MiB", lambda trial: trial.run.usage.memory / _MIB)
    for name, limit, unit, use in (*timed, memory) if by_the_clock else (memory,):
        used, program = max((use(trial), trial.program) for trial in right)
        if used > SHARE * limit:
            yield (
                f"{GATE}: {name} is {limit:g} {unit}, and {program} used {used:.3g} {unit} of it; "
                f"at least {_round_up(used / SHARE):g} {unit} would fit"
            )
    seconds = min(trial.run.seconds for trial in right)
    if by_the_clock and seconds > SUITE_SECONDS:
        yield f"{GATE}: the suite takes {seconds:.1f} s on the fastest right solution, not under {SUITE_SECONDS:g} s"


def _round_up(value: float) -> float:
    """Return the next number with one digit, or two that end in 5: what a person would write."""
    scale = 10.0 ** math.floor(math.log10(value))
    return float(math.ceil(value / scale * 2) / 2 * scale)


def _performance_faults(question: Question, right: Sequence[Trial], slow: Sequence[Trial]) -> Iterator[str]:
    below, above = _measured(right), _measured(slow)
    for check in question.checks:
        if check.performance is None:
            continue
        passing = below[check.name]
        failing = [(program, result) for program, result in above[check.name] if _is_aimed_at(result)]
        quantity = check.performance.quantity
        if not failing:
            yield f"{GATE}: {check.name}: no solution in slow/ is too {_TOO_MUCH[quantity]} for it"
        if passing and failing:
            yield from _distance_faults(check.name, check.performance.limit, passing, failing)
        if quantity is Quantity.TIME:  # the rounds of memory are always as many
            yield from _lateness_faults(check.name, failing)


Measurement = tuple[str, PerformanceResult]


def _measured(trials: Sequence[Trial]) -> dict[str, list[Measurement]]:
    """Return every measurement by its check, with the program."""
    found: dict[str, list[Measurement]] = defaultdict(list)
    for trial in trials:
        for result in trial.run.performance:
            found[result.name].append((trial.program, result))
    return found


def _is_aimed_at(result: PerformanceResult) -> bool:
    """Whether a slow solution is slow in this check: it may be written for another one."""
    return result.ratio > result.limit / DISTANCE


def _distance_faults(
    name: str, limit: float, passing: Sequence[Measurement], failing: Sequence[Measurement]
) -> Iterator[str]:
    slowest_program, slowest = max(passing, key=lambda pair: pair[1].ratio)
    fastest_program, fastest = min(failing, key=lambda pair: pair[1].ratio)
    if slowest.ratio * DISTANCE > limit or fastest.ratio < limit * DISTANCE:
        yield (
            f"{GATE}: {name}: the limit {limit:.3g} stands too near: {slowest_program} measured {slowest.ratio:.3g}, "
            f"{fastest_program} {fastest.ratio:.3g}; {_fitting(slowest.ratio, fastest.ratio)}"
        )


def _lateness_faults(name: str, failing: Sequence[Measurement]) -> Iterator[str]:
    late = max((result.pairs for _, result in failing), default=0)
    if late > FIRST_LOOK:
        yield f"{GATE}: {name}: it took {late} pairs to tell a slow solution apart, not {FIRST_LOOK}"


def _fitting(slowest: float, fastest: float) -> str:
    if fastest < slowest * DISTANCE**2:
        return "no limit fits between them: let the check draw larger inputs"
    return f"{math.sqrt(slowest * fastest):.2g} would fit"
