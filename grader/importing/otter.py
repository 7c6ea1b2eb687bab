"""Otter-Grader: the notebook that `otter assign` reads; raw cells say where questions, solutions and tests begin."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import yaml

from grader.errors import InputError
from grader.importing.notebook import read_cells
from grader.importing.printing import printing_check
from grader.importing.problem import Check, Problem, Refusal, Unread
from grader.importing.programs import exports_of, joined, tree_of, unparsed, without_answer
from grader.trees import packages_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from grader.importing.notebook import Cell

_BORDER = re.compile(
    r"\s*#\s*(?P<way>BEGIN|END)\s+(?P<what>QUESTION|SOLUTION|TESTS|PROMPT)\b[^\n]*\n?(?P<rest>.*)", re.DOTALL
)
_PROMPT = re.compile(r'(?ms)^[ \t]*"""[ \t]*#[ \t]*BEGIN PROMPT.*?"""[ \t]*;?[ \t]*#[ \t]*END PROMPT[^\n]*\n?')
_LINE_MARKS = re.compile(r"(?m)[ \t]*#[ \t]*(?:SOLUTION(?: NO PROMPT)?|(?:BEGIN|END) SOLUTION(?: NO PROMPT)?)[ \t]*$")
_HIDDEN = re.compile(r"\s*#\s*HIDDEN\b|.*?\bhidden:\s*true", re.IGNORECASE | re.DOTALL)
_CONFIG = re.compile(r'(?s)\A\s*"""[ \t]*#[ \t]*BEGIN TEST CONFIG.*?"""[ \t]*#[ \t]*END TEST CONFIG[^\n]*\n?')


@dataclass
class _Block:
    """One question of an assignment, as far as it has been read."""

    name: str
    prompt: list[str] = field(default_factory=list)
    solution: list[str] = field(default_factory=list)
    tests: list[Cell] = field(default_factory=list)


def read_otter(path: Path) -> Iterator[Problem | Unread]:
    """Yield a problem for each question of an assignment's notebook.

    Raises:
        InputError: there is no such file, or it is no such notebook.
    """
    if not path.is_file():
        raise InputError("there is no such notebook", file=path, cure="Name the notebook that otter assign reads")
    try:
        setup, blocks = _divided(read_cells(path))
    except Refusal as refusal:
        raise InputError(str(refusal), file=path) from None
    if not blocks:
        cure = "Name the notebook that otter assign reads"
        raise InputError("no raw cell of it begins with `# BEGIN QUESTION`", file=path, cure=cure)
    for block in blocks:
        origin = f"{path.stem}/{block.name}"
        try:
            yield _problem(origin, block, setup)
        except Refusal as refusal:
            yield Unread(origin, str(refusal))


def _divided(cells: Sequence[Cell]) -> tuple[list[str], list[_Block]]:
    """Return the code outside of questions, and the questions."""
    setup: list[str] = []
    blocks: list[_Block] = []
    inside, part = False, "PROMPT"
    for cell in cells:
        border = _BORDER.fullmatch(cell.source) if cell.kind == "raw" else None
        if border:
            begins = border["way"] == "BEGIN"
            if border["what"] == "QUESTION":
                inside = begins
                blocks += [_Block(_name(border["rest"], len(blocks) + 1))] if begins else []
            part = border["what"] if begins and border["what"] != "QUESTION" else "PROMPT"
        elif not inside:
            setup += [cell.code] if cell.kind == "code" else []
        elif cell.kind == "code":
            _put(blocks[-1], cell, part)
        else:
            blocks[-1].prompt.append(cell.source)
    return setup, blocks


def _put(block: _Block, cell: Cell, part: str) -> None:
    if part == "TESTS":
        block.tests.append(cell)
    elif part == "SOLUTION":
        block.solution.append(_LINE_MARKS.sub("", _PROMPT.sub("", cell.code)))


def _name(config: str, number: int) -> str:
    try:
        facts = yaml.safe_load(config)
    except yaml.YAMLError as error:
        raise Refusal(f"the settings of question {number} are no YAML: {' '.join(str(error).split())}") from None
    name = facts.get("name") if isinstance(facts, dict) else None
    return str(name) if name else f"q{number}"


def _problem(origin: str, block: _Block, setup: Sequence[str]) -> Problem:
    program = joined([*setup, *block.solution])
    tree, own = tree_of(program, "its solution"), tree_of(joined(block.solution), "its solution")
    tests = [_test(cell) for cell in block.tests]
    exports = exports_of(own, [text for text, _ in tests])
    prompt = "\n\n".join(text.strip() for text in block.prompt)
    visible = [cell.code for cell in block.tests if not _HIDDEN.match(cell.source)]
    return Problem(
        origin=origin,
        title=origin,
        task=prompt or "See the starter.",
        program=program,
        starter=without_answer(program, list(exports), "its solution"),
        exports=exports,
        exercise=Check(printing_check(tests), "script"),
        shown="\n".join([prompt, *visible]),
        packages=packages_in(tree),
    )


def _test(cell: Cell) -> tuple[str, str | None]:
    """Return a test as a script, and what it prints where the notebook holds it: a last expression is shown."""
    source = _CONFIG.sub("", cell.code)
    tree = tree_of(source, "a test")
    if not cell.output or not tree.body or not isinstance(tree.body[-1], ast.Expr):
        return source, cell.output or None
    shown = ast.parse("(lambda value: None if value is None else print(repr(value)))(0)").body[0]
    assert isinstance(shown, ast.Expr)
    assert isinstance(shown.value, ast.Call)
    shown.value.args = [tree.body[-1].value]
    tree.body[-1] = shown
    return unparsed(ast.fix_missing_locations(tree)), cell.output
