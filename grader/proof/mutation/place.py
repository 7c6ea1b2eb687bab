"""Where a mistake can be made: the nodes of a syntax tree, each with the way down to it."""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

_Node = TypeVar("_Node", bound=ast.AST)
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Scope = _Function | ast.ClassDef | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

# Nothing a suite could see: types, and the words of an exception.
_UNSEEN_FIELDS = frozenset({"annotation", "returns", "exc", "cause", "msg", "format_spec"})


@dataclass(frozen=True)
class Place:
    """A node, and what stands around it."""

    node: ast.AST
    up: Place | None = None
    field: str = ""
    """The field of the parent that holds the node."""
    index: int | None = None
    """The node's position, where that field is a list."""

    @property
    def parent(self) -> ast.AST | None:
        """The node above; the module has none."""
        return self.up.node if self.up else None

    @property
    def above(self) -> tuple[ast.AST, ...]:
        """Every node above, the nearest first."""
        return (self.up.node, *self.up.above) if self.up else ()

    @property
    def siblings(self) -> list[ast.AST]:
        """The list that holds the node, itself included; empty where a field holds it alone."""
        return getattr(self.parent, self.field) if self.index is not None else []

    @property
    def module(self) -> ast.AST:
        """The whole tree."""
        return self.above[-1] if self.up else self.node

    @property
    def statement(self) -> ast.AST:
        """The innermost statement around the node, or the node itself."""
        return next((node for node in (self.node, *self.above) if isinstance(node, ast.stmt)), self.node)

    @property
    def scope(self) -> ast.AST:
        """The function around the node, or the module."""
        return next((node for node in self.above if isinstance(node, _Function)), self.module)

    def lifted(self, new: ast.AST | None) -> tuple[Place, ast.AST]:
        """Return the place above, and what stands there with another node here; with none, the node is left out.

        Raises:
            ValueError: there is nothing above a module.
        """
        if self.up is None:
            raise ValueError("a module stands in nothing")
        value: object = new
        if self.index is not None:
            value = [*self.siblings]
            value[self.index : self.index + 1] = self._emptied() if new is None else [new]
        return self.up, remade(self.up.node, **{self.field: value})

    def rooted(self, new: ast.AST) -> ast.AST:
        """Return the whole tree as it is with another node here."""
        place = self
        while place.up:
            place, new = place.lifted(new)
        return new

    def _emptied(self) -> list[ast.AST]:
        """Return what a block cannot do without; an `elif` needs nothing in its place."""
        needs_one = isinstance(self.node, ast.stmt) and len(self.siblings) == 1
        return [ast.Pass()] if needs_one and not self._is_elif else []

    @property
    def _is_elif(self) -> bool:
        match self.node, self.parent:
            case ast.If() as node, ast.If() as parent:
                return self.field == "orelse" and node.col_offset == parent.col_offset
        return False


def remade(node: _Node, **fields: object) -> _Node:
    """Return a copy that shares every part with the node, except these."""
    new = copy.copy(node)
    for field, value in fields.items():
        setattr(new, field, value)
    return new


def places(tree: ast.Module) -> Iterator[Place]:
    """Yield every place where a mistake could show, in the order of the tree."""
    yield from _below(Place(tree))


def _below(place: Place) -> Iterator[Place]:
    if _is_unseen(place):
        return
    yield place
    if place.field == "decorator_list":  # its arguments are options of a tool
        return
    for field, value in ast.iter_fields(place.node):
        if field in _UNSEEN_FIELDS:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                yield from _below(Place(child, place, field, index))


def _is_unseen(place: Place) -> bool:
    match place.node:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
            return True
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
    return False


def bound_before(place: Place) -> frozenset[str]:
    """Return the names that the function around a place binds before the statement it stands in."""
    scope, statement = place.scope, place.statement
    bound = {argument.arg for argument in _arguments(scope)}
    here = _position(statement)
    for child in ast.iter_child_nodes(scope):
        bound |= {name.id for name in _stored(child) if _position(name) < here}
    return frozenset(bound)


def _arguments(scope: ast.AST) -> Iterator[ast.arg]:
    if isinstance(scope, _Function):
        yield from (node for node in ast.walk(scope.args) if isinstance(node, ast.arg))


def _stored(node: ast.AST) -> Iterator[ast.Name]:
    """Yield the names bound below a node, but those of inner scopes."""
    if isinstance(node, _Scope):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from _stored(child)


def _position(node: ast.AST) -> tuple[int, int]:
    return (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
