"""EvalPlus: prompts and solutions as in HumanEval, with lists of arguments whose answers are what the solution says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from grader.importing.humaneval import Prompted, read_prompt
from grader.importing.problem import Inputs, Problem, Unread
from grader.importing.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FLOAT_ATOL = 1e-6
"""What EvalPlus allows where an answer holds floats and the problem names no tolerance (evalplus/eval/__init__.py)."""
BY_FORMULA = {"find_zero"}
"""Problems whose answers EvalPlus judges by a formula in its own code."""


class EvalPlusRow(Prompted):
    """One problem as it stands in the file."""

    base_input: list[list[Any]]
    plus_input: list[list[Any]]
    atol: float = 0.0


def read_evalplus(path: Path) -> Iterator[Problem | Unread]:
    """Yield the problems of a `HumanEvalPlus.jsonl` or `.jsonl.gz`.

    Raises:
        InputError: it is no such file.
    """
    for row in read_rows(path, EvalPlusRow):
        if isinstance(row, Unread):
            yield row
        elif row.entry_point in BY_FORMULA:
            yield Unread(
                row.task_id, f"EvalPlus judges {row.entry_point} by a formula of its own, which data cannot repeat"
            )
        else:
            calls = tuple(tuple(args) for args in (*row.base_input, *row.plus_input))
            yield read_prompt(row, Inputs(calls, row.atol or FLOAT_ATOL))
