"""Wrong ones fail: what we wrote wrong on purpose, the starter, and the answers that take no understanding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.exam.mirror import DIFFERENCE
from grader.proof.expectation import RIGHT, TOO_MUCH, Exhibit, Role, exhibits
from grader.proof.luck import chance_to_pass
from grader.proof.trivial import trivial_answers
from grader.proof.workbench import made
from grader.question import Visibility
from grader.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.proof.ranking import Ranking
    from grader.proof.workbench import Trial, Workbench
    from grader.submission import Submission
    from grader.verdict import RawResult

GATE = "wrong"
TRIVIAL = "trivial"
LEAST_SEEDS = 5
"""Seeds under each of which a wrong answer must be found wrong that many checks noticed."""
MIRRORED_RUNS = range(1, 4)
"""Runs in which an answer must never differ from the reference's to count as the same: others than it survived."""

_EXPECTED = {Role.SLOW: TOO_MUCH, Role.FORBIDDEN: (Outcome.FORBIDDEN,)}
_OTHER_REASONS = {*TOO_MUCH, Outcome.FORBIDDEN, Outcome.BROKEN}


@dataclass(frozen=True)
class Sightings:
    """How everything fared that must not be accepted."""

    trials: tuple[tuple[Exhibit, Trial], ...]
    luck: Mapping[str, float | None]
    """The share of all seeds that would let a wrong answer pass, by its name; None where nobody can tell."""
    same: tuple[str, ...]
    """Trivial answers that answer like the reference, as far as the suite asks."""
    faults: tuple[str, ...]


def try_wrong(
    bench: Workbench,
    ranking: Ranking,
    slow: Sequence[tuple[Exhibit, Trial]],
    *,
    runs: int,
    at_most: int | None = None,
) -> Sightings:
    """Run the starter and all wrong and forbidden solutions, then the trivial answers.

    Args:
        bench: with the question.
        ranking: what is known about the checks; learns.
        slow: how the slow ones fared: see `run_slow`.
        runs: how often a wrong one must be found wrong that one check noticed, each time under another seed; less
            often where more checks did.
        at_most: of the wrong ones and of the trivial answers, others for each seed; otherwise all.
    """
    others = _others(bench, at_most)
    trials = [*slow, *zip(others, bench.each(GATE, others, lambda each: _run(bench, each)), strict=True)]
    for _, trial in trials:
        ranking.note(trial)
    wrong = [trial for each, trial in trials if each.role is Role.WRONG and not trial.fault]
    seen = _try_again(bench, ranking, wrong, runs)
    luck = {name: chance_to_pass(found) for name, found in seen.items()}
    lucky = {name: _lucky_fault(name, found) for name, found in seen.items()}
    faults = [fault for each, trial in trials if (fault := lucky.get(each.name) or fault_of(each, trial))]
    same, passing = _try_trivial(bench, ranking, at_most)
    allowed = bench.question.spec.proof.accept
    faults += [
        f"{GATE}: the suite accepts the trivial answer {name!r}; let a check reject it, or accept it in the spec"
        for name in passing
        if name not in allowed
    ]
    return Sightings(tuple(trials), luck, same, tuple(faults))


def _others(bench: Workbench, at_most: int | None) -> list[Exhibit]:
    found = [each for each in exhibits(bench.question) if each.role not in RIGHT | {Role.SLOW}]
    wrong = bench.sample([each for each in found if each.role is Role.WRONG], at_most)
    return [each for each in found if each.role is not Role.WRONG or each in wrong]


def run_slow(bench: Workbench) -> list[tuple[Exhibit, Trial]]:
    """Run every slow solution with all checks, one after the other, so that times mean something.

    They are right, and may take all that the question allows: run them before the bench's limits are tightened.
    """
    found = [each for each in exhibits(bench.question) if each.role is Role.SLOW]
    return [(each, bench.run(bench.read(each.path), bench.question.checks)) for each in found]


def _run(bench: Workbench, exhibit: Exhibit) -> Trial:
    return bench.run(bench.read(exhibit.path), bench.ordinary)


def _try_again(bench: Workbench, ranking: Ranking, trials: Sequence[Trial], runs: int) -> dict[str, list[Trial]]:
    """Run wrong answers under further seeds; return all runs of each, by its name."""
    tasks = [(trial, number) for number in range(1, runs) for trial in trials if number < _seeds_for(trial, runs)]
    seen = {_name(trial): [trial] for trial in trials}
    for again in bench.each(GATE, tasks, lambda task: _run_again(bench, ranking, *task)):
        seen[_name(again)].append(again)
    return seen


def _name(trial: Trial) -> str:
    return f"{Role.WRONG.value}/{trial.program}"


def _lucky_fault(name: str, found: Sequence[Trial]) -> str:
    """Return a fault where only some seeds let a wrong answer pass: a verdict must not hang on luck."""
    missed = [trial for trial in found if not trial.killers and not trial.fault]
    if not 0 < len(missed) < len(found):
        return ""
    return (
        f"{GATE}: {name} is found out only by luck: {len(missed)} of {len(found)} seeds let it pass, "
        f"as --seed {missed[0].seed} shows; sharpen a check"
    )


def _seeds_for(trial: Trial, runs: int) -> int:
    return max(runs // max(len(trial.killers), 1), min(LEAST_SEEDS, runs))


def _run_again(bench: Workbench, ranking: Ranking, trial: Trial, number: int) -> Trial:
    """Run the hidden checks under another seed until one fails, those first that failed before."""
    checks = sorted(ranking.order(bench.hidden), key=lambda check: check.name not in trial.killers)
    return bench.run(trial.submission, checks, number, max_failures=1)


def fault_of(exhibit: Exhibit, trial: Trial) -> str:
    """Return how a run contradicts the role of a solution, or an empty string."""
    if trial.fault:
        return f"{GATE}: {exhibit.name} breaks the suite: {trial.fault}"
    expected = _EXPECTED.get(exhibit.role)
    outcomes = {result.outcome for result in trial.failing}
    if expected is not None:
        return _fault_of_only(exhibit, outcomes, expected)
    if exhibit.role is Role.STARTER and not any(each.visibility is Visibility.PUBLIC for each in trial.failing):
        return f"{GATE}: {exhibit.name} passes every public test"
    if not trial.killers:
        return f"{GATE}: {exhibit.name} is accepted: no hidden check fails; sharpen one, or move it to correct/"
    reasons = {result.outcome for result in trial.failing if result.visibility is Visibility.HIDDEN}
    if trial.defined and reasons <= _OTHER_REASONS:
        return f"{GATE}: {exhibit.name} is only found {min(reasons).value}, not wrong"
    return ""


def _fault_of_only(exhibit: Exhibit, outcomes: set[Outcome], expected: Sequence[Outcome]) -> str:
    """A slow or forbidden solution is right in everything else."""
    words = " or ".join(expected)
    if outcomes.isdisjoint(expected):
        return f"{GATE}: {exhibit.name} must be found {words}, but is not"
    others = outcomes.difference(expected)
    return f"{GATE}: {exhibit.name} must be only {words}, but is also {min(others).value}" if others else ""


def _try_trivial(bench: Workbench, ranking: Ranking, at_most: int | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Run the trivial answers; return the names of those that answer like the reference, and of others that pass."""
    sources = bench.sample(trivial_answers(bench.question), at_most)
    answers = [made(f"{TRIVIAL}/{each.name}", each.source) for each in sources]
    trials = bench.each(TRIVIAL, answers, lambda each: bench.run(each, bench.hidden, max_failures=2))
    accepted = []
    for answer, trial in zip(answers, trials, strict=True):
        ranking.note(trial)
        if not trial.killers or {result.outcome for result in trial.failing} == {Outcome.FORBIDDEN}:
            accepted.append(answer)
    judged = list(zip(accepted, bench.each(TRIVIAL, accepted, lambda each: is_same(bench, each)), strict=True))
    same = tuple(answer.name for answer, equal in judged if equal)
    return same, tuple(answer.name for answer, equal in judged if not equal)


def is_same(bench: Workbench, program: Submission) -> bool:
    """Whether a program never answers differently from the reference, on inputs the hidden suite draws."""
    for number in MIRRORED_RUNS:
        trial = bench.run(program, bench.hidden, number, mirror=bench.reference)
        if trial.run.broken or any(map(_tells_apart, trial.failing)):
            return False
    return True


def _tells_apart(result: RawResult) -> bool:
    """Whether a check found a difference; one that fails where both answered alike is unsure of itself."""
    return result.message.startswith(DIFFERENCE) or result.outcome not in {Outcome.FAILED, Outcome.ERROR}
