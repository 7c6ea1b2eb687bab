"""What people decided, why and when: a file that is only ever added to, by one person at a time."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import Field, ValidationError

from grader.errors import InputError
from grader.question import Frozen
from grader.verdict import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from grader.review.queue import Item

FILE, AUDIT = "decisions.jsonl", "audit.jsonl"
Line = TypeVar("Line", bound=Frozen)


class Ruling(Frozen):
    """One decision, as it was taken. A line of `review/decisions.jsonl`, format 1."""

    format: Literal[1] = 1
    decision: Decision
    question: str
    key_point: str
    read: str
    """Id of the item that was read whole."""
    items: tuple[str, ...] = Field(min_length=1)
    """Ids of all items that it was taken for; of those that were not read whole, the person saw what differs."""


@dataclass(frozen=True)
class Ledger:
    """The decisions of one batch."""

    path: Path

    def rulings(self) -> tuple[Ruling, ...]:
        """Read what was decided, in its order.

        Raises:
            InputError: a line is none of ours.
        """
        return read_lines(self.path, Ruling)

    def add(self, decision: Decision, read: Item, others: Sequence[Item]) -> None:
        """Write a decision; it is on the disk when this returns."""
        ruling = Ruling(
            decision=decision,
            question=read.question,
            key_point=read.key_point,
            read=read.id,
            items=(read.id, *(item.id for item in others)),
        )
        append(self.path, ruling)

    def by_item(self) -> dict[str, Decision]:
        """Return item to what was decided on it last."""
        return {item: ruling.decision for ruling in self.rulings() for item in ruling.items}


def append(path: Path, record: Frozen) -> None:
    """Add a line to a file; it is on the disk when this returns."""
    line = json.dumps(record.model_dump(mode="json"), ensure_ascii=False)
    with open(path, "a", encoding="utf-8") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())


def read_lines(path: Path, model: type[Line]) -> tuple[Line, ...]:
    """Read a file of such lines, if it is there.

    Raises:
        InputError: a line is none of ours.
    """
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return tuple(_read(path, number, line, model) for number, line in enumerate(lines, start=1))


def _read(path: Path, number: int, line: str, model: type[Line]) -> Line:
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        fault = f"it is no decision: {error.errors()[0]['msg']}"
        raise InputError(fault, file=path, line=number, cure="Take the line out, or mend it") from None


@contextlib.contextmanager
def opened(root: Path) -> Iterator[Ledger]:
    """Give the decisions of a batch, to nobody else meanwhile.

    Raises:
        InputError: somebody else reviews the batch now.
    """
    folder = root / "review"
    folder.mkdir(exist_ok=True)
    with open(folder / ".lock", "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputError("somebody reviews it at this moment", file=root, cure="Wait until they quit") from None
        yield Ledger(folder / FILE)
