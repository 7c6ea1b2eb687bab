"""In the archive this is `grader.exam.marks`: what a suite writes on its checks, kept where no pytest need be."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., object]")
HINT, MEASURED = "__check_hint__", "__check_measured__"


def hint(*, en: str, zh: str | None = None) -> Callable[[F], F]:
    """Keep what to think about when the check fails."""
    return _noted(HINT, {"en": en, "zh": zh or en})


def performance(**_values: object) -> Callable[[F], F]:
    """Mark what is measured where it is graded, and nowhere else."""
    return _noted(MEASURED, True)


memory = performance


def points(*_values: object, **_named: object) -> Callable[[F], F]:
    """Leave the check as it is: what it is worth says the grader."""
    return lambda function: function


stated = contract = points


def _noted(name: str, value: object) -> Callable[[F], F]:
    def note(function: F) -> F:
        setattr(function, name, value)
        return function

    return note
