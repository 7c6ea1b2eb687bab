"""What a suite imports: the marks that stand on a check, and the comparison that explains itself."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.exam.alike import assert_alike
    from grader.exam.compare import Mismatch, assert_close, assert_equal
    from grader.exam.marks import contract, hint, memory, performance, points, stated

__all__ = [
    "Mismatch",
    "assert_alike",
    "assert_close",
    "assert_equal",
    "contract",
    "hint",
    "memory",
    "performance",
    "points",
    "stated",
]

_PLACES = {
    "alike": ("assert_alike",),
    "compare": ("Mismatch", "assert_close", "assert_equal"),
    "marks": ("contract", "hint", "memory", "performance", "points", "stated"),
}


def __getattr__(name: str) -> object:
    """Import what a suite names: whoever imports another module of this package needs neither pytest nor numpy."""
    place = next((module for module, names in _PLACES.items() if name in names), None)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{place}"), name)
