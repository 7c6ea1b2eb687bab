"""nbgrader: a source notebook whose cells say which hold the solution and which the tests."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from grader.errors import InputError
from grader.importing.notebook import read_cells
from grader.importing.problem import Check, Problem, Refusal, Unread
from grader.importing.programs import exports_of, joined, tree_of, without_answer
from grader.trees import packages_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from grader.importing.notebook import Cell

_SOLUTION = re.compile(r"(?ms)^(?P<indent>[ \t]*)###[ \t]*BEGIN SOLUTION[^\n]*\n.*?^[ \t]*###[ \t]*END SOLUTION[^\n]*$")
_HIDDEN = re.compile(r"(?ms)^[ \t]*###[ \t]*BEGIN HIDDEN TESTS[^\n]*\n.*?^[ \t]*###[ \t]*END HIDDEN TESTS[^\n]*$")
_MARKS = re.compile(r"(?m)^[ \t]*###[ \t]*(?:BEGIN|END) SOLUTION[^\n]*\n?")


def read_nbgrader(path: Path) -> Iterator[Problem | Unread]:
    """Yield a problem for each source notebook: a file, or all below a folder `source/`.

    Raises:
        InputError: there is no notebook.
    """
    notebooks = sorted(path.rglob("*.ipynb")) if path.is_dir() else [path]
    notebooks = [each for each in notebooks if ".ipynb_checkpoints" not in each.parts]
    if not notebooks or not notebooks[0].is_file():
        raise InputError("there is no notebook", file=path, cure="Name a source notebook, or the folder source/")
    for notebook in notebooks:
        origin = notebook.stem if notebook == path else notebook.relative_to(path).with_suffix("").as_posix()
        try:
            yield _problem(origin, read_cells(notebook))
        except Refusal as refusal:
            yield Unread(origin, str(refusal))


def _facts(cell: Cell) -> dict[str, Any]:
    facts = cell.metadata.get("nbgrader")
    return facts if isinstance(facts, dict) else {}


def _is_solution(cell: Cell) -> bool:
    return cell.kind == "code" and _facts(cell).get("solution") is True


def _is_test(cell: Cell) -> bool:
    facts = _facts(cell)
    return cell.kind == "code" and facts.get("grade") is True and facts.get("solution") is not True


def _problem(origin: str, cells: Sequence[Cell]) -> Problem:
    tests = [cell.code for cell in cells if _is_test(cell)]
    own = [cell for cell in cells if cell.kind == "code" and not _is_test(cell)]
    if not tests or not any(map(_is_solution, own)):
        raise Refusal("no cell of it is marked as solution, or none as test: it is no source notebook of nbgrader")
    program = joined(_MARKS.sub("", cell.code) for cell in own)
    tree = tree_of(program, "its solution")
    solved = joined(cell.code for cell in own if _is_solution(cell))
    exports = exports_of(tree_of(solved, "its solution"), tests)
    text = "\n\n".join(cell.source.strip() for cell in cells if cell.kind == "markdown")
    return Problem(
        origin=origin,
        title=origin,
        task=text or "See the starter.",
        program=program,
        starter=joined(_without_solution(cell) for cell in own),
        exports=exports,
        exercise=Check("\n\n".join(tests), "script"),
        shown="\n".join([text, *(_HIDDEN.sub("", test) for test in tests)]),
        packages=packages_in(tree),
    )


def _without_solution(cell: Cell) -> str:
    """Return a cell as a candidate gets it: its marked regions cut, or, without marks, the heads of its functions."""
    if not _is_solution(cell):
        return cell.code
    bare, cut = _SOLUTION.subn(lambda region: f"{region['indent']}pass", cell.code)
    if cut:
        return bare
    tree = tree_of(cell.code, "a solution")
    heads = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    source = "\n\n\n".join(ast.get_source_segment(cell.code, node) or "" for node in heads)
    return without_answer(source, [node.name for node in heads], "a solution") if heads else ""
