"""The mistakes of those who compute with tensors: axes, reductions, masks, scales, number formats, rounding."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING

from grader.proof.mutation.catalogue import Changes, operator
from grader.proof.mutation.place import remade
from grader.proof.mutation.role import AXIS_KEYWORDS, CLAMPS, REDUCTIONS, SMALL, is_axis
from grader.proof.mutation.spelling import (
    Application,
    application,
    applied,
    is_module,
    literal,
    number,
    shifted,
    term,
    with_subject,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.proof.mutation.place import Place

_KEEPING = frozenset({"keepdim", "keepdims"})
_MEANS = {"mean": "sum", "sum": "mean", "nanmean": "nansum", "nansum": "nanmean"}
_LOSSES = frozenset({
    "cross_entropy", "nll_loss", "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "kl_div",
})  # fmt: skip
_PAIRED = frozenset({"max", "min", "median"})  # torch returns the places too where there is an axis
_SPREADS = frozenset({"var", "std"})
_ROOTS = frozenset({"sqrt", "rsqrt", "norm", "std"})
_SCALES = frozenset({"scale", "scales", "temperature", "std", "sigma", "gamma", "lr"})
_OFFSETS = frozenset({"point", "zp", "offset", "shift", "mean", "mu"})
_TRANSPOSES = frozenset({"transpose", "swapaxes", "swapdims", "permute", "t", "moveaxis", "movedim"})
_CASTS = frozenset({
    "to", "astype", "type", "type_as", "float", "double", "half", "bfloat16", "long", "int", "short", "bool",
})  # fmt: skip
_NARROWER = {
    "float64": "float32", "double": "float", "float32": "float16", "float": "half", "int64": "int32", "long": "int",
    "int32": "int16", "int": "short", "int16": "int8", "int8": "uint8", "uint8": "int8", "complex128": "complex64",
}  # fmt: skip
_ROUNDINGS = {
    "round": ("floor", "trunc"), "rint": ("floor", "trunc"), "floor": ("ceil", "round"), "ceil": ("floor", "round"),
    "trunc": ("floor", "round"),
}  # fmt: skip
_TRIANGLES = {"tril": "triu", "triu": "tril", "tril_indices": "triu_indices", "triu_indices": "tril_indices"}
_FILLS = frozenset({"masked_fill", "masked_fill_"})
_MASKED = _FILLS | {"masked_select", "masked_scatter"}
_MASK_WORDS = frozenset({"mask", "padding", "valid", "keep", "allowed"})
_RESHAPES = frozenset({"unsqueeze", "squeeze", "flatten", "expand_dims"})


@operator
def axis(place: Place) -> Changes:
    """An axis is one less or one more."""
    value = literal(place.node)
    if isinstance(value, int) and is_axis(place):
        yield number(value - 1)
        yield number(value + 1)


@operator
def new_axis(place: Place) -> Changes:
    """`x[:, None]` becomes `x[None, :]`."""
    match place.node, place.field:
        case ast.Tuple(elts=indices) as node, "slice":
            for at, (left, right) in enumerate(pairwise(indices)):
                if {_is_everything(left), _is_everything(right)} == {_is_new(left), _is_new(right)} == {True, False}:
                    yield remade(node, elts=[*indices[:at], right, left, *indices[at + 2 :]])


def _is_new(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_everything(node: ast.expr) -> bool:
    return isinstance(node, ast.Slice) and not (node.lower or node.upper or node.step)


@operator
def keepdim(place: Place) -> Changes:
    """A reduced axis is kept, or not."""
    match place.node, place.parent:
        case ast.Constant(value=bool() as value), ast.keyword(arg=option) if option in _KEEPING:
            yield ast.Constant(value=not value)


@operator
def mean_sum(place: Place) -> Changes:
    """`mean` and `sum` are mistaken for each other, also as the reduction of a loss."""
    found = application(place.node)
    if found and found.name in _MEANS:
        yield _renamed(found, _MEANS[found.name])
    if found and found.name in _LOSSES and all(keyword.arg != "reduction" for keyword in found.call.keywords):
        extra = ast.keyword("reduction", ast.Constant(value="sum"))
        yield remade(found.call, keywords=[*found.call.keywords, extra])
    match place.node, place.parent:
        case ast.Constant(value="mean" | "sum" as way), ast.keyword(arg="reduction"):
            yield ast.Constant(value=_MEANS[way])


def _renamed(found: Application, name: str) -> ast.Call:
    function = found.call.func
    field = "attr" if isinstance(function, ast.Attribute) else "id"
    return remade(found.call, func=remade(function, **{field: name}))


@operator
def per_tensor(place: Place) -> Changes:
    """A reduction along an axis becomes one over everything: one scale per tensor instead of one per channel."""
    found = applied(place.node, *REDUCTIONS)
    if found is None:
        return
    keywords = found.call.keywords
    options = {keyword.arg for keyword in keywords}
    positional = bool(found.rest) and literal(found.rest[0]) is not None
    if not (positional or options & AXIS_KEYWORDS) or (found.name in _PAIRED and "axis" not in options):
        return
    kept = [keyword for keyword in keywords if keyword.arg not in AXIS_KEYWORDS | _KEEPING]
    arguments = found.call.args[: -len(found.rest)] if positional else found.call.args
    yield remade(found.call, args=arguments, keywords=kept)


@operator
def variance(place: Place) -> Changes:
    """A variance is divided by n instead of n - 1, or the other way round."""
    match place.node:
        case ast.keyword(arg="correction" | "ddof", value=ast.Constant(value=0 | 1 as value)) as node:
            yield remade(node, value=ast.Constant(value=1 - value))
        case ast.keyword(arg="unbiased", value=ast.Constant(value=bool() as value)) as node:
            yield remade(node, value=ast.Constant(value=not value))
    found = applied(place.node, *_SPREADS)
    if found and not {keyword.arg for keyword in found.call.keywords} & {"correction", "ddof", "unbiased"}:
        yield from _corrected(found)


def _corrected(found: Application) -> Iterator[ast.Call]:
    """Give a variance the correction that its library does not take by itself."""
    options = {keyword.arg for keyword in found.call.keywords}
    owner = found.call.func.value if isinstance(found.call.func, ast.Attribute) else None
    if "axis" in options or (isinstance(owner, ast.Name) and owner.id in {"np", "numpy", "jnp"}):
        extra = ast.keyword("ddof", ast.Constant(value=1))
    elif "dim" in options or (isinstance(owner, ast.Name) and owner.id == "torch"):
        extra = ast.keyword("correction", ast.Constant(value=0))
    else:
        return
    yield remade(found.call, keywords=[*found.call.keywords, extra])


@operator
def eps(place: Place) -> Changes:
    """What avoids a division by zero is left out: `x + eps` becomes `x`, `1e-8` becomes `0.0`."""
    match place.node:
        case ast.BinOp(left=left, op=ast.Add(), right=right) if _is_eps(right):
            yield left
        case ast.Constant(value=float() as value) if 0 < value <= SMALL and not _is_added(place):
            yield number(0.0)
        case ast.Name(ctx=ast.Load()) as node if _is_eps(node) and not _is_added(place) and place.field != "func":
            yield number(0.0)


def _is_eps(node: ast.expr) -> bool:
    value = literal(node)
    return bool(words(node) & {"eps", "epsilon"}) or (isinstance(value, float) and 0 < value <= SMALL)


def _is_added(place: Place) -> bool:
    return place.field == "right" and isinstance(place.parent, ast.BinOp) and isinstance(place.parent.op, ast.Add)


@operator
def drop_normalisation(place: Place) -> Changes:
    """`x / sqrt(d)`, `x * d ** -0.5` or `x / x.norm()` becomes `x`."""
    match place.node:
        case ast.BinOp(left=left, op=ast.Div() | ast.Mult(), right=right) if _is_root(right):
            yield left
        case ast.BinOp(left=left, op=ast.Mult(), right=right) if _is_root(left):
            yield right


def _is_root(node: ast.expr) -> bool:
    match node:
        case ast.BinOp(op=ast.Pow(), right=exponent):
            return literal(exponent) in {0.5, -0.5}
    return applied(_without_eps(node), *_ROOTS) is not None


def _without_eps(node: ast.expr) -> ast.expr:
    match node:
        case ast.BinOp(left=left, op=ast.Add(), right=right) if _is_eps(right):
            return left
    return node


@operator
def drop_root(place: Place) -> Changes:
    """`sqrt(x)` becomes `x`."""
    found = applied(place.node, "sqrt")
    if found:
        yield found.subject


@operator
def drop_scale(place: Place) -> Changes:
    """`x * scale` or `x / scale` becomes `x`."""
    match place.node:
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div(), right=right) if words(_without_eps(right)) & _SCALES:
            yield left
        case ast.BinOp(left=left, op=ast.Mult(), right=right) if words(left) & _SCALES:
            yield right


@operator
def drop_offset(place: Place) -> Changes:
    """`x + zero_point`, `x - mean` or `x - x.max()` becomes `x`."""
    match place.node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub(), right=right) if words(right) & _OFFSETS:
            yield left
        case ast.BinOp(left=left, op=ast.Sub(), right=right) if applied(right, "mean", "max", "amax"):
            yield left


@operator
def drop_transpose(place: Place) -> Changes:
    """`x.T`, `x.transpose(1, 2)` or `x.permute(0, 2, 1)` becomes `x`."""
    match place.node:
        case ast.Attribute(value=owner, attr="T" | "mT" | "H" | "mH", ctx=ast.Load()) if not is_module(owner):
            yield owner
    found = applied(place.node, *_TRANSPOSES)
    if found:
        yield found.subject


@operator
def swap_factors(place: Place) -> Changes:
    """`a @ b` becomes `b @ a`."""
    match place.node:
        case ast.BinOp(left=left, op=ast.MatMult(), right=right) as node:
            yield remade(node, left=right, right=left)


@operator
def shape_order(place: Place) -> Changes:
    """`n, d = x.shape` becomes `d, n = x.shape`."""
    match place.node:
        case ast.Assign(targets=[ast.Tuple(elts=names) as target], value=ast.Attribute(attr="shape")) as node:
            for at, (left, right) in enumerate(pairwise(names)):
                if not {term(left), term(right)} & {"", "_"}:
                    swapped = [*names[:at], right, left, *names[at + 2 :]]
                    yield remade(node, targets=[remade(target, elts=swapped)])


@operator
def drop_reshape(place: Place) -> Changes:
    """`x.unsqueeze(1)` or `x.flatten()` becomes `x`."""
    found = applied(place.node, *_RESHAPES)
    if found:
        yield found.subject


@operator
def einsum(place: Place) -> Changes:
    """The last two axes of an einsum's result are swapped."""
    match place.node:
        case ast.Call(args=[ast.Constant(value=str(rule)), *operands]) as node if rule[-2:].isalpha() and "->" in rule:
            yield remade(node, args=[ast.Constant(value=rule[:-2] + rule[-1] + rule[-2]), *operands])


@operator
def drop_cast(place: Place) -> Changes:
    """`x.float()`, `x.to(dtype)` or `dtype=` is forgotten."""
    found = applied(place.node, *_CASTS)
    if found and found.is_method and not _names_device(found.call):
        yield found.subject
    if isinstance(place.node, ast.keyword) and place.node.arg == "dtype":
        yield None


def _names_device(call: ast.Call) -> bool:
    """Whether a call moves a tensor, which shows on no machine with one device."""
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any("device" in words(each) or isinstance(each, ast.Constant) for each in arguments)


@operator
def narrow_dtype(place: Place) -> Changes:
    """`float64` becomes `float32`, `int32` becomes `int16`, `x.double()` becomes `x.float()`."""
    match place.node:
        case ast.Attribute(value=owner, attr=attr) as node if is_module(owner) and attr in _NARROWER:
            yield remade(node, attr=_NARROWER[attr])
        case ast.Call(func=ast.Attribute(value=owner), args=[], keywords=[]) if not is_module(owner):
            found = applied(place.node, *_NARROWER)
            if found:
                yield _renamed(found, _NARROWER[found.name])


@operator
def rounding(place: Place) -> Changes:
    """`round` becomes `floor` and `trunc`, `floor` becomes `ceil`."""
    found = application(place.node)
    if found and isinstance(found.call.func, ast.Attribute):
        for other in _ROUNDINGS.get(found.name, ()):
            yield _renamed(found, other)
    match place.node:
        case ast.Call(func=ast.Name(id="round") as function, args=[_]) as node:
            yield remade(node, func=remade(function, id="int"))


@operator
def drop_clamp(place: Place) -> Changes:
    """`x.clamp(a, b)` becomes `x`."""
    found = applied(place.node, *CLAMPS)
    if found and not isinstance(place.parent, ast.Expr):
        yield found.subject


@operator
def diagonal(place: Place) -> Changes:
    """`tril` and `triu` begin one diagonal further up or down."""
    found = applied(place.node, "tril", "triu")
    if found is None:
        return
    call = found.call
    given = next((keyword for keyword in call.keywords if keyword.arg in {"diagonal", "k"}), None)
    for by in (1, -1):
        if given:
            yield remade(call, keywords=[remade(given, value=shifted(given.value, by))])
        elif found.rest:
            yield remade(call, args=[*call.args[:-1], shifted(found.rest[-1], by)])
        else:
            yield remade(call, args=[*call.args, number(by)])


@operator
def triangle(place: Place) -> Changes:
    """`tril` and `triu` are mistaken for each other."""
    found = applied(place.node, *_TRIANGLES)
    if found and isinstance(found.call.func, ast.Attribute):
        yield _renamed(found, _TRIANGLES[found.name])


@operator
def fill_value(place: Place) -> Changes:
    """`x.masked_fill(mask, -inf)` becomes `x.masked_fill(mask, 0)`."""
    found = applied(place.node, *_FILLS)
    if found and len(found.rest) == 2 and literal(found.rest[1]) is None:
        yield remade(found.call, args=[*found.call.args[:-1], number(0)])


@operator
def drop_masking(place: Place) -> Changes:
    """`x.masked_fill(mask, value)` becomes `x`."""
    found = applied(place.node, *_FILLS)
    if found and not isinstance(place.parent, ast.Expr):
        yield found.subject


@operator
def invert_mask(place: Place) -> Changes:
    """A mask stands for what it leaves out: `~mask` becomes `mask`, and `mask` becomes `~mask`."""
    match place.node:
        case ast.UnaryOp(op=ast.Invert(), operand=operand):
            yield operand
        case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()) | ast.Call() as node if _is_mask(place):
            yield ast.UnaryOp(ast.Invert(), node)


def _is_mask(place: Place) -> bool:
    """Whether an expression picks what is filled or selected."""
    found = applied(place.parent, *_MASKED)
    if found and found.rest:
        return found.rest[0] is place.node
    return place.field == "slice" and isinstance(place.node, ast.Name) and bool(words(place.node) & _MASK_WORDS)


@operator
def swap_where(place: Place) -> Changes:
    """`where(mask, a, b)` becomes `where(mask, b, a)`."""
    found = applied(place.node, "where")
    match found:
        case Application(is_method=False, subject=condition, rest=(one, other)):
            yield remade(found.call, args=[condition, other, one])
        case Application(is_method=True, subject=one, rest=(condition, other)):
            yield remade(with_subject(found, other), args=[condition, one])


OPERATORS = (
    axis,
    new_axis,
    keepdim,
    mean_sum,
    per_tensor,
    variance,
    eps,
    drop_normalisation,
    drop_root,
    drop_scale,
    drop_offset,
    drop_transpose,
    swap_factors,
    shape_order,
    drop_reshape,
    einsum,
    drop_cast,
    narrow_dtype,
    rounding,
    drop_clamp,
    diagonal,
    triangle,
    fill_value,
    drop_masking,
    invert_mask,
    swap_where,
)
