"""Syntax trees, made by one thread at a time."""

from __future__ import annotations

import ast
import os
import threading

# CPython counts the depth of the tree it builds once for all threads: where another one parses meanwhile, `ast.parse`
# may raise SystemError ("recursion depth mismatch", python/cpython gh-106905; seen on 3.11.2).
_PARSING = threading.Lock()
os.register_at_fork(before=_PARSING.acquire, after_in_parent=_PARSING.release, after_in_child=_PARSING.release)


def parse(source: str) -> ast.Module:
    """Return the syntax tree of a module, whatever other threads do.

    Raises:
        SyntaxError: it is no Python.
        ValueError: it has a NUL character.
        RecursionError: it is nested too deeply; MemoryError where the parser finds that first.
    """
    with _PARSING:
        return ast.parse(source)
