"""The file of forms: what was chosen for each, and why. Readable, and the same bytes for the same choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import yaml
from pydantic import Field

from grader.errors import InputError
from grader.question import Frozen
from grader.sheet import read_sheet

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "# Made by `grade assess assemble`; made anew, it is the same as long as the assessment and the bank are.\n"


class Asked(Frozen):
    """What one part of the blueprint asked for, and what there was to choose from."""

    part: str
    count: int
    """Questions in each form."""
    proven: int
    """Questions that fit it."""
    used: int
    """Of these, so many stand in a form."""


class Placed(Frozen):
    """One question in a form."""

    id: str
    part: int | None = None
    """Of the blueprint, counted from 1; None where it was listed by hand."""
    difficulty: str
    minutes: int
    points: float
    proof: str
    """Digest of what was proven."""


class Form(Frozen):
    """What one group of candidates is asked."""

    name: str
    minutes: int
    points: float
    difficulty: dict[str, int]
    """Number of questions of each."""
    questions: tuple[Placed, ...]


class Spread(Frozen):
    """By how much the forms differ, largest less smallest."""

    minutes: float
    points: float
    difficulty: int


class Forms(Frozen):
    """All forms of an assessment. Its dump is the file, format 1."""

    format: Literal[1] = 1
    assessment: str
    sha256: str
    """Of the assessment's file."""
    asked: tuple[Asked, ...] = ()
    spread: Spread
    shared: dict[str, int] = Field(default_factory=dict)
    """Questions that two forms have in common, as `A B`."""
    best: bool = True
    """Whether no better choice exists; False where the search was ended at its bound."""
    forms: tuple[Form, ...]


def as_yaml(forms: Forms) -> str:
    """Return the text of the file."""
    return HEAD + yaml.safe_dump(forms.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=120)


def read_forms(path: Path) -> Forms:
    """Read a file of forms.

    Raises:
        InputError: it is none; lists every fault.
    """
    sheet = read_sheet(path, Forms)
    if sheet.value is None:
        raise InputError("it cannot be used:" + "".join(f"\n  {fault}" for fault in sheet.faults), file=path)
    return sheet.value
