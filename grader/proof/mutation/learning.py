"""The mistakes of those who train: gradients, modes, optimizers, losses, seeds, what a model keeps."""

from __future__ import annotations

import ast
from itertools import pairwise
from typing import TYPE_CHECKING

from grader.proof.mutation.catalogue import Changes, operator
from grader.proof.mutation.place import bound_before, remade
from grader.proof.mutation.role import GENERATORS, SEEDING
from grader.proof.mutation.spelling import (
    application,
    applied,
    called,
    is_library,
    literal,
    name,
    negative,
    number,
    with_subject,
    words,
)

if TYPE_CHECKING:
    from grader.proof.mutation.place import Place

_PROTOCOL = frozenset({"zero_grad", "backward", "step", "clip_grad_norm_", "clip_grad_value_"})
_UNTRACKED = frozenset({"no_grad", "inference_mode"})
_CONFUSED_BOTH_WAYS = (
    ("ones_like", "zeros_like"), ("ones", "zeros"), ("new_ones", "new_zeros"), ("softmax", "log_softmax"),
    ("mse_loss", "l1_loss"), ("MSELoss", "L1Loss"), ("cross_entropy", "nll_loss"), ("std", "var"), ("exp", "expm1"),
    ("log", "log1p"),
)  # fmt: skip
_CONFUSED = {one: other for pair in _CONFUSED_BOTH_WAYS for one, other in (pair, pair[::-1])} | {
    "logsigmoid": "sigmoid",
    "binary_cross_entropy_with_logits": "binary_cross_entropy",
    "BCEWithLogitsLoss": "BCELoss",
    "relu": "gelu",
}
_ACTIVATIONS = frozenset({
    "softmax", "log_softmax", "sigmoid", "logsigmoid", "tanh", "relu", "gelu", "silu", "softplus", "exp", "log",
    "normalize", "dropout", "layer_norm",
})  # fmt: skip
_SMOOTH = _ACTIVATIONS | {
    "to", "sum", "mean", "amax", "amin", "std", "var", "norm", "sqrt", "masked_fill", "where", "matmul", "bmm",
    "einsum", "squeeze", "unsqueeze", "view", "reshape", "flatten", "transpose", "permute", "clamp", "cat", "stack",
}  # fmt: skip
_ODD = frozenset({"sigmoid", "logsigmoid", "log_sigmoid", "softplus"})
_TWINS = frozenset({
    ("real", "fake"), ("generator", "discriminator"), ("teacher", "student"), ("encoder", "decoder"),
    ("online", "target"), ("source", "target"), ("query", "key"), ("key", "value"), ("queries", "keys"),
    ("keys", "values"), ("q", "k"), ("k", "v"), ("train", "test"), ("train", "val"), ("prediction", "target"),
    ("logits", "labels"), ("positive", "negative"), ("mean", "var"), ("mu", "sigma"), ("user", "item"),
})  # fmt: skip
_COPYING = frozenset({"copy", "clone", "deepcopy"})
_SEED_KEYWORDS = frozenset({"generator", "rng", "random_state", "seed"})


@operator
def drop_detach(place: Place) -> Changes:
    """`x.detach()` becomes `x`."""
    found = applied(place.node, "detach", "stop_gradient")
    if found:
        yield found.subject


@operator
def cut_graph(place: Place) -> Changes:
    """What a function computes of tensors is returned without its gradient."""
    match place.node:
        case ast.Return(value=value) as node if value and _is_differentiable(value) and _tracks_gradients(place.module):
            yield remade(node, value=ast.Call(ast.Attribute(value, "detach", ast.Load()), [], []))


def _is_differentiable(value: ast.expr) -> bool:
    """Whether an expression is arithmetic, or ends in a function of tensors."""
    found = application(value)
    return isinstance(value, ast.BinOp) or (found is not None and found.name in _SMOOTH)


def _tracks_gradients(module: ast.AST) -> bool:
    nodes = [*ast.walk(module)]
    has_torch = any(isinstance(node, ast.Import) and node.names[0].name == "torch" for node in nodes)
    return has_torch and not any(isinstance(node, ast.Attribute) and node.attr in _UNTRACKED for node in nodes)


@operator
def drop_no_grad(place: Place) -> Changes:
    """A `no_grad` is forgotten: the decorator goes, `with torch.no_grad():` becomes `with torch.enable_grad():`."""
    if place.field == "decorator_list" and _UNTRACKED & {called(place.node), getattr(place.node, "attr", "")}:
        yield None
    match place.parent, place.node:
        case ast.withitem(), ast.Call(func=ast.Attribute(attr=attr) as function) as node if attr in _UNTRACKED:
            yield remade(node, func=remade(function, attr="enable_grad"), args=[], keywords=[])


@operator
def drop_zero_grad(place: Place) -> Changes:
    """`optimizer.zero_grad()` is forgotten."""
    if _is_statement(place, "zero_grad"):
        yield None


@operator
def drop_backward(place: Place) -> Changes:
    """`loss.backward()` is forgotten."""
    if _is_statement(place, "backward"):
        yield None


@operator
def drop_step(place: Place) -> Changes:
    """`optimizer.step()` is forgotten."""
    if _is_statement(place, "step"):
        yield None


def _is_statement(place: Place, *names: str) -> bool:
    return isinstance(place.node, ast.Expr) and called(place.node.value) in names


@operator
def swap_steps(place: Place) -> Changes:
    """`zero_grad`, `backward` and `step` come in the wrong order."""
    for field in ("body", "orelse"):
        found = getattr(place.node, field, None)
        block = found if isinstance(found, list) else []
        for at, pair in enumerate(pairwise(block)):
            names = {called(each.value) for each in pair if isinstance(each, ast.Expr)}
            if len(names & _PROTOCOL) == 2:
                yield remade(place.node, **{field: [*block[:at], *pair[::-1], *block[at + 2 :]]})


@operator
def drop_mode(place: Place) -> Changes:
    """`model.eval()` or `model.train()` is forgotten."""
    if _is_statement(place, "eval", "train"):
        yield None
    found = applied(place.node, "eval", "train")
    if found and found.is_method and not isinstance(place.parent, ast.Expr):
        yield found.subject


@operator
def flip_mode(place: Place) -> Changes:
    """`eval` and `train` are mistaken for each other."""
    match place.node:
        case ast.Call(func=ast.Attribute(attr="eval" | "train" as attr) as function, args=[]) as node:
            yield remade(node, func=remade(function, attr="train" if attr == "eval" else "eval"))
        case ast.Call(func=ast.Attribute(attr="train"), args=[ast.Name() as mode]) as node:
            yield remade(node, args=[ast.UnaryOp(ast.Not(), mode)])
        case ast.Attribute(attr="training", ctx=ast.Load()) as node:
            yield ast.UnaryOp(ast.Not(), node)


@operator
def loss_sign(place: Place) -> Changes:
    """A loss goes up instead of down."""
    match place.node:
        case ast.Assign(targets=[target], value=value) as node if "loss" in words(target):
            pass
        case ast.Return(value=ast.expr() as value) as node if "loss" in getattr(place.scope, "name", "").split("_"):
            pass
        case _:
            return
    if not isinstance(value, ast.UnaryOp | ast.Constant | ast.Tuple | ast.Dict):
        yield remade(node, value=negative(value))


@operator
def flip_logit(place: Place) -> Changes:
    """`sigmoid(x)`, `logsigmoid(x)` or `softplus(x)` is applied to `-x`."""
    found = applied(place.node, *_ODD)
    if found and not isinstance(found.subject, ast.UnaryOp):
        yield with_subject(found, negative(found.subject))


@operator
def confused_function(place: Place) -> Changes:
    """`ones` is mistaken for `zeros`, `softmax` for `log_softmax`, a loss of logits for one of probabilities."""
    match place.node:
        case ast.Call(func=ast.Attribute(attr=attr) as function) as node if attr in _CONFUSED:
            yield remade(node, func=remade(function, attr=_CONFUSED[attr]))


@operator
def drop_activation(place: Place) -> Changes:
    """`softmax`, `exp`, `sigmoid` and the like are forgotten."""
    found = applied(place.node, *_ACTIVATIONS)
    if found and not isinstance(place.parent, ast.Expr):
        yield found.subject


@operator
def drop_item(place: Place) -> Changes:
    """`x.item()` becomes `x`."""
    found = applied(place.node, "item")
    if found and found.is_method and not found.rest:
        yield found.subject


@operator
def confused_name(place: Place) -> Changes:
    """`opt_g` is mistaken for `opt_d`, `real` for `fake`, `q` for `k`."""
    match place.node, place.parent:
        case ast.Name(), ast.Attribute(attr="dtype" | "device"):  # most often the same, and no mistake
            return
        case ast.Name(id=used, ctx=ast.Load()), _:
            bound = bound_before(place)
            for other in sorted(bound) if used in bound else ():
                if _are_twins(used, other):
                    yield name(other)


def _are_twins(one: str, other: str) -> bool:
    """Whether two names differ in one word, and have another in common or are known to be taken for each other."""
    ours, theirs = one.split("_"), other.split("_")
    differing = [pair for pair in zip(ours, theirs, strict=False) if pair[0] != pair[1]]
    if len(ours) != len(theirs) or len(differing) != 1 or not all(ours + theirs):
        return False
    pair = differing[0]
    letters = len(pair[0]) == len(pair[1]) == 1
    common = any(len(word) > 1 or letters for word in set(ours) & set(theirs))  # `opt_d` is not mistaken for `noise_d`
    return common or pair in _TWINS or pair[::-1] in _TWINS or _are_numbered(*pair)


def _are_numbered(one: str, other: str) -> bool:
    stems = {word.rstrip("0123456789") for word in (one, other)}
    return len(stems) == 1 and not stems & {one, other}


@operator
def drop_seed(place: Place) -> Changes:
    """A seed is forgotten."""
    if _is_statement(place, *SEEDING):
        yield None
    found = applied(place.node, *SEEDING)
    if found and found.is_method and not isinstance(place.parent, ast.Expr):
        yield found.subject
    if isinstance(place.node, ast.keyword) and place.node.arg in _SEED_KEYWORDS:
        yield None


@operator
def fixed_seed(place: Place) -> Changes:
    """`default_rng(seed)` becomes `default_rng(0)`."""
    match place.node:
        case ast.Call(args=[seed]) as node if called(node) in SEEDING | GENERATORS and literal(seed) is None:
            yield remade(node, args=[number(0)])


@operator
def drop_bias(place: Place) -> Changes:
    """`x + bias` becomes `x`."""
    match place.node:
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from (kept for kept, lost in ((left, right), (right, left)) if "bias" in words(lost))
        case ast.Call(args=[_, *_, last], keywords=[]) as node if "bias" in words(last) and is_library(node.func):
            yield remade(node, args=node.args[:-1])
        case ast.keyword(arg="bias", value=value) if not isinstance(value, ast.Constant):
            yield None


@operator
def swap_weights(place: Place) -> Changes:
    """`b * m + (1 - b) * g` becomes `(1 - b) * m + b * g`."""
    match place.node:
        case ast.BinOp(ast.BinOp(a, ast.Mult(), _) as left, ast.Add(), ast.BinOp(b, ast.Mult(), _) as right) as node:
            if _are_complements(a, b) or _are_complements(b, a):
                yield remade(node, left=remade(left, left=b), right=remade(right, left=a))


def _are_complements(one: ast.expr, other: ast.expr) -> bool:
    match other:
        case ast.BinOp(left=ast.Constant(value=1), op=ast.Sub(), right=share):
            return ast.dump(share) == ast.dump(one)
    return False


@operator
def drop_complement(place: Place) -> Changes:
    """`1 - x` becomes `x`."""
    match place.node:
        case ast.BinOp(left=ast.Constant(value=1), op=ast.Sub(), right=share):
            yield share


@operator
def drop_copy(place: Place) -> Changes:
    """`x.copy()`, `x.clone()`, `deepcopy(x)`, `dict(x)` or `list(x)` becomes `x`."""
    found = applied(place.node, *_COPYING)
    if found and not found.rest:
        yield found.subject
    match place.node:
        case ast.Call(func=ast.Name(id="dict" | "list"), args=[ast.Name() | ast.Attribute() as copied], keywords=[]):
            yield copied


@operator
def shallow_copy(place: Place) -> Changes:
    """`copy.deepcopy(x)` becomes `copy.copy(x)`."""
    match place.node:
        case ast.Call(func=ast.Attribute(attr="deepcopy") as function) as node:
            yield remade(node, func=remade(function, attr="copy"))


@operator
def unsaved_buffer(place: Place) -> Changes:
    """A buffer is left out of the state dict."""
    match place.node:
        case ast.Call(func=ast.Attribute(attr="register_buffer"), args=[_, _], keywords=[]) as node:
            yield remade(node, keywords=[ast.keyword("persistent", ast.Constant(value=False))])


@operator
def drop_parameter(place: Place) -> Changes:
    """`nn.Parameter(x)` becomes `x`, which no optimizer sees."""
    found = applied(place.node, "Parameter")
    if found:
        yield found.subject


OPERATORS = (
    drop_detach,
    cut_graph,
    drop_no_grad,
    drop_zero_grad,
    drop_backward,
    drop_step,
    swap_steps,
    drop_mode,
    flip_mode,
    loss_sign,
    flip_logit,
    confused_function,
    drop_activation,
    drop_item,
    confused_name,
    drop_seed,
    fixed_seed,
    drop_bias,
    swap_weights,
    drop_complement,
    drop_copy,
    shallow_copy,
    unsaved_buffer,
    drop_parameter,
)
