"""The lock of deployed variants: what was drawn and proven ahead, and counts from then on; nothing is drawn again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import yaml
from pydantic import Field

from grader.errors import InputError
from grader.files import write_whole
from grader.proof.deployment import VariantRecord
from grader.question import Frozen
from grader.sheet import read_sheet

if TYPE_CHECKING:
    from pathlib import Path

    from grader.proof.deployment import Deployment

HEAD = "# Made by `grade assess deploy`. Candidates are given these variants: keep it, and variants/, as they are.\n"


class Locked(Frozen):
    """The variants of one question."""

    digest: str
    """Of the question, when they were made from it."""
    key: str
    """Tells the key they were drawn with from another."""
    variants: tuple[VariantRecord, ...] = Field(min_length=1)
    """In the order by which they are allocated."""


class Lock(Frozen):
    """The content of `variants.lock.yaml`, format 1."""

    format: Literal[1] = 1
    assessment: str
    questions: dict[str, Locked] = Field(default_factory=dict)
    """By qualified id."""


def read_lock(path: Path, assessment: str) -> Lock:
    """Read the lock; an empty one where there is none yet.

    Raises:
        InputError: it cannot be read, or is another assessment's.
    """
    if not path.exists():
        return Lock(assessment=assessment)
    sheet = read_sheet(path, Lock)
    if sheet.value is None:
        raise InputError("it cannot be used:" + "".join(f"\n  {fault}" for fault in sheet.faults), file=path)
    if sheet.value.assessment != assessment:
        fault = f"it belongs to the assessment {sheet.value.assessment!r}, not {assessment!r}"
        raise InputError(fault, file=path, cure="Give each assessment a folder of its own")
    return sheet.value


def locked(lock: Lock, deployment: Deployment) -> Lock:
    """Return the lock with the variants of one more question.

    Raises:
        InputError: they are locked already.
    """
    if deployment.question in lock.questions:
        raise InputError(f"the variants of {deployment.question} are locked", cure="Keep them; they may be in use")
    own = Locked(digest=deployment.digest, key=deployment.key, variants=deployment.variants)
    return lock.model_copy(update={"questions": {**lock.questions, deployment.question: own}})


def write_lock(path: Path, lock: Lock) -> None:
    """Write the lock, whole or not at all."""
    text = yaml.safe_dump(lock.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=120)
    write_whole(path, HEAD + text, durable=True)
