"""Where two texts differ, for views that show them under each other."""

from __future__ import annotations

import re
from typing import TypeAlias

Spans: TypeAlias = list[tuple[int, int]]

_TOKEN = re.compile(r"[\w.+-]+|\W", re.DOTALL)


def differing(one: str, other: str) -> tuple[Spans, Spans]:
    """Return where the numbers and words of two texts differ; where they are built differently, all from there on."""
    mine, theirs = _TOKEN.findall(one), _TOKEN.findall(other)
    if len(mine) != len(theirs):
        start = common_length(one, other)
        return [(start, len(one))], [(start, len(other))]
    return _spans(mine, theirs), _spans(theirs, mine)


def common_length(one: str, other: str) -> int:
    """Return how many characters two strings have in common at the beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (mine, theirs) in pairs if mine != theirs), min(len(one), len(other)))


def _spans(tokens: list[str], others: list[str]) -> Spans:
    spans, end = [], 0
    for token, counterpart in zip(tokens, others, strict=True):
        start, end = end, end + len(token)
        if token != counterpart:
            spans.append((start, end))
    return spans
