"""Variants made ready for use: written as questions of their own, each proven, none answered by another's answer."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from grader.bank import load_question
from grader.expressions import Value
from grader.files import write_whole
from grader.proof.ledger import digest_of, write_proof
from grader.proof.trial import try_question
from grader.proof.workbench import Workbench
from grader.question import Frozen
from grader.submission import read_submission
from grader.variants import materialise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from grader.proof.workbench import Step
    from grader.question import Question
    from grader.variants import Drawing
    from grader.verdict import Level

GATE = "variants"


class VariantRecord(Frozen):
    """One variant, as it was proven."""

    id: str
    values: dict[str, Value]
    digest: str
    """Of its files and of what it was run with: one that has changed since is not the one that was proven."""
    proven: bool
    faults: tuple[str, ...] = ()


class Deployment(Frozen):
    """What is kept of the variants of a question; the lock file's content."""

    format: Literal[1] = 1
    question: str
    digest: str
    """Of the question they were made from."""
    key: str
    """The beginning of a digest of the key, to tell whether another is the same."""
    variants: tuple[VariantRecord, ...]

    @property
    def proven(self) -> bool:
        """Whether every variant is."""
        return all(record.proven for record in self.variants)


def fingerprint(key: bytes) -> str:
    """Return what tells one key from another, and nothing of either."""
    return hashlib.sha256(b"fingerprint\0" + key).hexdigest()[:16]


def deploy(
    question: Question,
    drawings: Sequence[Drawing],
    folder: Path,
    *,
    key: bytes,
    level: Level | None = None,
    jobs: int | None = None,
    step: Step | None = None,
) -> Deployment:
    """Write variants into a bank of their own, prove each, and try on each the answers to all the others.

    Args:
        question: what they are variants of.
        drawings: their values.
        folder: gets `bank/`, `solutions/`, and the lock file in `variants/`.
        key: what they were drawn with.
        level: isolation that is demanded.
        jobs: submissions graded at a time.
        step: told of progress.
    """
    made = [load_question(materialise(question, drawing, folder / "bank")) for drawing in drawings]
    records = []
    for number, (variant, drawing) in enumerate(zip(made, drawings, strict=True), start=1):
        others = [other for other in (question, *made) if other is not variant]
        faults = _faults(variant, others, level, jobs, step)
        record = VariantRecord(
            id=variant.qualified_id,
            values=dict(drawing),
            digest=digest_of(variant),
            proven=not faults,
            faults=faults,
        )
        records.append(record)
        if step is not None:
            step(GATE, number, len(made))
    deployment = Deployment(
        question=question.qualified_id,
        digest=digest_of(question),
        key=fingerprint(key),
        variants=tuple(records),
    )
    lock = lock_file(folder, question)
    lock.parent.mkdir(parents=True, exist_ok=True)
    write_whole(lock, deployment.model_dump_json(indent=1) + "\n")
    return deployment


def _faults(
    variant: Question, others: Sequence[Question], level: Level | None, jobs: int | None, step: Step | None
) -> tuple[str, ...]:
    """Prove a variant and keep its proof; return what is wrong with it, by itself and among the others."""
    proof = try_question(variant, level=level, jobs=jobs, step=step)
    write_proof(variant, proof)
    return (*proof.faults, *_mistaken(variant, others, level, jobs))


def lock_file(folder: Path, question: Question) -> Path:
    """Return where the deployment of a question's variants is kept."""
    return folder / "variants" / question.spec.family / f"{question.id}.json"


def _mistaken(variant: Question, others: Sequence[Question], level: Level | None, jobs: int | None) -> Iterator[str]:
    """Yield a fault for each answer to another variant, or to the question itself, that this one accepts."""
    with Workbench(variant, seed=0, level=level, jobs=jobs) as bench:
        answers = [read_submission(other.reference, variant.spec) for other in others]
        trials = bench.each(GATE, answers, lambda each: bench.run(each, bench.hidden, max_failures=1))
        for other, trial in zip(others, trials, strict=True):
            if not trial.killers:
                yield f"{GATE}: it accepts the answer to {other.qualified_id}; let a check depend on what differs"
