"""Grades AI-engineering exams. `from grader import grade, load_bank` is the whole Python interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

if (
    TYPE_CHECKING
):  # real imports happen on first use: the sandboxed side imports this package too, and wants none of them
    from grader.bank import load_bank
    from grader.grading import grade

__version__ = "0.1.0"
__all__ = ["__version__", "grade", "load_bank"]


def __getattr__(name: str) -> object:
    if name == "grade":
        from grader.grading import grade

        return grade
    if name == "load_bank":
        from grader.bank import load_bank

        return load_bank
    raise AttributeError(f"module 'grader' has no attribute {name!r}")
