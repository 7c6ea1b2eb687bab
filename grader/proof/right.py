"""Right ones pass: the reference and every other correct solution, again and again, under different secret seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.proof.expectation import RIGHT, TOO_MUCH, exhibits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.proof.expectation import Exhibit
    from grader.proof.workbench import Trial, Workbench
    from grader.question import Question

GATE = "right"
WITH_PERFORMANCE = 3
"""Runs that hold the performance checks too, one after the other on a machine that does nothing else."""


def rights(question: Question) -> list[Exhibit]:
    """Return the reference, and behind it every other solution that must be accepted."""
    return [exhibit for exhibit in exhibits(question) if exhibit.role in RIGHT]


def run_alone(bench: Workbench, runs: int, found: Sequence[Exhibit]) -> list[Trial]:
    """Run right solutions with all checks, one after the other, so that times mean something."""
    tasks = [(exhibit, number) for number in range(runs) for exhibit in found]
    trials = []
    for done, (exhibit, number) in enumerate(tasks, start=1):
        trials.append(bench.run(bench.read(exhibit.path), bench.question.checks, number))
        bench.tell(GATE, done, len(tasks))
    return trials


def run_again(bench: Workbench, numbers: Sequence[int], found: Sequence[Exhibit]) -> Iterator[Trial]:
    """Run right solutions without performance checks, once for each of the numbers: they make the seeds."""
    programs = [bench.read(exhibit.path) for exhibit in found]
    # the first program under every seed, then the next: where it answers as one before it, no check runs again
    tasks = [(program, number) for program in programs for number in numbers]
    return bench.each(GATE, tasks, lambda task: bench.run(task[0], bench.ordinary, task[1], max_failures=1))


def faults_of(trials: list[Trial]) -> list[str]:
    """Return each check that fails on a right solution, once, with a seed that shows it again."""
    broken = [f"{GATE}: {trial.program}: {trial.run.broken}" for trial in trials if trial.run.broken]
    failing: dict[str, list[Trial]] = {}
    for trial in trials:
        for result in () if trial.run.broken else trial.failing:
            if result.outcome not in TOO_MUCH:  # the gate on limits says what would fit
                failing.setdefault(result.name, []).append(trial)
    return [*dict.fromkeys(broken), *(_sentence(name, found) for name, found in failing.items())]


def _sentence(name: str, trials: list[Trial]) -> str:
    first, programs = trials[0], dict.fromkeys(trial.program for trial in trials)
    result = next(result for result in first.failing if result.name == name)
    return (
        f"{GATE}: {' and '.join(programs)} must pass, but {name} {result.outcome.sentence}: {result.message} "
        f"(--seed {first.seed} shows it again on {first.program})"
    )
