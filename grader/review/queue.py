"""What waits: each key point of each answer once, however many candidates wrote the same."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from grader.answers.text import normalise
from grader.question import Frozen, Text
from grader.verdict import Opinion, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.records import BatchFolder
    from grader.verdict import CheckResult, Verdict

ID_LENGTH = 24


class Item(Frozen):
    """A key point of an answer, as a person has to judge it. Whose answer it is, is not said."""

    id: str
    """Digest of question, key point, claim and normalised answer: a decision on it holds wherever they are the same."""
    question: str
    title: Text
    key_point: str
    claim: str
    """What a good answer says."""
    points: float
    answer: str
    passage: str
    """What of the answer settles no key point."""
    quote: str = ""
    """The place that rules or a model looked at."""
    opinions: tuple[Opinion, ...] = ()
    why: str
    """Why it waits."""
    verdicts: int = 1
    """So many verdicts wait for it."""


class Queue(Frozen):
    """All that waits in a batch. Its dump is `review/queue.json`, format 1."""

    format: Literal[1] = 1
    items: tuple[Item, ...] = ()

    @property
    def verdicts(self) -> int:
        """How many key points of verdicts wait, copies counted."""
        return sum(item.verdicts for item in self.items)


def read_queue(folder: BatchFolder) -> Queue:
    """Gather what waits in the verdicts of a batch, question by question.

    Raises:
        InputError: it is no batch, or a verdict cannot be read.
    """
    found: dict[str, Item] = {}
    for item in _waiting(folder):
        seen = found.get(item.id)
        found[item.id] = seen.model_copy(update={"verdicts": seen.verdicts + 1}) if seen else item
    return Queue(items=tuple(sorted(found.values(), key=lambda item: (item.question, item.key_point, item.id))))


def _waiting(folder: BatchFolder) -> Iterator[Item]:
    for entry in folder.record().entries:
        verdict = folder.kept(entry)
        for check in verdict.checks if verdict is not None else ():
            if verdict is not None and check.outcome is Outcome.UNDECIDED:
                yield _item(verdict, check)


def _item(verdict: Verdict, check: CheckResult) -> Item:
    detail = check.detail
    assert detail is not None  # what waits has its claim with it
    return Item(
        id=id_of(verdict, check),
        question=verdict.question,
        title=verdict.title,
        key_point=check.name,
        claim=detail.expected or "",
        points=check.max_points,
        answer=verdict.answer,
        passage=detail.passage or verdict.answer,
        quote=detail.actual or "",
        opinions=detail.opinions,
        why=check.message,
    )


def id_of(verdict: Verdict, check: CheckResult) -> str:
    """Return what names a key point of an answer that waits."""
    claim = check.detail.expected if check.detail is not None else ""
    return identity(verdict.question, check.name, claim or "", verdict.answer)


def identity(question: str, key_point: str, claim: str, answer: str) -> str:
    """Return what names a key point of an answer, whoever wrote it and however it is typed."""
    parts = (question, key_point, claim, normalise(answer))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:ID_LENGTH]
