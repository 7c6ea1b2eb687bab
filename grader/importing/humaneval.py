"""HumanEval: JSON lines with a prompt, a solution, and a text that defines `check(candidate)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.importing.folder import fenced
from grader.importing.problem import Check, Problem, Refusal, Unread
from grader.importing.programs import function_of, signature_of, tree_of, without_answer
from grader.importing.rows import Row, read_rows
from grader.trees import packages_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.importing.problem import Inputs


class Prompted(Row):
    """A problem whose prompt is the head of a function and whose solution is its body."""

    prompt: str
    entry_point: str
    canonical_solution: str


class HumanEvalRow(Prompted):
    """One problem as it stands in the file."""

    test: str


def read_humaneval(path: Path) -> Iterator[Problem | Unread]:
    """Yield the problems of a `HumanEval.jsonl` or `.jsonl.gz`.

    Raises:
        InputError: it is no such file.
    """
    for row in read_rows(path, HumanEvalRow):
        yield row if isinstance(row, Unread) else read_prompt(row, Check(row.test, "function"))


def read_prompt(row: Prompted, exercise: Check | Inputs) -> Problem | Unread:
    """Read a row into a problem that is judged by `exercise`."""
    program = f"{row.prompt}{row.canonical_solution}".strip("\n").rstrip() + "\n"
    try:
        tree = tree_of(program, "its solution")
        node = function_of(tree, row.entry_point, "its solution")
        return Problem(
            origin=row.task_id,
            title=f"{row.task_id}: {row.entry_point}",
            task=fenced(row.prompt),
            program=program,
            starter=without_answer(program, [row.entry_point], "its solution"),
            exports={row.entry_point: signature_of(node)},
            exercise=exercise,
            shown=row.prompt,
            packages=packages_in(tree),
        )
    except Refusal as refusal:
        return Unread(row.task_id, str(refusal))
