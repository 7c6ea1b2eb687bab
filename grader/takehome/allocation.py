"""Who gets which variant: repeatable by whoever has the key, unforeseeable for everybody else, and as even as can be.

A number follows from the key and the *name* of what is drawn, not from how many were drawn before. HMAC-SHA256 is the
same on every machine and in every version of Python, unlike `random`. What a variant's values are is drawn elsewhere
(`grader.variants`); here it is drawn for whom.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.errors import InputError
from grader.keyed import mac

if TYPE_CHECKING:
    from collections.abc import Sequence

_BITS = 64


def number(key: bytes, name: str, count: int) -> int:
    """Return a number from 0 to `count` - 1, each as likely as the others.

    Args:
        key: secret; with another one every draw is another.
        name: of what is drawn.
        count: of the possible values, at most 2⁶⁴.
    """
    # beyond the largest multiple the first values would be likelier; such a number is drawn again
    usable = 2**_BITS - 2**_BITS % count
    attempt = 0
    while True:
        value = int.from_bytes(mac(key, name, str(attempt))[: _BITS // 8])
        if value < usable:
            return value % count
        attempt += 1


def permutation(key: bytes, name: str, count: int) -> tuple[int, ...]:
    """Return 0 to `count` - 1 in a drawn order, each order as likely as the others (Fisher and Yates)."""
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        other = number(key, f"{name}\0{last}", last + 1)
        order[last], order[other] = order[other], order[last]
    return tuple(order)


def allocate(key: bytes, question: str, variants: int, candidates: Sequence[str]) -> dict[str, int]:
    """Return each candidate's variant, by permuted blocks: the numbers of candidates differ by at most one.

    Args:
        key: of the assessment.
        question: qualified id; another question has another order.
        variants: deployed, counted from 0.
        candidates: in the order in which they were invited. Who is invited later changes nothing for those before.

    Raises:
        InputError: there is no variant, or a candidate is named twice.
    """
    if variants < 1:
        raise InputError(f"{question} has no deployed variant", cure="Deploy some, or ask another question")
    if len(set(candidates)) < len(candidates):
        twice = next(name for index, name in enumerate(candidates) if name in candidates[:index])
        raise InputError(f"{twice!r} is invited twice", cure="Take one of the two out")
    blocks: dict[int, tuple[int, ...]] = {}
    for block in range(-(-len(candidates) // variants)):
        blocks[block] = permutation(key, f"{question}\0{block}", variants)
    return {name: blocks[index // variants][index % variants] for index, name in enumerate(candidates)}
