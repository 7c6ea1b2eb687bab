"""A proof goes on where only words changed, or right answers came or went: what wrong ones and mutants showed holds."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

from grader.proof import limits, right, wrong
from grader.proof.expectation import RIGHT
from grader.proof.ledger import core_of, digest_of
from grader.proof.reading import reading_faults, unreadable_faults
from grader.proof.trial import RUNS, SEED_BITS, sights_of
from grader.proof.workbench import Workbench
from grader.submission import read_submission

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grader.proof.document import Proof, Sight
    from grader.proof.expectation import Exhibit
    from grader.proof.workbench import Step
    from grader.question import Question
    from grader.verdict import Level


def renew(
    question: Question,
    old: Proof,
    *,
    seed: int | None = None,
    level: Level | None = None,
    jobs: int | None = None,
    step: Step | None = None,
) -> Proof | None:
    """Return the proof as it stands after the change, or None if it must be proven anew.

    Only new right answers are run, beside the reference and the slow solutions that limits are set by.

    Args:
        question: whose `old` proof is of another state of it.
        old: its proof.
        seed: of all its runs; secret and fresh unless given.
        level: isolation to insist on.
        jobs: submissions graded at a time; by default one a core.
        step: told of progress.
    """
    if not old.proven or old.runs < RUNS or old.core != core_of(question):
        return None
    started = time.monotonic()
    seed = secrets.randbits(SEED_BITS) if seed is None else seed
    faults, sights = [*reading_faults(question), *unreadable_faults(question)], list(old.exhibits)
    if not faults and (fresh := _unseen(question, sights)):
        with Workbench(question, seed=seed, level=level, jobs=jobs, step=step) as bench:
            tried, found = _try(bench, fresh)
        sights += tried
        faults += found
    return old.model_copy(
        update={
            "proven": not faults,
            "faults": tuple(faults),
            "exhibits": _in_order(question, sights),
            "digest": digest_of(question),
            "seconds": round(time.monotonic() - started, 1),
        }
    )


def _unseen(question: Question, sights: Iterable[Sight]) -> list[Exhibit]:
    """Return the right answers that are not as they were when they were run."""
    seen = {(sight.name, sight.digest) for sight in sights}
    there = right.rights(question)
    return [each for each in there if (each.name, read_submission(each.path, question.spec).sha256) not in seen]


def _in_order(question: Question, sights: Iterable[Sight]) -> tuple[Sight, ...]:
    """Return the newest sight of each right answer that is there, and behind them what was seen of all others."""
    newest = {sight.name: sight for sight in sights}
    there = [newest[each.name] for each in right.rights(question) if each.name in newest]
    return (*there, *(sight for sight in newest.values() if sight.role not in RIGHT))


def _try(bench: Workbench, fresh: Sequence[Exhibit]) -> tuple[list[Sight], list[str]]:
    """Run right answers that nobody has run yet, as often as any; return how each fared, and the faults."""
    reference = right.rights(bench.question)[:1]
    alone = right.run_alone(bench, right.WITH_PERFORMANCE, (*reference, *fresh))
    sights = sights_of(fresh, alone)
    if any(trial.fault or trial.run.broken for trial in alone):
        return sights, right.faults_of(alone) or [f"{right.GATE}: {trial.fault}" for trial in alone if trial.fault]
    faults = right.faults_of([*alone, *right.run_again(bench, range(right.WITH_PERFORMANCE, RUNS), fresh)])
    measured = any(check.performance is not None for check in bench.question.checks)
    slow = wrong.run_slow(bench) if measured else []
    return sights, [*faults, *limits.limit_faults(bench.question, alone, slow)]
