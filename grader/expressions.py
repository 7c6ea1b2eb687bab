"""Small formulas over named values, as a spec may write them: `2**bits - 1`, `"first" if earliest else "last"`.

They are looked at, never executed as Python: arithmetic, comparisons, `and`, `or`, `not` and `... if ... else ...` over
numbers, texts and truth values, and the beginning of a text, `word[:length]`. Nothing is called, no attribute read.
"""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Value = bool | int | float | str
MAX_LENGTH = 500
MAX_DEPTH = 20
MAX_POWER = 64
MAX_SIZE = 2**64

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.USub: operator.neg, ast.Not: operator.not_}
_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class FormulaError(ValueError):
    """A formula that cannot be read, or that has no value."""


def evaluate(text: str, names: Mapping[str, Value]) -> Value:
    """Return the value of a formula.

    Args:
        text: the formula.
        names: the values it may name.

    Raises:
        FormulaError: it is no such formula, names what there is not, or has no value.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"a formula of {len(text)} characters is longer than the {MAX_LENGTH} allowed")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError) as error:
        raise FormulaError(f"{text!r} is no formula: {error}") from None
    try:
        return _value(tree.body, names, 0)
    except (ArithmeticError, TypeError) as error:
        raise FormulaError(f"{text!r} has no value: {error}") from None


def _value(node: ast.expr, names: Mapping[str, Value], depth: int) -> Value:  # noqa: PLR0911  one return per kind
    if depth > MAX_DEPTH:
        raise FormulaError("the formula is nested too deeply")
    match node:
        case ast.Constant(value=bool() | int() | float() | str() as value):
            return value
        case ast.Name(id=name):
            if name not in names:
                raise FormulaError(f"there is no {name!r}, only {', '.join(sorted(names)) or 'nothing'}")
            return names[name]
        case ast.BinOp(left=left, op=kind, right=right) if type(kind) in _BINARY:
            return _combined(kind, _value(left, names, depth + 1), _value(right, names, depth + 1))
        case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _UNARY:
            value = _UNARY[type(sign)](_value(operand, names, depth + 1))
            return _bounded(value)
        case ast.BoolOp(op=joint, values=parts):
            every = isinstance(joint, ast.And)
            return (all if every else any)(bool(_value(part, names, depth + 1)) for part in parts)
        case ast.Compare(left=left, ops=kinds, comparators=others) if all(type(kind) in _COMPARED for kind in kinds):
            values = [_value(each, names, depth + 1) for each in (left, *others)]
            return all(_COMPARED[type(kind)](a, b) for kind, a, b in zip(kinds, values, values[1:], strict=False))
        case ast.IfExp(test=test, body=body, orelse=otherwise):
            return _value(body if _value(test, names, depth + 1) else otherwise, names, depth + 1)
        case ast.Subscript(value=whole, slice=ast.Slice(lower=None, upper=ast.expr() as upper, step=None)):
            return _beginning(_value(whole, names, depth + 1), _value(upper, names, depth + 1))
        case _:
            raise FormulaError(f"{ast.unparse(node)!r} is nothing that a formula may hold")


def _combined(kind: ast.operator, left: Value, right: Value) -> Value:
    numbers = not isinstance(left, str) and not isinstance(right, str)
    if not numbers and not (isinstance(kind, ast.Add) and isinstance(left, str) and isinstance(right, str)):
        raise FormulaError("texts can be joined to texts, and nothing else")
    if isinstance(kind, ast.Pow) and not (isinstance(right, int | float) and abs(right) <= MAX_POWER):
        raise FormulaError(f"a power is at most {MAX_POWER}")
    return _bounded(_BINARY[type(kind)](left, right))


def _beginning(whole: Value, length: Value) -> str:
    if not (isinstance(whole, str) and isinstance(length, int) and length >= 0):
        raise FormulaError("a beginning is that of a text, and its length a whole number")
    return whole[:length]


def _bounded(value: Any) -> Value:
    if not isinstance(value, bool | int | float | str):
        raise FormulaError("the value is no number, text or truth value")
    if isinstance(value, int) and abs(value) > MAX_SIZE:
        raise FormulaError(f"the value is larger than {MAX_SIZE}")
    return value
