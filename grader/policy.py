"""What a submission must not use, by its syntax tree.

This is triage: it names the line of what is written plainly, under any alias, and says so before anything runs. Code that
hides what it calls is the guest's matter, where stubs stand in the place of what the question forbids.
"""

from __future__ import annotations

import ast
import warnings
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from grader.question import Forbidden
    from grader.submission import Submission, Unit

Kind = Literal["import", "call"]

_IMPORTERS = frozenset({"__import__", "importlib.__import__", "importlib.import_module"})
_GETATTR = "getattr"
_MODULES = "sys.modules"
_LONGEST_CHAIN = 32  # attributes in a row; no forbidden name has as many, and hostile source has thousands
_PASSES = 16  # aliases of aliases, should each be written above the one it copies


@dataclass(frozen=True)
class Violation:
    """One reference to what the question forbids."""

    label: str
    """`solution.py`, `answer.ipynb cell 3`, or the path of a helper module."""
    line: int
    name: str
    """The forbidden name, as the question writes it."""
    kind: Kind


def violations(submission: Submission, forbidden: Forbidden) -> tuple[Violation, ...]:
    """Return every reference to a forbidden name, called or not, in the order of the source."""
    if not forbidden.imports and not forbidden.calls:
        return ()
    rules = _Rules(forbidden)
    scopes = [_Scope(_parsed(submission.units), rules), *_helper_scopes(submission, rules)]
    found = (violation for scope in scopes for violation in scope.violations())
    return tuple(dict.fromkeys(found))


def _helper_scopes(submission: Submission, rules: _Rules) -> Iterator[_Scope]:
    return (_Scope(_parsed([helper]), rules) for helper in submission.helpers)


def _parsed(units: Iterable[Unit]) -> list[tuple[str, ast.Module]]:
    """Return the trees that can be had; a helper that is no Python cannot be imported either."""
    trees: list[tuple[str, ast.Module]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # reading the submission has noted them
        for unit in units:
            try:
                trees.append((unit.label, ast.parse(unit.source)))
            except SyntaxError:
                continue
    return trees
