"""What a person can be told went wrong, as one tree.

GraderError                 caught once, in cli/main.py; cli/watching.py shows it and goes on
 ├ InputError               something handed to us is wrong            exit code 2
 │  ├ BankError             a question cannot be read
 │  └ SubmissionError       a submission cannot be read (the verdict is `invalid`)
 ├ IsolationError           this machine cannot enforce what was asked  exit code 3
 └ BrokenError              the grader could not do its work            exit code 3

A message names the place (file, line), the fault, and the cure.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class GraderError(Exception):
    """Anything the grader can explain to the person at the terminal."""

    exit_code: ClassVar[int] = 3


class InputError(GraderError):
    """Something handed to the grader is wrong: an id, an option, a file."""

    exit_code = 2

    def __init__(self, fault: str, *, file: Path | str | None = None, line: int | None = None, cure: str = "") -> None:
        self.fault, self.file, self.line, self.cure = fault, file, line, cure
        super().__init__(describe_fault(fault, file=file, line=line, cure=cure))


class BankError(InputError):
    """A question of the bank cannot be read."""


class SubmissionError(InputError):
    """A submission cannot be read; its message is written for the candidate."""


class IsolationError(GraderError):
    """This machine cannot enforce the isolation that was asked for."""


class BrokenError(GraderError):
    """The grader itself could not do its work; never the candidate's fault."""


def describe_fault(fault: str, *, file: Path | str | None = None, line: int | None = None, cure: str = "") -> str:
    """Put place, fault and cure into one line, as `file:line: fault. Cure.` has them."""
    place = "" if file is None else f"{file}:{line}: " if line is not None else f"{file}: "
    sentence = _ended(f"{place}{fault}")
    return f"{sentence} {_ended(cure)}" if cure else sentence


def _ended(text: str) -> str:
    """End a sentence with one mark."""
    text = text.rstrip(".")
    return text if text.endswith(("?", "!")) else f"{text}."


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return "Did you mean 'x'?" for the nearest known word, or an empty string."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"Did you mean {near[0]!r}?" if near else ""
