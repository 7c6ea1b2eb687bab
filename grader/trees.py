"""Syntax trees, made by one thread at a time."""

from __future__ import annotations

import ast
import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# CPython counts the depth of the tree it builds once for all threads: where another one parses meanwhile, `ast.parse`
# may raise SystemError ("recursion depth mismatch", python/cpython gh-106905; seen on 3.11.2).
_PARSING = threading.Lock()
if sys.platform != "win32":  # a candidate's public tests run there too
    os.register_at_fork(before=_PARSING.acquire, after_in_parent=_PARSING.release, after_in_child=_PARSING.release)


def packages_in(tree: ast.Module) -> tuple[str, ...]:
    """Return the top-level packages that a program imports anywhere, those of the standard library left out."""
    return tuple(sorted(set(_imports(tree)) - sys.stdlib_module_names))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]


def parse(source: str) -> ast.Module:
    """Return the syntax tree of a module, whatever other threads do.

    Raises:
        SyntaxError: it is no Python.
        ValueError: it has a NUL character.
        RecursionError: it is nested too deeply; MemoryError where the parser finds that first.
    """
    with _PARSING:
        return ast.parse(source)
