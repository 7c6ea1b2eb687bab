"""Python source in colours, by the standard library's tokenizer: linear in time, whatever was handed in."""

from __future__ import annotations

import io
import keyword
import tokenize
from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from grader.report.pages.markup import Markup, element

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Piece: TypeAlias = tuple[int, int, str]

_KINDS = {tokenize.COMMENT: "comment", tokenize.STRING: "string", tokenize.NUMBER: "number"}


def highlighted(lines: Sequence[str]) -> list[list[Markup | str]]:
    """Return each line in pieces, the coloured ones as elements."""
    pieces: defaultdict[int, list[Piece]] = defaultdict(list)
    for row, piece in _pieces(lines):
        pieces[row].append(piece)
    return [_coloured(line, pieces[row]) for row, line in enumerate(lines, 1)]


def _coloured(line: str, pieces: Sequence[Piece]) -> list[Markup | str]:
    parts: list[Markup | str] = []
    end = 0
    for start, stop, kind in pieces:
        if start < end:
            continue  # within what is coloured already, as the tokens of an f-string may be
        parts += [line[end:start], element("span", line[start:stop], class_=kind)]
        end = stop
    return [*parts, line[end:]]


def _pieces(lines: Sequence[str]) -> Iterator[tuple[int, Piece]]:
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline):
            if kind := _kind(token):
                yield from _rows(token, kind, lines)
    except (tokenize.TokenError, SyntaxError, ValueError):
        return  # source that is no Python stays plain from where it stops being any


def _kind(token: tokenize.TokenInfo) -> str | None:
    if token.type == tokenize.NAME:
        return "keyword" if keyword.iskeyword(token.string) else None
    if tokenize.tok_name[token.type].startswith("FSTRING"):
        return "string"
    return _KINDS.get(token.type)


def _rows(token: tokenize.TokenInfo, kind: str, lines: Sequence[str]) -> Iterator[tuple[int, Piece]]:
    """Yield a token's piece of each line it stands on."""
    (first, start), (last, stop) = token.start, token.end
    for row in range(first, min(last, len(lines)) + 1):
        ends_here = row == last
        yield row, (start if row == first else 0, stop if ends_here else len(lines[row - 1]), kind)
