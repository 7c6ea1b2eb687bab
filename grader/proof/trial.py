"""The proof of one question: every gate, in the order in which each can use what the ones before it saw."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader import __version__
from grader.proof import limits, mutants, right, worth, wrong
from grader.proof.concept import try_concept
from grader.proof.document import CheckRecord, MutantRecord, Proof, Sight
from grader.proof.ledger import core_of, digest_of, environment_of
from grader.proof.ranking import Ranking
from grader.proof.reading import reading_faults, unreadable_faults
from grader.proof.tripwires import trip
from grader.proof.workbench import Workbench
from grader.question import Visibility
from grader.rubric import ConceptQuestion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grader.proof.expectation import Exhibit
    from grader.proof.mutants import Census
    from grader.proof.mutation.mutant import Mutant
    from grader.proof.workbench import Step, Trial
    from grader.question import Check, Question
    from grader.rubric import AnyQuestion
    from grader.verdict import Coverage, Level

RUNS, QUICK_RUNS = 20, 3
QUICK_WRONG, QUICK_MUTANTS = 12, 24
"""How many of each a quick look tries: it takes others with every seed."""
SEED_BITS = 63


def try_question(
    question: AnyQuestion,
    *,
    seed: int | None = None,
    level: Level | None = None,
    runs: int | None = None,
    quick: bool = False,
    jobs: int | None = None,
    step: Step | None = None,
    ours: bool = True,
) -> Proof:
    """Decide whether a question is sound.

    Args:
        question: from the bank.
        seed: of all its runs; secret and fresh unless given.
        level: isolation to insist on.
        runs: how often each right solution must pass, and each wrong one be found wrong.
        quick: a few runs and a sample of wrong answers and mutants: tells the coarse faults, and proves nothing.
        jobs: submissions graded at a time; by default one a core.
        step: told of progress.
        ours: whether its solutions are programs of our own; if not, none is ever loaded into the examiner.
    """
    if isinstance(question, ConceptQuestion):
        return try_concept(question)
    started = time.monotonic()
    seed = secrets.randbits(SEED_BITS) if seed is None else seed
    with Workbench(question, seed=seed, level=level, jobs=jobs, step=step) as bench:
        return _Trial(bench, question, runs or (QUICK_RUNS if quick else RUNS), quick=quick, ours=ours).proof(started)


class _Trial:
    """One question before its gates."""

    def __init__(self, bench: Workbench, question: Question, runs: int, *, quick: bool, ours: bool) -> None:
        self._bench = bench
        self._question = question
        self._runs = runs
        self._measured = min(runs, 1 if quick else right.WITH_PERFORMANCE)
        self._quick = quick
        self._ours = ours and not question.spec.source.foreign
        hidden = [check for check in question.checks if check.visibility is Visibility.HIDDEN]
        # a quick look does not ask whether every check earns its place
        exempt = [check.name for check in hidden if check.contract or quick]
        self._ranking = Ranking((check.name for check in hidden), exempt)

    def proof(self, started: float) -> Proof:
        """Pass every gate and write down what was seen."""
        question = self._question
        faults = [*reading_faults(question), *mutants.unknown_faults(question)]
        unreadable = unreadable_faults(question)
        alone = [] if unreadable else right.run_alone(self._bench, self._measured, right.rights(question))
        failing = right.faults_of(alone)
        faults += [*unreadable, *failing]
        seen = _Seen(alone)
        if alone and not any(trial.fault or trial.run.broken for trial in alone):
            faults += self._pass_the_rest(seen, faulty=bool(failing))
        return self._write_down(seen, tuple(faults), started)

    def _pass_the_rest(self, seen: _Seen, *, faulty: bool) -> list[str]:
        """Pass the gates that make sense only where the right solutions can be run at all.

        Those of which one is `faulty` already are not run again.
        """
        bench, question = self._bench, self._question
        slow = wrong.run_slow(bench)
        bench.tighten(seen.alone)
        faults = [] if faulty else self._right_again()
        seen.coverage = self._coverage()
        runs, at_most = (1, QUICK_WRONG) if self._quick else (self._runs, None)
        sightings = wrong.try_wrong(bench, self._ranking, slow, runs=runs, at_most=at_most)
        seen.others, seen.luck, seen.same = sightings.trials, sightings.luck, sightings.same
        census = mutants.try_mutants(bench, self._ranking, at_most=QUICK_MUTANTS if self._quick else None)
        seen.census = census
        faults += [*sightings.faults, *mutants.faults_of(census)]
        if not self._quick:
            worth.look_again(bench, self._ranking)
            faults += worth.worth_faults(question, self._ranking)
        return [
            *faults,
            *worth.coverage_faults(seen.coverage),
            *limits.limit_faults(question, seen.alone, seen.others, by_the_clock=not self._quick),
        ]

    def _right_again(self) -> list[str]:
        numbers = range(self._measured, self._runs)
        return right.faults_of(list(right.run_again(self._bench, numbers, right.rights(self._question))))

    def _coverage(self) -> Coverage | None:
        """Return which branches of the reference the hidden suite runs."""
        bench = self._bench
        return bench.run(bench.reference, bench.hidden, trace=True).run.coverage if self._ours else trip(bench)

    def _write_down(self, seen: _Seen, faults: tuple[str, ...], started: float) -> Proof:
        question, census, coverage = self._question, seen.census, seen.coverage
        return Proof(
            id=question.qualified_id,
            proven=not faults and not self._quick,
            quick=self._quick,
            faults=faults,
            **_tables(census),
            same=seen.same,
            checks=tuple(_record(check, self._ranking) for check in question.checks if _is_hidden(check)),
            exhibits=seen.sights(question),
            coverage=coverage.covered / coverage.branches if coverage and coverage.branches else None,
            suite_seconds=round(min((trial.run.seconds for trial in seen.alone), default=0.0), 2),
            runs=self._runs,
            digest=digest_of(question),
            core=core_of(question),
            grader=__version__,
            environment=environment_of(question),
            seconds=round(time.monotonic() - started, 1),
        )


@dataclass
class _Seen:
    """What the gates have seen so far."""

    alone: list[Trial]
    others: tuple[tuple[Exhibit, Trial], ...] = ()
    luck: Mapping[str, float | None] = field(default_factory=dict)
    same: tuple[str, ...] = ()
    census: Census | None = None
    coverage: Coverage | None = None

    def sights(self, question: Question) -> tuple[Sight, ...]:
        """Return a line for each of our own solutions that was run."""
        others = (_sight(each, trial, self.luck.get(each.name)) for each, trial in self.others)
        return (*sights_of(right.rights(question), self.alone), *others)


def sights_of(found: Iterable[Exhibit], trials: Sequence[Trial]) -> list[Sight]:
    """Return a line for each right solution that was run: of the first time."""
    first = {trial.program: trial for trial in reversed(trials)}
    return [_sight(each, first[each.path.name]) for each in found if each.path.name in first]


def _sight(exhibit: Exhibit, trial: Trial, luck: float | None = None) -> Sight:
    return Sight(
        name=exhibit.name,
        role=exhibit.role.value,
        failing=tuple(f"{result.name}: {result.outcome.value}" for result in trial.failing),
        ratios={result.name: round(result.ratio, 3) for result in trial.run.performance},
        seconds=round(trial.run.seconds, 2),
        digest=trial.submission.sha256,
        luck=None if luck is None else round(luck, 4),
    )


def _tables(census: Census | None) -> dict[str, Any]:
    """Return what is kept of the mutants: counts, and a record of each."""
    if census is None:
        return {}
    kinds = {"alive": census.alive, "equivalent": census.equivalent, "accepted": census.accepted}
    records = {name: tuple(_mutant(mutant) for mutant in found) for name, found in kinds.items()}
    records["killed"] = tuple(_mutant(mutant, killer) for mutant, killer in census.killed)
    return {**records, "mutants": {name: len(records[name]) for name in ("killed", "alive", "equivalent", "accepted")}}


def _mutant(mutant: Mutant, killer: str | None = None) -> MutantRecord:
    return MutantRecord(name=mutant.name, line=mutant.line, before=mutant.before, after=mutant.after, killer=killer)


def _record(check: Check, ranking: Ranking) -> CheckRecord:
    name = check.name
    return CheckRecord(name=name, kills=ranking.kills[name], alone=ranking.alone.get(name), contract=check.contract)


def _is_hidden(check: Check) -> bool:
    return check.visibility is Visibility.HIDDEN
