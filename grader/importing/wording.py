"""How a foreign check words its questions, by its syntax tree: what values compared one by one cannot repeat."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

_CARRIES_ON = {
    *("tuple", "list", "sorted", "float", "bool", "abs", "fabs", "isclose", "allclose", "array_equal"),
    *("assertEqual", "assertAlmostEqual", "assertListEqual", "assertTupleEqual", "assertDictEqual", "assertTrue"),
    *("assertFalse", "assertIs", "assertIsNone", "assert_allclose", "assert_array_equal", "assert_almost_equal"),
}
"""Functions after which an answer is still compared as a whole."""
_WITHIN = (ast.Lt, ast.LtE)


def odd_lines(tree: ast.Module, names: Collection[str]) -> tuple[int, ...]:
    """Return the lines in which a check asks for something else than one value, or one within a tolerance.

    Args:
        tree: of the check.
        names: what it calls the functions that are asked.
    """
    asks = _Asks(tree, names)
    nodes = list(ast.walk(tree))
    questions = [(node.lineno, node.test) for node in nodes if isinstance(node, ast.Assert)]
    questions += [(each.lineno, each) for each in nodes if isinstance(each, ast.expr) and _called(each)[:6] == "assert"]
    return tuple(sorted({line for line, question in questions if asks.is_odd(question)}))


class _Asks:
    def __init__(self, tree: ast.Module, names: Collection[str]) -> None:
        self._names = set(names)
        self._answers = {
            target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and self._is_answer(node.value)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def _is_answer(self, node: ast.AST) -> bool:
        return _called(node) in self._names

    def is_odd(self, node: ast.AST, *, measured: bool = False) -> bool:
        """Whether there is a step between a question and the answer in it that values cannot repeat."""
        if not self._holds_answer(node):
            return False
        match node:
            case ast.Call() if self._is_answer(node):
                return False
            case ast.Call() if _called(node) in _CARRIES_ON:
                inner = [*node.args, *(word.value for word in node.keywords)]
                measured = _called(node) in {"abs", "fabs"}
            case ast.Compare(ops=[ast.Eq() | ast.Is()]):
                inner = [node.left, *node.comparators]
            case ast.Compare(left=ast.Call() as left, ops=[operator]) if isinstance(operator, _WITHIN):
                return _called(left) not in {"abs", "fabs"} or self.is_odd(left)
            case ast.BinOp(op=ast.Sub()) if measured:
                inner = [node.left, node.right]
            case ast.BoolOp(values=inner):
                pass
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = [operand]
            case _:
                return not isinstance(node, ast.Name)
        return any(self.is_odd(part, measured=measured) for part in inner)

    def _holds_answer(self, node: ast.AST) -> bool:
        return any(
            self._is_answer(part) or (isinstance(part, ast.Name) and part.id in self._answers)
            for part in ast.walk(node)
        )


def _called(node: ast.AST) -> str:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
    return ""
