"""Taking a draft into the bank: only when it is proven as it stands, or for a reason that is written down."""

from __future__ import annotations

import datetime
import shutil
from typing import TYPE_CHECKING

from grader.bank import load_question
from grader.draft.record import Acceptance
from grader.errors import InputError
from grader.proof.ledger import State, digest_of, read_proof, state_of

if TYPE_CHECKING:
    from pathlib import Path

    from grader.draft.folder import DraftFolder
    from grader.question import Question

WHY = {
    State.UNPROVEN: "it is not proven",
    State.STALE: "it has changed since it was proven, or what it runs on has",
}


def accept(folder: DraftFolder, bank: Path, *, force: bool = False, reason: str = "") -> Acceptance:
    """Copy a draft's question and solutions into a bank, and write down that it was taken.

    Raises:
        InputError: it is not proven and nobody insists, or the bank has a question of that name.
        BankError: there is no question in the draft that can be loaded.
    """
    question = _question_of(folder)
    state, proof = state_of(question), read_proof(question)
    if state is not State.PROVEN and not force:
        cure = "Mend it and draft it again, or insist with --force --reason"
        raise InputError(f"{folder.id} is not taken: {WHY[state]}", file=folder.path, cure=cure)
    family = question.spec.family
    # the solutions first: a question without them is a fault of the bank, solutions without a question are none
    places = {
        question.solutions: bank.parent / "solutions" / family / folder.id,
        question.folder: bank / family / folder.id,
    }
    for place in places.values():
        if place.exists():
            raise InputError("there is a question of that name already", file=place, cure="Nothing was changed")
    for source, place in places.items():
        _copy_whole(source, place)
    acceptance = Acceptance(
        time=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        question=question.qualified_id,
        forced=state is not State.PROVEN,
        reason=reason,
        digest=digest_of(question),
        faults=proof.faults if proof else (),
    )
    folder.write_acceptance(acceptance)
    return acceptance


def _question_of(folder: DraftFolder) -> Question:
    draft = folder.read_draft()
    place = folder.bank(draft.family)
    if not place.is_dir():
        raise InputError(f"the draft holds no question: it was refused at {draft.stage}", file=folder.path)
    return load_question(place)


def _copy_whole(source: Path, place: Path) -> None:
    """Copy a folder so that it is there as a whole or not at all; a name with a dot is no question."""
    partial = place.with_name(f".{place.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copytree(source, partial, ignore=shutil.ignore_patterns("__pycache__"))
        partial.rename(place)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
