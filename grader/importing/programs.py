"""Foreign programs as syntax trees: what they define, and what is left when the answer is taken out."""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING

from grader.importing.problem import Refusal
from grader.submission import PARSED_HERE
from grader.trees import parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def tree_of(source: str, what: str) -> ast.Module:
    """Return the syntax tree of foreign source, which is not run.

    Args:
        source: the text.
        what: what a refusal calls it.

    Raises:
        Refusal: it is no Python, or longer than what a parser can be trusted with.
    """
    if len(source) > PARSED_HERE:
        raise Refusal(f"{what} is longer than {PARSED_HERE // 1024} KiB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the author's business
            return parse(source)
    except SyntaxError as error:
        raise Refusal(f"{what} is no Python: line {error.lineno}: {error.msg}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Refusal(f"{what} cannot be parsed: {error}") from None


def function_of(tree: ast.Module, name: str, what: str) -> ast.FunctionDef:
    """Return the last definition of a function at the top level.

    Raises:
        Refusal: there is none.
    """
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name]
    if not found:
        raise Refusal(f"{what} defines no function {name} at its top level")
    return found[-1]


def signature_of(node: ast.FunctionDef) -> str:
    """Return a signature as a spec has it, e.g. `(xs: list[int], n=2) -> int`.

    Raises:
        Refusal: it is nested too deeply to be written.
    """
    returned = f" -> {unparsed(node.returns)}" if node.returns else ""
    return f"({unparsed(node.args)}){returned}"


def exports_of(tree: ast.Module, tests: Iterable[str]) -> dict[str, str]:
    """Return the functions of a program that its tests name, with their signatures.

    Raises:
        Refusal: there is none, or a test is no Python.
    """
    asked = {node.id for test in tests for node in ast.walk(tree_of(test, "a test")) if isinstance(node, ast.Name)}
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in asked]
    if not found:
        raise Refusal("its tests ask no function of its solution")
    return {node.name: signature_of(node) for node in found}


def unparsed(node: ast.AST) -> str:
    """Return a piece of a foreign tree as source.

    Raises:
        Refusal: it is nested too deeply to be written.
    """
    try:
        return ast.unparse(node)
    except RecursionError:
        raise Refusal("it is nested too deeply") from None


def joined(parts: Iterable[str]) -> str:
    """Return pieces of source as one program, empty ones left out."""
    return "\n\n\n".join(part.strip("\n").rstrip() for part in parts if part.strip()) + "\n"


def without_answer(source: str, names: Collection[str], what: str) -> str:
    """Return a program in which nothing is left of the functions named but head, docstring and `pass`.

    Raises:
        Refusal: it is no Python, or does not define them.
    """
    tree = tree_of(source, what)
    lines = source.split("\n")
    for node in sorted((function_of(tree, name, what) for name in names), key=lambda node: -node.lineno):
        first, last = node.body[0], node.body[-1]
        documented = ast.get_docstring(node, clean=False) is not None
        start = (first.end_lineno or first.lineno) if documented else _line_before(node)
        lines[start : last.end_lineno] = [" " * (node.col_offset + 4) + "pass"]
    bare = "\n".join(lines)
    tree_of(bare, f"{what} without its answer")
    return bare.strip("\n").rstrip() + "\n"


def _line_before(node: ast.FunctionDef) -> int:
    """Return the number of the last line of a function's head."""
    first = node.body[0]
    if first.lineno == node.lineno:
        raise Refusal(f"{node.name} is written on one line, so that its answer cannot be taken out")
    return first.lineno - 1
