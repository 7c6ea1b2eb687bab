"""Mutants die: the reference with one small mistake in it, once for every mistake we can think of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.proof.mutation.mutator import make_mutants
from grader.proof.trivial import trivial_answers
from grader.proof.workbench import made
from grader.proof.wrong import TRIVIAL, is_same

if TYPE_CHECKING:
    from grader.proof.mutation.mutant import Mutant
    from grader.proof.ranking import Ranking
    from grader.proof.workbench import Trial, Workbench
    from grader.question import Question
    from grader.submission import Submission

GATE = "mutants"
LEAST_SCORE = 0.9


@dataclass(frozen=True)
class Census:
    """What became of the mutants."""

    killed: tuple[tuple[Mutant, str], ...]
    """With the first check that noticed."""
    alive: tuple[Mutant, ...]
    equivalent: tuple[Mutant, ...]
    """Probably: they never answered differently from the reference."""
    accepted: tuple[Mutant, ...]
    """Alive, but the spec says why that is right."""
    faults: tuple[str, ...]

    @property
    def score(self) -> float:
        """The part that was killed, of those that can be told apart and are not accepted."""
        count = len(self.killed) + len(self.alive)
        return len(self.killed) / count if count else 1.0


def try_mutants(bench: Workbench, ranking: Ranking, *, at_most: int | None = None) -> Census:
    """Run the mutants of the reference, the likeliest killer first.

    Args:
        bench: with the question.
        ranking: what is known about the checks; learns.
        at_most: take only so many, others for each seed.
    """
    mutants = bench.sample(_mutants(bench.question), at_most)
    trials = list(bench.each(GATE, mutants, lambda mutant: _run(bench, ranking, mutant)))
    pairs = list(zip(mutants, trials, strict=True))
    killed = [(mutant, trial.killers[0]) for mutant, trial in pairs if trial.killers]
    survivors = [mutant for mutant, trial in pairs if not trial.killers and not trial.fault]
    same = list(bench.each("equivalence", survivors, lambda mutant: is_same(bench, _program(mutant))))
    apart = [mutant for mutant, equal in zip(survivors, same, strict=True) if not equal]
    allowed = bench.question.spec.proof.accept
    return Census(
        killed=tuple(killed),
        alive=tuple(mutant for mutant in apart if mutant.name not in allowed),
        equivalent=tuple(mutant for mutant, equal in zip(survivors, same, strict=True) if equal),
        accepted=tuple(mutant for mutant in apart if mutant.name in allowed),
        faults=tuple(f"{GATE}: {trial.program} breaks the suite: {trial.fault}" for trial in trials if trial.fault),
    )


def faults_of(census: Census) -> list[str]:
    """Return what is wrong with a census: a suite that is broken by a mutant, or kills too few."""
    faults = list(census.faults)
    if census.score < LEAST_SCORE:
        names = ", ".join(mutant.name for mutant in census.alive)
        total = len(census.killed) + len(census.alive)
        faults.append(
            f"{GATE}: {len(census.killed)} of {total} are killed, fewer than {LEAST_SCORE:.0%}; "
            f"let checks notice the others, or accept them in the spec: {names}"
        )
    return faults


def unknown_faults(question: Question) -> list[str]:
    """Return a fault for each name the spec accepts that no mutant and no trivial answer has."""
    accepted = question.spec.proof.accept
    if not accepted:
        return []
    known = {mutant.name for mutant in _mutants(question)}
    known |= {f"{TRIVIAL}/{answer.name}" for answer in trivial_answers(question)}
    return [
        f"{GATE}: the spec accepts {name!r}, but there is no such mutant: take it out of proof.accept"
        for name in accepted
        if name not in known
    ]


def _mutants(question: Question) -> tuple[Mutant, ...]:
    return make_mutants(question.reference.read_text(encoding="utf-8"))


def _program(mutant: Mutant) -> Submission:
    return made(mutant.name, mutant.source)


def _run(bench: Workbench, ranking: Ranking, mutant: Mutant) -> Trial:
    """Stop at the first check that notices; at the second, as long as some check has not been the only one yet."""
    checks = ranking.order(bench.hidden)
    trial = bench.run(_program(mutant), checks, max_failures=2 if ranking.needy else 1)
    ranking.note(trial, whole=bool(ranking.needy))
    return trial
