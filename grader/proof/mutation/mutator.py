"""Makes the mutants of a reference: every operator at every place, as text. Nothing is run."""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from typing import TYPE_CHECKING

from grader.proof.mutation import learning, operators, tensors
from grader.proof.mutation.mutant import Mutant
from grader.proof.mutation.original import Original
from grader.proof.mutation.place import places
from grader.proof.mutation.splice import splice
from grader.trees import parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType

    from grader.proof.mutation.splice import Splice

OPERATORS = (*learning.OPERATORS, *tensors.OPERATORS, *operators.OPERATORS)
"""Every kind of mistake. Where two make the same mutant the first one names it, so those that know more come first."""


def make_mutants(source: str) -> tuple[Mutant, ...]:
    """Return every mutant of a reference, in the order of its text.

    Each compiles, to something else than the reference and than every other mutant.

    Raises:
        SyntaxError: the source is no Python.
    """
    original = Original(source)
    found = sorted(_distinct(original), key=lambda each: (each[1].start, each[0]))
    counted: Counter[tuple[str, int]] = Counter()
    mutants = []
    for operator, change in found:
        line = original.line(change.start)
        counted[operator, line] += 1
        mutants.append(Mutant(operator, line, change.source, change.before, change.after, counted[operator, line]))
    return tuple(mutants)


def _distinct(original: Original) -> Iterator[tuple[str, Splice]]:
    """Yield the changes that make a difference, each once."""
    known = {_compiled(original.data.decode())}
    for operator, change in _changes(original):
        try:
            code = _compiled(change.source)
        except SyntaxError:  # such as a `break` that has lost its loop
            continue
        if code not in known:
            known.add(code)
            yield operator, change


def _changes(original: Original) -> Iterator[tuple[str, Splice]]:
    everywhere = tuple(places(original.tree))
    for operator in OPERATORS:
        for place in everywhere:
            for new in operator.changes(place):
                change = splice(original, place, new)
                if change:
                    yield operator.name, change


def _compiled(source: str) -> CodeType:
    """Compile a text as if it stood in one line, so that code which differs in its lines alone is equal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a mistake may look like one
        tree = parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.stmt | ast.expr | ast.keyword | ast.arg):
                node.lineno = node.end_lineno = 1
                node.col_offset = node.end_col_offset = 0
        return compile(tree, "mutant", "exec")
