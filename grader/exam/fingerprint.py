"""What decides on a verdict, beside the submission and the seed: the files of a question, each with its digest."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from grader.bank import find_solution
from grader.question import Visibility
from grader.rubric import ConceptQuestion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.rubric import AnyQuestion


def fingerprint(question: AnyQuestion) -> dict[str, str]:
    """Return the SHA-256 of the spec, both suites, the reference, and the solutions that speed is measured against.

    Of a question that asks for words the spec alone decides.

    The files are named as they lie under `bank/` or `solutions/`, e.g. `test_hidden.py`, `slow/loops.py`.
    """
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in _deciding(question)}


def changed(before: dict[str, str], after: dict[str, str]) -> tuple[str, ...]:
    """Return the files whose digests differ, in the order of their names."""
    return tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))


def _deciding(question: AnyQuestion) -> Iterator[tuple[str, Path]]:
    yield "question.yaml", question.folder / "question.yaml"
    if isinstance(question, ConceptQuestion):
        return
    for visibility in Visibility:
        yield question.suite(visibility).name, question.suite(visibility)
    ours = {"reference"} | {check.performance.against for check in question.checks if check.performance is not None}
    for name in sorted(ours):
        path = find_solution(question, name)
        yield path.relative_to(question.solutions).as_posix(), path
