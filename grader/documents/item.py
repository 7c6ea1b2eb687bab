"""What a document holds, as it is kept in `drafts/<document>/items.json`."""

from __future__ import annotations

from typing import Literal

from grader.question import Frozen

Status = Literal["kept", "merged", "failed"]


class Code(Frozen):
    """One block of code of an item."""

    language: str
    source: str
    line: int
    closed: bool = True
    """Whether the document closes the block."""


class Tryout(Frozen):
    """What became of an item's Python, run in a guest as it stands."""

    outcome: str
    """`ran`, `no-python`, `raised`, or how the guest ended: `timeout`, `memory`, ..."""
    message: str = ""
    line: int | None = None
    """Of the document, where it is known."""
    output: str = ""
    """The first it printed."""
    seconds: float = 0.0


class Item(Frozen):
    """One question of a document."""

    number: int
    """Its place among the items, from 1."""
    line: int
    question: str
    answer: str = ""
    analysis: str = ""
    key_points: tuple[str, ...] = ()
    code: tuple[Code, ...] = ()
    kind: Literal["code", "short"]
    """`code` where a programming language is in its answer; `short` else."""
    status: Status = "kept"
    reason: str = ""
    """Why it is not kept."""
    like: str = ""
    """What it was merged with, or resembles most: `item 3`, a question's id, or a topic."""
    likeness: float = 0.0
    """From 0 to 1."""
    tryout: Tryout | None = None

    @property
    def language(self) -> str:
        """The language of its answer, or an empty string."""
        return self.code[0].language if self.code else ""


class DocumentItems(Frozen):
    """All items of one document."""

    format: Literal[1] = 1
    document: str
    sha256: str
    items: tuple[Item, ...]
    left_out: tuple[str, ...] = ()
    """Headings that are neither an item nor a part of one."""
