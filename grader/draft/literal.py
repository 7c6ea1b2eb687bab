"""A value as Python text that makes it again, for the kinds of value that cross the wire."""

from __future__ import annotations

import math
from typing import Any

LONGEST = 20_000


def literal(value: Any) -> str:
    """Return an expression for a value.

    Raises:
        ValueError: it is of a kind that a suite does not hold, or larger than a person would read.
    """
    text = _written(value)
    if len(text) > LONGEST:
        raise ValueError("it is too large for a suite")
    return text


def _written(value: Any) -> str:
    match value:
        case None | bool() | int() | str():
            return repr(value)
        case float():
            return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
        case list():
            return f"[{', '.join(map(_written, value))}]"
        case tuple():
            return f"({''.join(f'{_written(each)}, ' for each in value).rstrip()})"
        case dict():
            return f"{{{', '.join(f'{_written(key)}: {_written(each)}' for key, each in value.items())}}}"
    if type(value).__module__ == "torch" and type(value).__name__ == "Tensor":
        return f"torch.tensor({_written(value.tolist())}, dtype={value.dtype})"
    raise ValueError(f"a {type(value).__name__} has no place in a suite")
