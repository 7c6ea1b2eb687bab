"""Options in an order of each candidate's own, and what a choice among them is worth."""

from __future__ import annotations

import secrets
from string import ascii_lowercase
from typing import TYPE_CHECKING

from grader.keyed import mac
from grader.rubric import Credit

if TYPE_CHECKING:
    from collections.abc import Collection

    from grader.rubric import ChoiceSpec

DRAW_BYTES, SEAL_BYTES = 8, 4


def draw(key: bytes | None = None, *parts: str) -> str:
    """Return what decides on an order: secret and fresh, or of a key and, say, a question's id and a candidate's code.

    It is HMAC-SHA256 of the parts: who has not the key can tell no candidate's order from another's.
    """
    if key is None:
        return secrets.token_hex(DRAW_BYTES)
    return mac(key, *parts)[:DRAW_BYTES].hex()


def letters(spec: ChoiceSpec, drawn: str) -> dict[str, str]:
    """Return letter to option, in the order that a draw decides on."""
    order = sorted(spec.options, key=lambda name: mac(drawn.encode(), spec.family, spec.id, name))
    return dict(zip(ascii_lowercase, order, strict=False))


def seal(spec: ChoiceSpec, drawn: str) -> str:
    """Return a digest of what a form shows; it tells a changed form, and a question that has changed since."""
    texts = [(letter, spec.options[name].text) for letter, name in letters(spec, drawn).items()]
    shown = [f"{letter} {text.en}\n{text.zh}" for letter, text in texts]
    return mac(drawn.encode(), spec.family, spec.id, *shown)[:SEAL_BYTES].hex()


def points(spec: ChoiceSpec, chosen: Collection[str]) -> float:
    """Return what a choice is worth."""
    right, chosen = spec.right, frozenset(chosen)
    if chosen == right:
        return spec.points
    if spec.credit is Credit.ALL:
        return 0.0
    share = len(chosen & right) / len(right) - len(chosen - right) / (len(spec.options) - len(right))
    return round(spec.points * max(share, 0.0), 4)
