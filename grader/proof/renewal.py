"""A proof goes on where only words changed, or right answers came or went: what wrong ones and mutants showed holds."""

from __future__ import annotations

import itertools
import secrets
import time
from typing import TYPE_CHECKING

from grader.errors import SubmissionError
from grader.proof import limits, right, wrong
from grader.proof.expectation import Role
from grader.proof.ledger import core_of, digest_of
from grader.proof.reading import reading_faults
from grader.proof.trial import RUNS, SEED_BITS, sight_of
from grader.proof.workbench import Workbench
from grader.submission import read_submission

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    faults, sights = list(reading_faults(question)), {sight.name: sight for sight in old.exhibits}
    there = right.rights(question)
    try:
        fresh = [each for each in there if not _is_known(question, each, sights.get(each.name))]
    except SubmissionError as error:
        return old.model_copy(update={"proven": False, "faults": (*faults, f"{right.GATE}: {error}")})
    if fresh and not faults:
        with Workbench(question, seed=seed, level=level, jobs=jobs, step=step) as bench:
            faults += _try(bench, fresh, sights)
    kept = [*(sights[each.name] for each in there if each.name in sights), *_others(old)]
    return old.model_copy(
        update={
            "proven": not faults,
            "faults": tuple(faults),
            "exhibits": tuple(kept),
            "digest": digest_of(question),
            "seconds": round(time.monotonic() - started, 1),
        }
    )


def _is_known(question: Question, exhibit: Exhibit, sight: Sight | None) -> bool:
    return sight is not None and sight.digest == read_submission(exhibit.path, question.spec).sha256


def _others(proof: Proof) -> list[Sight]:
    return [sight for sight in proof.exhibits if sight.role not in {Role.REFERENCE, Role.CORRECT}]


def _try(bench: Workbench, fresh: Sequence[Exhibit], sights: dict[str, Sight]) -> list[str]:
    """Run right answers that nobody has run yet, as often as any; note how each fared, and return the faults."""
    reference = right.rights(bench.question)[:1]
    alone = right.run_alone(bench, RUNS, (*reference, *fresh))
    first = {trial.program: trial for trial in reversed(alone)}
    sights |= {each.name: sight_of(each, first[each.path.name]) for each in fresh}
    if any(trial.fault or trial.run.broken for trial in alone):
        return right.faults_of(alone) or [f"{right.GATE}: {trial.fault}" for trial in alone if trial.fault]
    faults = right.faults_of(list(itertools.chain(alone, right.run_again(bench, RUNS, fresh))))
    measured = any(check.performance is not None for check in bench.question.checks)
    slow = wrong.run_slow(bench) if measured else []
    return [*faults, *limits.limit_faults(bench.question, alone, slow)]
