"""The ordinary mistakes: signs, comparisons, constants, bounds, branches, statements."""

from __future__ import annotations

import ast
import builtins
import math
from itertools import pairwise
from typing import TYPE_CHECKING

from grader.proof.mutation.catalogue import Changes, operator
from grader.proof.mutation.place import bound_before, remade
from grader.proof.mutation.role import CLAMPS, SMALL, is_axis, is_index, is_layout, is_seed, is_signed
from grader.proof.mutation.spelling import called, is_text, literal, name, number, shifted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.proof.mutation.place import Place

_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.MatMult: ast.Mult,
    ast.FloorDiv: ast.Div, ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.BitXor: ast.BitOr,
}  # fmt: skip
_BOUNDARY: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
}  # fmt: skip
_NEGATION: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
_OPPOSITES = (
    ("min", "max"), ("any", "all"), ("amin", "amax"), ("argmin", "argmax"), ("minimum", "maximum"),
    ("cummin", "cummax"), ("nanmin", "nanmax"), ("startswith", "endswith"), ("lstrip", "rstrip"),
    ("upper", "lower"), ("find", "rfind"), ("sin", "cos"), ("union", "intersection"),
    ("logical_and", "logical_or"), ("bisect_left", "bisect_right"), ("keys", "values"), ("digest", "hexdigest"),
)  # fmt: skip
_OPPOSITE = {one: other for pair in _OPPOSITES for one, other in (pair, pair[::-1])}
_CONFUSED_TYPES = {"dict": "list", "list": "tuple", "tuple": "list", "int": "float", "float": "int", "str": "bytes"}
_WRAPPERS = frozenset({"sorted", "reversed", "abs", "set", "frozenset"})
_REFINEMENTS = frozenset({"abs", "strip", "lower", "upper", "casefold"})
_TELLING = frozenset({"print", "warn", "debug", "info", "warning", "error", "exception", "log"})
_COMMUTATIVE = frozenset({"min", "max", "maximum", "minimum", "add", "mul", "gcd", "lcm", "hypot", "allclose", "equal"})
_TYPED = frozenset({"isinstance", "issubclass", "getattr", "hasattr", "setattr"})
_OPTIONS = frozenset({"encoding", "errors", "mode", "reduction", "method", "side", "indexing", "kind", "device"})
_ML_KEYWORDS = frozenset(
    {"dtype", "dim", "dims", "axis", "axes", "eps", "generator", "rng", "seed", "random_state", "bias", "diagonal"}
)


@operator
def arithmetic(place: Place) -> Changes:
    """`+` and `-`, `*` and `/` are mistaken for each other, `@` for `*`, `//` for `/`, `**` for `*`, `&` for `|`."""
    match place.node:
        case ast.BinOp(left=left, right=right) as node if not _is_idle(node):
            if not (is_text(left) or is_text(right) or isinstance(left, ast.List) or _is_union(node)):
                yield remade(node, op=_ARITHMETIC[type(node.op)]())
        case ast.AugAssign(value=value) as node if not is_text(value):
            yield remade(node, op=_ARITHMETIC[type(node.op)]())


def _is_idle(node: ast.BinOp) -> bool:
    """Whether the sign makes no difference: `x * 1`, `x + 0`."""
    neutral = 1 if isinstance(node.op, ast.Mult | ast.Div) else 0
    return isinstance(node.op, ast.Mult | ast.Div | ast.Add | ast.Sub) and literal(node.right) == neutral


def _is_union(node: ast.BinOp) -> bool:
    """Whether it is one of types, such as `int | None`."""
    match node:
        case ast.BinOp(op=ast.BitOr(), right=ast.Constant(value=None)):
            return True
        case ast.BinOp(op=ast.BitOr(), right=ast.Name(id=word) | ast.Attribute(attr=word)):
            return isinstance(getattr(builtins, word, None), type) or word[0].isupper()
    return False


@operator
def drop_accumulation(place: Place) -> Changes:
    """`x += y` becomes `x = y`."""
    match place.node:
        case ast.AugAssign(target=target, value=value) as node:
            yield ast.copy_location(ast.Assign([target], value), node)


@operator
def comparison_boundary(place: Place) -> Changes:
    """`<` becomes `<=`, and so on: the boundary falls on the other side."""
    yield from _compared(place.node, _BOUNDARY)


@operator
def comparison_negation(place: Place) -> Changes:
    """`==` becomes `!=`, `<` becomes `>=`, `in` becomes `not in`."""
    yield from _compared(place.node, _NEGATION)


def _compared(node: ast.AST, table: dict[type[ast.cmpop], type[ast.cmpop]]) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare):
        for at, sign in enumerate(node.ops):
            if type(sign) in table:
                yield remade(node, ops=[*node.ops[:at], table[type(sign)](), *node.ops[at + 1 :]])


@operator
def and_or(place: Place) -> Changes:
    """`and` and `or` are mistaken for each other."""
    if isinstance(place.node, ast.BoolOp):
        yield remade(place.node, op=ast.Or() if isinstance(place.node.op, ast.And) else ast.And())


@operator
def drop_operand(place: Place) -> Changes:
    """One side of an `and` or `or` is forgotten."""
    match place.node:
        case ast.BoolOp(values=[left, right]):
            yield left
            yield right
        case ast.BoolOp(values=values) as node:
            for at in range(len(values)):
                yield remade(node, values=[*values[:at], *values[at + 1 :]])


@operator
def drop_sign(place: Place) -> Changes:
    """A `not`, `-` or `~` is forgotten."""
    match place.node:
        case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert(), operand=operand) if literal(place.node) is None:
            yield operand


@operator
def negate_condition(place: Place) -> Changes:
    """`if x` becomes `if not x`, which swaps the branches."""
    match place.node:
        case ast.expr() as test if _is_condition(place, ast.If, ast.comprehension) and not _is_compared(test):
            yield ast.UnaryOp(ast.Not(), test)


@operator
def swap_branches(place: Place) -> Changes:
    """`a if x else b` becomes `b if x else a`."""
    if isinstance(place.node, ast.IfExp) and not _is_compared(place.node.test):
        yield remade(place.node, body=place.node.orelse, orelse=place.node.body)


@operator
def constant_condition(place: Place) -> Changes:
    """A branch is taken always or never."""
    if _is_condition(place, ast.If, ast.IfExp) and not _is_guard(place.parent):
        yield ast.Constant(value=True)
        yield ast.Constant(value=False)


@operator
def drop_filter(place: Place) -> Changes:
    """`[x for x in y if z]` becomes `[x for x in y]`."""
    if _is_condition(place, ast.comprehension):
        yield None


def _is_condition(place: Place, *parents: type[ast.AST]) -> bool:
    is_test = place.field in {"test", "ifs"} and isinstance(place.parent, parents)
    return is_test and not isinstance(place.node, ast.Constant)


def _is_compared(node: ast.AST) -> bool:
    """Whether another operator negates a condition already."""
    match node:
        case ast.Compare(ops=[_]) | ast.UnaryOp(op=ast.Not()):
            return True
    return False


def _is_guard(node: ast.AST | None) -> bool:
    """Whether a statement does nothing but raise under a condition."""
    match node:
        case ast.If(body=[ast.Raise()], orelse=[]):
            return True
    return False


@operator
def off_by_one(place: Place) -> Changes:
    """A whole number becomes one more and one less."""
    value = literal(place.node)
    if isinstance(value, int) and _is_mere_number(place):
        for by in _steps(place, value):
            yield number(value + by)


def _is_mere_number(place: Place) -> bool:
    """Whether no other operator knows better what the number is there for."""
    match place.parent:
        case ast.BinOp(op=ast.Sub(), left=left) if left is place.node and literal(left) == 1:
            return False
        case ast.keyword(arg="correction" | "ddof"):
            return False
    return not (is_signed(place) or is_axis(place) or is_seed(place) or is_layout(place))


def _steps(place: Place, value: int) -> tuple[int, ...]:
    """Return the steps worth taking; beside a comparison one of them is the other side of the boundary."""
    match place.parent:
        case ast.Compare(ops=[ast.Gt() | ast.LtE()]):
            return (1,) if place.field == "comparators" else (-1,)
        case ast.Compare(ops=[ast.Lt() | ast.GtE()]):
            return (-1,) if place.field == "comparators" else (1,)
        case ast.Compare(ops=[_]):
            return (1,)
    return (1, -1) if value or is_index(place) else (1,)


@operator
def other_factor(place: Place) -> Changes:
    """A decimal number becomes twice as much, and zero; zero becomes one."""
    value = literal(place.node)
    if isinstance(value, float) and math.isfinite(value) and not is_signed(place):
        if value == 0:
            yield number(1.0)
        elif abs(value) > SMALL:
            yield number(2 * value)
            yield number(0.0)


@operator
def flip_flag(place: Place) -> Changes:
    """`True` and `False` are mistaken for each other."""
    match place.node:
        case ast.Constant(value=bool() as value) if not isinstance(place.parent, ast.While):
            yield ast.Constant(value=not value)


@operator
def other_text(place: Place) -> Changes:
    """A name in quotes is misspelt, other text is left empty."""
    match place.node:
        case ast.Constant(value=str() as text) if text and not _is_option(place):
            yield ast.Constant(value=f"{text}_" if text.isidentifier() else "")


def _is_option(place: Place) -> bool:
    """Whether a text is one of few that are allowed, or only for people to read."""
    if isinstance(place.parent, ast.keyword) and place.parent.arg in _OPTIONS:
        return True
    return isinstance(place.parent, ast.JoinedStr) or called(place.parent) in _TELLING | {"einsum"}


@operator
def range_bounds(place: Place) -> Changes:
    """`range(n)` becomes `range(n - 1)` and `range(1, n)`; a loop that only counts, one more."""
    match place.node:
        case ast.Call(func=ast.Name(id="range"), args=[stop]) as node:
            yield remade(node, args=[shifted(stop, -1)])
            yield remade(node, args=[shifted(stop, 1)] if _only_counts(place) else [ast.Constant(value=1), stop])
        case ast.Call(func=ast.Name(id="range"), args=[start, stop, *step]) as node:
            yield remade(node, args=[start, shifted(stop, -1), *step])
            yield remade(node, args=[shifted(start, 1), stop, *step])


def _only_counts(place: Place) -> bool:
    match place.parent:
        case ast.For(target=ast.Name(id=target)) | ast.comprehension(target=ast.Name(id=target)):
            return target.startswith("_")
    return False


@operator
def slice_bounds(place: Place) -> Changes:
    """`x[:n]` becomes `x[:n - 1]`, `x[:n + 1]` and `x[:]`."""
    if not isinstance(place.node, ast.Slice):
        return
    for field in ("lower", "upper", "step"):
        bound = getattr(place.node, field)
        if bound is None:
            continue
        if literal(bound) is None and field != "step":
            yield remade(place.node, **{field: shifted(bound, -1)})
            yield remade(place.node, **{field: shifted(bound, 1)})
        yield remade(place.node, **{field: None})


@operator
def empty_loop(place: Place) -> Changes:
    """A loop is never entered."""
    if place.field == "iter" and isinstance(place.parent, ast.For | ast.AsyncFor):
        yield ast.Tuple([], ast.Load())
    if place.field == "test" and isinstance(place.parent, ast.While):
        yield ast.Constant(value=False)


@operator
def break_continue(place: Place) -> Changes:
    """`break` and `continue` are mistaken for each other."""
    if isinstance(place.node, ast.Continue):
        yield ast.Break()
    if isinstance(place.node, ast.Break) and _is_in_for(place):
        yield ast.Continue()


def _is_in_for(place: Place) -> bool:
    """Whether the innermost loop ends by itself."""
    loops = [node for node in place.above if isinstance(node, ast.For | ast.AsyncFor | ast.While)]
    return not isinstance(loops[0], ast.While)


@operator
def remove_statement(place: Place) -> Changes:
    """A call, an assignment to a name that is already bound, a guard, a `continue` is forgotten."""
    match place.node:
        case ast.Expr(value=ast.Call() as call) if called(call) in _TELLING:
            return
        case ast.Break() if not _is_in_for(place):
            return
        case ast.Expr(value=ast.Call() | ast.Await()) | ast.AugAssign() | ast.Delete() | ast.Assert():
            yield None
        case ast.Break() | ast.Continue():
            yield None
        case ast.Assign(targets=targets, value=value) if all(_stays_bound(place, each, value) for each in targets):
            yield None
        case node if _is_guard(node):
            yield None


def _stays_bound(place: Place, target: ast.expr, value: ast.expr) -> bool:
    """Whether what an assignment binds has a value without it."""
    match target:
        case ast.Name(id=bound):
            return bound in bound_before(place)
        case ast.Tuple(elts=targets) | ast.List(elts=targets):
            return all(_stays_bound(place, each, value) for each in targets)
        case ast.Attribute():
            return ast.unparse(target) in ast.unparse(value)
    return isinstance(target, ast.Subscript)


@operator
def return_value(place: Place) -> Changes:
    """What is returned is forgotten, or, if it is a truth value, negated."""
    match place.node:
        case ast.Return(value=ast.Name() | ast.Attribute()) as node:
            yield remade(node, value=ast.Constant(value=None))
        case ast.Return(value=ast.Call(func=ast.Name(id="isinstance" | "any" | "all" | "bool")) as call) as node:
            yield remade(node, value=ast.UnaryOp(ast.Not(), call))


@operator
def opposite_call(place: Place) -> Changes:
    """`min` and `max`, `any` and `all`, `sin` and `cos` are mistaken for each other."""
    opposite = _OPPOSITE.get(called(place.node), "")
    match place.node:
        case ast.Call(func=ast.Name()) as node if hasattr(builtins, opposite):
            yield remade(node, func=name(opposite))
        case ast.Call(func=ast.Attribute() as function) as node if opposite:
            yield remade(node, func=remade(function, attr=opposite))


@operator
def drop_call(place: Place) -> Changes:
    """`sorted(x)`, `abs(x)` or `x.strip()` becomes `x`, and so does `f(x, y)` where `f` is a function of the file."""
    match place.node:
        case ast.Call(func=ast.Name(id=function), args=[argument, *rest]):
            known = (function in _WRAPPERS and not rest) or function in _defined(place)
            if known and not isinstance(argument, ast.Starred) and not isinstance(place.parent, ast.Expr):
                yield argument
        case ast.Call(func=ast.Attribute(value=owner, attr=function), args=[]) if function in _REFINEMENTS:
            yield owner


def _defined(place: Place) -> set[str]:
    """Return the names of the functions of the file."""
    body = place.module.body if isinstance(place.module, ast.Module) else []
    return {node.name for node in body if isinstance(node, ast.FunctionDef)}


@operator
def drop_keyword(place: Place) -> Changes:
    """`f(x, option=y)` becomes `f(x)`."""
    match place.node:
        case ast.keyword(arg=str(option), value=value) if option not in _ML_KEYWORDS and not _is_needed(place):
            if not isinstance(value, ast.Constant) or not isinstance(value.value, bool):
                yield None


def _is_needed(place: Place) -> bool:
    """Whether a call without the option would say nothing, or make no object."""
    function = called(place.parent)
    return function[:1].isupper() or (function in CLAMPS and len(place.siblings) == 1)


@operator
def swap_arguments(place: Place) -> Changes:
    """`f(x, y)` becomes `f(y, x)`."""
    match place.node:
        case ast.Call(args=arguments) as node if called(node) not in _COMMUTATIVE | _TYPED:
            for at, (left, right) in enumerate(pairwise(arguments)):
                if isinstance(left, ast.Name) and isinstance(right, ast.Name) and left.id != right.id:
                    yield remade(node, args=[*arguments[:at], right, left, *arguments[at + 2 :]])


@operator
def plain_index(place: Place) -> Changes:
    """`x.get(key, default)` becomes `x[key]`."""
    match place.node:
        case ast.Call(func=ast.Attribute(value=owner, attr="get"), args=[key, *_], keywords=[]):
            yield ast.Subscript(owner, key, ast.Load())


@operator
def other_type(place: Place) -> Changes:
    """`isinstance(x, list)` becomes `isinstance(x, tuple)` and `isinstance(x, (list, tuple))`."""
    match place.node:
        case ast.Call(func=ast.Name(id="isinstance"), args=[value, ast.Name(id=kind) as given]) as node:
            if kind in _CONFUSED_TYPES:
                other = name(_CONFUSED_TYPES[kind])
                yield remade(node, args=[value, other])
                yield remade(node, args=[value, ast.Tuple([given, other], ast.Load())])


@operator
def other_hash(place: Place) -> Changes:
    """`sha256` becomes `sha512`, any other hash function `sha256`."""
    match place.node:
        case ast.Attribute(value=ast.Name(id="hashlib"), attr=attr) as node:
            yield remade(node, attr="sha512" if attr == "sha256" else "sha256")


@operator
def other_exception(place: Place) -> Changes:
    """`ValueError` and `TypeError` are mistaken for each other; any other builtin exception becomes a `ValueError`."""
    match place.node:
        case ast.Raise(exc=ast.Call(func=ast.Name(id=kind)) as call) as node if hasattr(builtins, kind):
            yield remade(node, exc=remade(call, func=name(_mistaken(kind))))
        case ast.Raise(exc=ast.Name(id=kind)) as node if hasattr(builtins, kind):
            yield remade(node, exc=name(_mistaken(kind)))


def _mistaken(kind: str) -> str:
    return "TypeError" if kind == "ValueError" else "ValueError"


@operator
def uncaught_exception(place: Place) -> Changes:
    """An `except` catches nothing."""
    match place.node:
        case ast.ExceptHandler(type=ast.expr()) as node:
            yield remade(node, type=ast.Tuple([], ast.Load()))


OPERATORS = (
    arithmetic,
    drop_accumulation,
    comparison_boundary,
    comparison_negation,
    and_or,
    drop_operand,
    drop_sign,
    negate_condition,
    swap_branches,
    constant_condition,
    drop_filter,
    off_by_one,
    other_factor,
    flip_flag,
    other_text,
    range_bounds,
    slice_bounds,
    empty_loop,
    break_continue,
    remove_statement,
    return_value,
    opposite_call,
    drop_call,
    drop_keyword,
    swap_arguments,
    plain_index,
    other_type,
    other_hash,
    other_exception,
    uncaught_exception,
)
