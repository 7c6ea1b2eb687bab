"""What every format is read into: a problem, and why one cannot become a question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Style = Literal["function", "unittest", "script"]
"""How a foreign check runs: it defines `check(candidate)`, it defines test cases, or its statements are the check."""
Difficulty = Literal["easy", "medium", "hard"]


class Refusal(Exception):  # noqa: N818  what it says: no fault of ours, and no fault of the command's
    """Why a problem does not become a question; its text is one sentence without the full stop."""


@dataclass(frozen=True)
class Check:
    """The check that came with a problem, as text: foreign, and run in guests only."""

    source: str
    style: Style


@dataclass(frozen=True)
class Inputs:
    """Arguments without answers: what the program answers is what is expected."""

    calls: tuple[tuple[Any, ...], ...]
    """Positional arguments of each call."""
    atol: float = 0.0
    """Absolute error that the format allows where an answer holds floats."""


@dataclass(frozen=True)
class Original:
    """The program is a module of PyTorch with its `get_inputs`, and what it computes is expected of another one."""


@dataclass(frozen=True)
class Problem:
    """One problem of another format, read and not run."""

    origin: str
    """What it is called there."""
    title: str
    task: str
    """What the candidate reads, in Markdown, without a heading."""
    program: str
    """A solution, as Python source."""
    starter: str
    """The same without its answer."""
    exports: dict[str, str]
    """Name to signature of each function that is asked."""
    exercise: Check | Inputs | Original
    shown: str
    """Text in which a candidate can read examples."""
    packages: tuple[str, ...] = ()
    difficulty: Difficulty = "easy"
    skills: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unread:
    """A problem that could not even be read."""

    origin: str
    reason: str
