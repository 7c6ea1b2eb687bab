"""Winnowing: few fingerprints of a long text, so chosen that every long enough match shares one.

Schleimer, Wilkerson, Aiken 2003, *Winnowing: local algorithms for document fingerprinting*. A match of
`SPAN + WINDOW - 1` tokens is never missed; one shorter than `SPAN` is never seen.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

SPAN = 12
"""Tokens in a fingerprint (the paper's k): a statement or two."""
WINDOW = 4
"""Of so many neighbours one is chosen (the paper's w)."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The hash of `SPAN` tokens, and where they begin."""

    value: int
    position: int


def grams(tokens: Sequence[str]) -> list[Fingerprint]:
    """Return the hash of every `SPAN` tokens in a row; the same in every process."""
    return [
        Fingerprint(_hash(tokens[start : start + SPAN]), start) for start in range(len(tokens) - SPAN + 1)
    ]  # fmt: skip


def _hash(tokens: Sequence[str]) -> int:
    return int.from_bytes(hashlib.blake2b("\0".join(tokens).encode(), digest_size=8).digest())


def fingerprints(tokens: Sequence[str], known: Collection[int] = frozenset()) -> list[Fingerprint]:
    """Choose the fingerprints of a text.

    Args:
        tokens: of the text.
        known: hashes that count nothing, because everybody was given them.
    """
    left = [each for each in grams(tokens) if each.value not in known]
    chosen: list[Fingerprint] = []
    for start in range(max(len(left) - WINDOW + 1, min(len(left), 1))):
        window = left[start : start + WINDOW]
        # robust winnowing: keep the one chosen before where it is still among the least, else take the last of them
        least = min(each.value for each in window)
        if chosen and chosen[-1].value == least and chosen[-1].position >= window[0].position:
            continue
        chosen.append(next(each for each in reversed(window) if each.value == least))
    return chosen
