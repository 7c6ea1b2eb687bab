"""The proof file beside a question: kept while nothing it depends on has changed."""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from importlib import metadata
from typing import TYPE_CHECKING

from pydantic import ValidationError

from grader.answers import LADDER
from grader.exam.fingerprint import fingerprint
from grader.files import files_below, write_whole
from grader.proof.document import FORMAT, Proof
from grader.rubric import ConceptQuestion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from grader.question import Question
    from grader.rubric import AnyQuestion

FILE = "proof.json"
_WORDS = {"title", "difficulty", "minutes", "skills", "feedback", "source"}
"""Keys of a spec that no run of a program reads; but see `source.foreign`."""
_BESIDES = re.compile(r"question\.yaml|statement\.\w+\.md|images/.*|correct/.*")


class State(StrEnum):
    """What is known of a question's soundness."""

    PROVEN = "proven"
    STALE = "stale"
    """It was proven, but has changed since, or what it runs on has."""
    UNPROVEN = "unproven"


def digest_of(question: AnyQuestion) -> str:
    """Return the digest of every file of a question and its solutions, and of the packages it is run with."""
    return _digest(question, f"proof {FORMAT}\n", lambda _: True)


def core_of(question: Question) -> str:
    """Return the digest of what decides how wrong answers and mutants fare.

    That is all but the words for people, in the statements and in the spec, and the right answers beside the reference,
    unless speed is measured against one.
    """
    spec = question.spec.model_dump_json(exclude=_WORDS, exclude_defaults=True)
    foreign = question.spec.source.foreign
    measured = {name for name in fingerprint(question) if name.startswith("correct/")}
    head = f"core {FORMAT}\n{foreign}\n{spec}\n"
    return _digest(question, head, lambda name: name in measured or not _BESIDES.fullmatch(name))


def _digest(question: AnyQuestion, head: str, wanted: Callable[[str], bool]) -> str:
    total = hashlib.sha256(head.encode())
    for root in (question.folder, question.solutions):
        for path in _files_of(root):
            name = path.relative_to(root).as_posix()
            if wanted(name):
                total.update(f"{name}\0".encode())
                total.update(hashlib.sha256(path.read_bytes()).digest())
    for name, version in environment_of(question).items():
        total.update(f"{name} {version}\n".encode())
    return total.hexdigest()


def environment_of(question: AnyQuestion) -> dict[str, str]:
    """Return the versions here of what a proof depends on: two numbers, for a third changes no answer."""
    if isinstance(question, ConceptQuestion):
        return {"answers": LADDER}
    names = ("hypothesis", "pytest", *(name.partition(".")[0] for name in question.spec.environment.packages))
    return {name: version for name in names if (version := _version(name))}


def _version(name: str) -> str:
    try:
        return ".".join(metadata.version(name).split(".")[:2])
    except metadata.PackageNotFoundError:
        return ""  # of the standard library


def _files_of(root: Path) -> Iterator[Path]:
    for path in files_below(root, FILE):
        if not any(part.startswith(".") for part in path.relative_to(root).parts):  # what tools leave behind
            yield path


def read_proof(question: AnyQuestion) -> Proof | None:
    """Return the proof beside a question, or None where there is none that can be read."""
    try:
        return Proof.model_validate_json((question.folder / FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def write_proof(question: AnyQuestion, proof: Proof) -> None:
    """Put a proof beside its question, whole or not at all."""
    write_whole(question.folder / FILE, proof.model_dump_json(indent=1) + "\n")


def state_of(question: AnyQuestion) -> State:
    """Return whether a question is proven, as it stands."""
    proof = read_proof(question)
    if proof is None or not proof.proven:
        return State.UNPROVEN
    return State.PROVEN if proof.digest == digest_of(question) else State.STALE
