"""Where programs that a model wrote are run: in a guest each, like submissions, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from grader.exam.candidate import Candidate, Source
from grader.exam.compare import Mismatch, assert_close
from grader.exam.solution import CheckEnded, Handle, Solution
from grader.exam.templates import Templates
from grader.question import Limits
from grader.submission import Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.verdict import Level

LIMITS = Limits(wall=30.0, check=30.0, cpu=30.0, memory=2**30)
MODULE = "solution.py"


@dataclass(frozen=True)
class Answer:
    """What a program did with some arguments."""

    value: Any = None
    error: str = ""
    """Name of the builtin exception it raised."""
    message: str = ""

    def agrees(self, other: Answer) -> bool:
        """Tell whether two programs did the same: one value up to rounding, or one kind of exception."""
        if self.error or other.error:
            return self.error == other.error
        try:
            assert_close(self.value, other.value)
        except Mismatch:
            return False
        return True

    def __str__(self) -> str:
        return f"{self.error}: {self.message}" if self.error else repr(self.value)[:200]


class Lab:
    """A template of guests for one draft."""

    def __init__(self, packages: Sequence[str], level: Level | None = None) -> None:
        """Start the template.

        Raises:
            IsolationError: this machine cannot hold a guest.
        """
        self._templates = Templates(level)
        self._template = self._templates.of(tuple(packages))

    def call(self, code: str, function: str, arguments: Sequence[Sequence[Any]]) -> tuple[Answer, ...]:
        """Load a program into a guest and call one of its functions again and again.

        A guest that ends, for whatever reason, is replaced before the next call, up to a few times.
        """
        candidate = Candidate(self._template, Source((Unit(MODULE, code),), (), (function,)), LIMITS)
        try:
            return tuple(_call(candidate, function, each, seed) for seed, each in enumerate(arguments))
        finally:
            candidate.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._templates.close()


def _call(candidate: Candidate, function: str, arguments: Sequence[Any], seed: int) -> Answer:
    candidate.begin(seed)
    solution = Solution(candidate)
    try:
        value = getattr(solution, function)(*arguments)
    except CheckEnded as end:
        return Answer(error=end.outcome.value, message=end.reason)
    except Exception as error:  # whatever the program raised, as the nearest builtin type
        return Answer(error=type(error).__name__, message=str(error)[:300])
    if isinstance(value, Handle):
        return Answer(error="handle", message="it returns what is no data")
    return Answer(value)
