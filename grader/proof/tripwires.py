"""Which branches a suite runs of a reference that must not be traced, because somebody else wrote it.

Tracing runs the reference in the examiner. A program that ends its process where a branch begins runs in a guest like
any other: if the suite still passes, it never took that way.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.proof.workbench import made
from grader.trees import parse
from grader.verdict import Coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.proof.workbench import Workbench

GATE = "trace"
_END = "__import__('os')._exit(1)"


@dataclass(frozen=True)
class Tripwire:
    """A reference that ends itself on one of its ways."""

    start: int
    """Line from which the way begins."""
    end: int
    """Line it leads to; 0 where it leads past the statement."""
    source: str


def tripwires(source: str) -> tuple[Tripwire, ...]:
    """Return a program for each way through a source: into each arm of a branch, past it, into each function."""
    tree = parse(source)
    ways = [(place, way) for place, node in enumerate(ast.walk(tree)) for way in _ways(node)]
    return tuple(_wired(tree, place, way) for place, way in ways)


def trip(bench: Workbench) -> Coverage:
    """Run the hidden suite on every tripwire of the reference, and say which ways it never took."""
    wires = tripwires(bench.question.reference.read_text(encoding="utf-8"))
    programs = [made(f"way-{number}", wire.source) for number, wire in enumerate(wires)]
    trials = bench.each(GATE, programs, lambda each: bench.run(each, bench.hidden, max_failures=1))
    untaken = [wire for wire, trial in zip(wires, trials, strict=True) if not trial.failing]
    return Coverage(
        branches=len(wires),
        covered=len(wires) - len(untaken),
        missing_lines=(),
        missing_branches=tuple((wire.start, wire.end) for wire in untaken),
    )


def _ways(node: ast.AST) -> Iterator[str]:
    """Yield the fields of a node that hold statements which are run only sometimes, or would be if there were any."""
    match node:
        case ast.If() | ast.For() | ast.AsyncFor() | ast.While():
            yield "body"
            if not (isinstance(node, ast.While) and isinstance(node.test, ast.Constant)):
                yield "orelse"
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ExceptHandler() | ast.match_case():
            yield "body"


def _wired(tree: ast.Module, place: int, way: str) -> Tripwire:
    """Copy a tree, and end the process where a way of the node at this place begins."""
    copied = copy.deepcopy(tree)
    node = list(ast.walk(copied))[place]
    block: list[ast.stmt] = getattr(node, way)
    end = block[0].lineno if block else 0
    start = getattr(node, "lineno", end)
    block[:0] = parse(_END).body
    return Tripwire(start, end, ast.unparse(ast.fix_missing_locations(copied)))
