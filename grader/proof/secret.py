"""What a hidden suite expects in so many words: the literals that nobody may read where a candidate looks.

Taken from the source of asserts and comparisons, from `match=` of `pytest.raises`, and from the names these refer to.
What anybody would write without knowing the suite is left out; so is what goes into a call of the submission or of the
suite's own oracle, and the bound of an inequality, which the statement has to name.
"""

from __future__ import annotations

import ast
import math
import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from grader.proof.page import has_word
from grader.proof.source import called, root

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from grader.proof.source import Function, SuiteSource

Scalar = bool | int | float | str | bytes | None
MINIMUM_MEMBERS = 3
_COMPARING = {
    *("assert_alike", "assert_close", "assert_equal", "assert_allclose", "assert_array_equal"),
    "assert_array_almost_equal",
    *("approx", "isclose", "allclose", "array_equal", "equal"),
}
_BUILDING = {
    *("tensor", "as_tensor", "from_numpy", "array", "asarray", "stack", "full", "full_like", "Fraction", "Decimal"),
    *("bool", "int", "float", "str", "bytes", "list", "tuple", "set", "frozenset", "dict", "sorted", "reversed"),
    *("float16", "float32", "float64", "abs", "round", "all", "any", "startswith", "endswith"),
}
"""What hands its arguments on, so that a literal in them is still a literal of the expectation."""
_MEASURING = {"abs", "absolute", "fabs", "norm"}
_NO_VALUE = {"rtol", "atol", "rel", "abs", "rel_tol", "abs_tol", "dtype", "device", "equal_nan"}
_DTYPE = re.compile(r"((torch|np|numpy)\.)?(bool_?|u?int\d*|b?float\d*|double|half|complex\d*|long|str_|bytes_)")


@dataclass(frozen=True)
class Secret:
    """One literal, or a collection of literals that are no secret one by one."""

    line: int
    source: str
    """As the suite writes it."""
    members: tuple[Scalar, ...]
    """One for a literal, more for a collection."""


def find_secrets(suite: SuiteSource, interface: str) -> tuple[Secret, ...]:
    """Return what a hidden suite expects, in the order of its lines.

    Args:
        suite: the hidden suite.
        interface: text whose words are no secret: the signatures, and the code within the statement.
    """
    literals = {node: None for function in suite.functions for node in _Expectations(suite, function).literals()}
    found = [_secret(node, interface) for node in sorted(literals, key=lambda node: (node.lineno, node.col_offset))]
    return tuple({each.members: each for each in reversed(found) if each}.values())[::-1]


# --- what is a secret ------------------------------------------------------------------------------------------------


def _secret(node: ast.expr, interface: str) -> Secret | None:
    leaves = _leaves(node)
    if isinstance(node, ast.Constant | ast.UnaryOp):
        hidden = not all(_is_common(leaf, interface) for leaf in leaves)
    else:
        # where a member is a secret by itself, it is the one that is looked for
        hidden = all(_is_common(leaf, interface) for leaf in leaves) and _is_telling(leaves, interface)
    return Secret(node.lineno, ast.unparse(node), leaves) if hidden else None


def _leaves(node: ast.expr) -> tuple[Scalar, ...]:
    """Return the values in a literal, however nested, in the order in which they are written; none if it is not one."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        return ()
    if isinstance(value, Scalar):
        return (value,)
    parts = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else [getattr(node, "elts", [])]
    return tuple(leaf for part in parts for inner in part if inner is not None for leaf in _leaves(inner))


def _is_telling(leaves: Sequence[Scalar], interface: str) -> bool:
    """Whether a collection of common values is one that nobody hits upon: no flags, no mask, no counting, no names."""
    numbers = [leaf for leaf in leaves if isinstance(leaf, int | float) and leaf not in {0, 1}]
    words = [leaf for leaf in leaves if isinstance(leaf, str | bytes) and not _is_known(leaf, interface)]
    counts = all(
        isinstance(one, int | float) and isinstance(two, int | float) and two - one == 1
        for one, two in pairwise(leaves)
    )
    return bool(numbers or words) and len(leaves) >= MINIMUM_MEMBERS and len(set(leaves)) > 1 and not counts


def _is_common(value: Scalar, interface: str) -> bool:
    """Whether anybody would write a value without knowing the suite."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, int | float):
        return _is_round(value)
    return len(value.strip()) < 4 or _is_known(value, interface)


def _is_known(word: str | bytes, interface: str) -> bool:
    text = word if isinstance(word, str) else word.decode("latin-1")
    return _DTYPE.fullmatch(text) is not None or has_word(text, interface)


def _is_round(number: int | float) -> bool:
    """Small, a power of two or the whole number below one, or of fewer than three significant digits."""
    if isinstance(number, float) and not math.isfinite(number):
        return True
    decimal = abs(Decimal(repr(number)) if isinstance(number, float) else Decimal(number))
    small = decimal < 100 and decimal == decimal.to_integral_value()
    if isinstance(number, float):
        power = math.frexp(number)[0] in {0.5, -0.5}
    else:
        power = 1 in {abs(number).bit_count(), (abs(number) + 1).bit_count()}  # 255 is a limit as well as 256
    return small or power or len(decimal.normalize().as_tuple().digits) < 3


# --- where it is expected --------------------------------------------------------------------------------------------


class _Expectations:
    """The expectations within one function of a suite."""

    def __init__(self, suite: SuiteSource, function: Function) -> None:
        self._suite, self._function = suite, function
        self._values: Mapping[str, list[ast.expr]] = suite.values(function)
        self._seen: set[str] = set()

    def literals(self) -> Iterator[ast.expr]:
        """Yield the literals that something is compared with, and the collections of them."""
        for node in ast.walk(self._function):
            match node:
                case ast.Assert(test=test):
                    yield from self._within(test)
                case ast.Call() if called(node) in _COMPARING:
                    yield from self._within(node)
                case ast.Call(keywords=keywords) if called(node) == "raises":
                    yield from (_plain(word.value) for word in keywords if word.arg == "match")

    def _within(self, node: ast.AST) -> Iterator[ast.expr]:
        match node:
            case ast.Constant() | ast.UnaryOp(op=ast.USub(), operand=ast.Constant()):
                yield node
            case ast.Name(id=name):
                yield from self._behind(name)
            case ast.Call():
                yield from self._in_call(node)
            case ast.Compare():
                yield from self._in_comparison(node)
            case ast.BinOp():
                yield from self._in_arithmetic(node)
            case _:
                yield from [node] if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict) else []
                for part in _looked_into(node):
                    yield from self._within(part)

    def _behind(self, name: str) -> Iterator[ast.expr]:
        """Look at what a name stands for, once."""
        if name not in self._seen:
            self._seen.add(name)
            for value in self._values.get(name, ()):
                yield from self._within(value)

    def _in_arithmetic(self, node: ast.BinOp) -> Iterator[ast.expr]:
        """Look at both sides; what a name stands for there is an input, unless it is a literal outright."""
        for side in (node.left, node.right):
            if isinstance(side, ast.Name):
                yield from (value for value in self._values.get(side.id, ()) if _leaves(value))
            else:
                yield from self._within(side)

    def _in_call(self, call: ast.Call) -> Iterator[ast.expr]:
        if root(call) in {"solution", "reference"}:
            return
        if isinstance(call.func, ast.Attribute):
            yield from self._within(call.func.value)
        if called(call) not in _COMPARING | _BUILDING or called(call) in self._suite.definitions:
            return
        arguments = call.args[1:] if called(call) in {"full", "full_like"} else call.args  # the first is a shape
        for value in [*arguments, *(word.value for word in call.keywords if word.arg not in _NO_VALUE)]:
            yield from self._within(value)

    def _in_comparison(self, node: ast.Compare) -> Iterator[ast.expr]:
        sides = [node.left, *node.comparators]
        if any(isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for operator in node.ops):
            # `abs(x - 0.7311) < 1e-6` says what x is; `x < 0.7311` is a bound
            calls = [inner for side in sides for inner in ast.walk(side) if isinstance(inner, ast.Call)]
            sides = [part for call in calls if called(call) in _MEASURING for part in (call.func, *call.args)]
        for side in sides:
            yield from self._within(side)


def _looked_into(node: ast.AST) -> list[ast.AST]:
    """Return the parts of an expression that hold values: no keys, no indices, nothing that a loop runs over."""
    match node:
        case ast.Subscript(value=inner) | ast.Attribute(value=inner):
            return [inner]
        case ast.ListComp(elt=inner) | ast.SetComp(elt=inner) | ast.GeneratorExp(elt=inner):
            return [inner]
        case ast.Dict(values=values):
            return [*values]
        case ast.JoinedStr() | ast.Lambda():
            return []
    return list(ast.iter_child_nodes(node))


def _plain(pattern: ast.expr) -> ast.expr:
    """Return the text that a pattern of `match=` looks for, where it is written without more than escapes."""
    match pattern:
        case ast.Constant(value=str(text)):
            return ast.copy_location(ast.Constant(re.sub(r"\\(\W)", r"\1", text)), pattern)
    return pattern
