"""Source as normalised tokens: what a disguise changes is gone, what a program does is left.

    name = total(x, 3)  # note      →      @ = @ ( @ , 0 ) ;

A name is `@`, but for builtins and for attributes that the source does not define itself: `x.softmax` stays `softmax`,
for a candidate cannot rename it. A number is `0`, a text is `"`. Comments, docstrings, imports and
layout are dropped. Nothing is executed: the source is split by `tokenize`, and its tree is only looked at.
"""

from __future__ import annotations

import ast
import builtins
import io
import keyword
import token
import tokenize
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.trees import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.submission import Submission, Unit

MAX_TOKENS = 20_000
"""Of one submission; what a person types has some hundred."""
MAX_CHARACTERS = 200_000
"""Of one submission. Python's tokenizer takes a second for a megabyte."""

_BUILTINS = frozenset(dir(builtins)) - frozenset(keyword.kwlist)
_HOOKS = frozenset({"forward", "backward", "step"})
_LAYOUT = frozenset(
    {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE, token.ENDMARKER}
)


@dataclass(frozen=True, slots=True)
class Token:
    """One normalised token, and where it stood."""

    text: str
    label: str
    """Of the file or cell."""
    line: int


class TooLong(Exception):  # noqa: N818  what the house calls a reason that is no error
    """A submission is longer than anybody types."""


def tokens_of(submission: Submission) -> list[Token]:
    """Return the tokens of all source of a submission, cells and helper modules joined.

    Raises:
        TooLong: it has more source than is looked at.
    """
    units = (*submission.units, *submission.helpers)
    if sum(len(unit.source) for unit in units) > MAX_CHARACTERS:
        raise TooLong
    found = [each for unit in units for each in _tokens(unit)]
    if len(found) > MAX_TOKENS:
        raise TooLong
    return found


def tokens_of_unit(unit: Unit) -> list[Token]:
    """Return the tokens of one file of ours."""
    return list(_tokens(unit))


def _tokens(unit: Unit) -> Iterator[Token]:
    try:
        own, lines = _own_attributes(parse(unit.source)), list(_logical_lines(unit.source))
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return  # a helper module that is no Python is imported by nobody
    for line in lines:
        if not _is_dropped(line):
            for text, number in _normalised(line, own):
                yield Token(text, unit.label, number)


def _own_attributes(tree: ast.Module) -> frozenset[str]:
    """Return the attributes that a candidate named: methods, fields of classes, and what is assigned to."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
        elif isinstance(node, ast.ClassDef):
            found.update(name for inner in node.body for name in _fields(inner))
    # what a framework calls by its name is not the candidate's to choose
    return frozenset(name for name in found if not name.startswith("__") and name not in _HOOKS)


def _fields(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Assign(targets=targets):
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _logical_lines(source: str) -> Iterator[list[tokenize.TokenInfo]]:
    """Split source into logical lines, without what is layout."""
    line: list[tokenize.TokenInfo] = []
    for each in tokenize.generate_tokens(io.StringIO(source).readline):
        if each.type == tokenize.NEWLINE and line:
            yield line
            line = []
        elif each.type not in _LAYOUT:
            line.append(each)
    if line:
        yield line


def _is_dropped(line: list[tokenize.TokenInfo]) -> bool:
    """Tell an import, or a text that nobody uses: a docstring."""
    texts = all(each.type == tokenize.STRING for each in line)
    return texts or line[0].string in {"import", "from"}


def _normalised(line: list[tokenize.TokenInfo], own: frozenset[str]) -> Iterator[tuple[str, int]]:
    before, nested = "", 0
    for index, each in enumerate(line):
        if each.string == "," and index + 1 < len(line) and line[index + 1].string in {")", "]", "}"}:
            continue  # a comma that only a formatter writes
        kind = token.tok_name[each.type]
        nested += kind.endswith("STRING_START")
        text = '"' if nested or kind == "STRING" else _word(each, before, own)
        nested -= kind.endswith("STRING_END")
        if not (text == before == '"'):  # texts side by side are one
            yield text, each.start[0]
        before = text
    yield ";", line[-1].end[0]


def _word(each: tokenize.TokenInfo, before: str, own: frozenset[str]) -> str:
    if each.type == tokenize.NUMBER or each.string in {"True", "False"}:
        return "0"
    if each.type != tokenize.NAME or keyword.iskeyword(each.string):
        return each.string
    kept = each.string not in own if before == "." else each.string in _BUILTINS
    return each.string if kept else "@"
