"""What a number stands for where it is written: an axis, a seed, an index, or just a number."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from grader.proof.mutation.spelling import application, called, literal

if TYPE_CHECKING:
    from grader.proof.mutation.place import Place

AXIS_KEYWORDS = frozenset({"dim", "dims", "axis", "axes", "dim0", "dim1", "axis1", "axis2"})
REDUCTIONS = frozenset({
    "sum", "mean", "amax", "amin", "max", "min", "all", "any", "prod", "median", "std", "var", "nansum", "nanmean",
    "logsumexp", "argmax", "argmin", "count_nonzero",
})  # fmt: skip
"""Functions that take an axis away."""
SMALL = 1e-4
"""A decimal number up to this one is there to avoid a division by zero."""
CLAMPS = frozenset({"clamp", "clip", "clamp_min", "clamp_max", "clamp_", "clip_"})
SEEDING = frozenset({"manual_seed", "manual_seed_all", "seed", "seed_everything", "set_seed"})
GENERATORS = frozenset({"default_rng", "RandomState", "Random", "PRNGKey"})

_FIRST = REDUCTIONS | {
    "softmax", "log_softmax", "cumsum", "cumprod", "flip", "squeeze", "unsqueeze", "expand_dims", "cat", "concat",
    "concatenate", "stack", "argsort", "sort", "size", "flatten", "unbind", "index_select", "gather", "scatter",
    "select", "narrow", "diff",
}  # fmt: skip
_SECOND = frozenset({"norm", "chunk", "split", "topk", "roll", "repeat_interleave", "repeat", "take_along_axis"})
_BOTH = frozenset({"transpose", "swapaxes", "swapdims", "movedim", "moveaxis"})
_LAYOUTS = frozenset({"view", "reshape", "expand"})


def is_axis(place: Place) -> bool:
    """Whether a literal names an axis: `dim=1`, `x.sum(1)`, `np.sum(x, axis=(0, 1))`."""
    match place.parent:
        case ast.Tuple() | ast.List() if place.up and literal(place.node) is not None:
            return _holds_axis(place.up)
    return literal(place.node) is not None and _holds_axis(place)


def _holds_axis(place: Place) -> bool:
    if isinstance(place.parent, ast.keyword):
        return place.parent.arg in AXIS_KEYWORDS
    found = application(place.parent)
    if found is None:
        return False
    at = next((at for at, argument in enumerate(found.rest) if argument is place.node), None)
    return (
        (at == 0 and found.name in _FIRST)
        or (at == 1 and found.name in _SECOND)
        or (at in {0, 1} and found.name in _BOTH)
    )


def is_index(place: Place) -> bool:
    """Whether a literal picks an element: `x[0]`, `x[:, 0]`."""
    within = place.up if isinstance(place.parent, ast.Tuple) else place
    return within is not None and isinstance(within.parent, ast.Subscript) and within.field == "slice"


def is_seed(place: Place) -> bool:
    """Whether a literal seeds a generator, so that another would do as well."""
    match place.parent:
        case ast.keyword(arg="seed" | "random_state"):
            return True
    return called(place.parent) in SEEDING | GENERATORS


def is_layout(place: Place) -> bool:
    """Whether a literal orders or infers axes: `x.permute(0, 2, 1)`, `x.view(n, -1)`."""
    function = called(place.parent)
    return function == "permute" or (function in _LAYOUTS and literal(place.node) == -1)


def is_signed(place: Place) -> bool:
    """Whether a literal is the number behind a minus, which is read with it."""
    return isinstance(place.parent, ast.UnaryOp) and literal(place.parent) is not None
