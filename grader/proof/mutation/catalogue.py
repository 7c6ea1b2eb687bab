"""What an operator is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast

    from grader.proof.mutation.place import Place

Changes = Iterator["ast.AST | None"]


@dataclass(frozen=True)
class Operator:
    """One kind of mistake."""

    name: str
    about: str
    """In one line: what becomes what."""
    changes: Callable[[Place], Changes]
    """Yields what may stand in a place instead; None leaves the node out."""


def operator(changes: Callable[[Place], Changes]) -> Operator:
    """Make an operator of a function; its docstring says what it does."""
    about = (changes.__doc__ or "").partition("\n")[0]
    return Operator(changes.__name__.replace("_", "-"), about, changes)
