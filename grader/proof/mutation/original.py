"""The text of a reference beside its tree: where each node stands, and which lines are to be left alone."""

from __future__ import annotations

import ast
import bisect
import io
import re
import tokenize
from itertools import accumulate

from grader.trees import parse

_PRAGMA = "pragma: no mutate"


class Original:
    """A text and its tree."""

    def __init__(self, source: str) -> None:
        """Read the text.

        Raises:
            SyntaxError: it is no Python.
        """
        self.tree = parse(source)
        self.data = source.encode()
        self.protected = _protected(source)
        """The lines that ask not to be changed."""
        self._nodes = {id(node): node for node in ast.walk(self.tree)}
        self._lines = [0, *accumulate(map(len, self.data.splitlines(keepends=True)))]

    def holds(self, node: ast.AST) -> bool:
        """Whether a node is one of the tree, not a new one."""
        return id(node) in self._nodes

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Return where a node stands, in bytes; the module is everything."""
        match node:
            case ast.stmt() | ast.expr() | ast.keyword() | ast.arg() | ast.ExceptHandler() | ast.pattern():
                first, last = node.lineno, node.end_lineno or node.lineno
                return self._lines[first - 1] + node.col_offset, self._lines[last - 1] + (node.end_col_offset or 0)
        return 0, len(self.data)

    def text(self, node: ast.AST) -> str:
        """Return the words of a node."""
        start, end = self.span(node)
        return self.data[start:end].decode()

    def line(self, offset: int) -> int:
        """Return the line in which a byte stands, counted from 1."""
        return bisect.bisect_right(self._lines, offset, hi=max(len(self._lines) - 1, 1))

    def rows(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the whole lines of what has them for itself, but for a comma or a comment; None where it has not."""
        first, last = self._lines[self.line(start) - 1], self._lines[self.line(max(start, end - 1))]
        alone = not self.data[first:start].strip(b" \t@") and re.fullmatch(rb"\s*,?\s*(#.*)?\s*", self.data[end:last])
        return (first, last) if alone else None


def _protected(source: str) -> frozenset[int]:
    """Return the lines whose comment asks to leave them alone."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return frozenset(token.start[0] for token in tokens if token.type == tokenize.COMMENT and _PRAGMA in token.string)
