"""A suite as its source text tells it: its functions, what its names stand for, and what a check leads to."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.trees import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


@dataclass(frozen=True)
class SuiteSource:
    """One suite, parsed and never run."""

    path: Path
    tree: ast.Module
    definitions: Mapping[str, Definition]
    """The functions and classes at module level."""
    constants: Mapping[str, ast.expr]
    """The names assigned at module level, and their values."""

    @property
    def name(self) -> str:
        """The file's bare name."""
        return self.path.name

    @property
    def functions(self) -> tuple[Function, ...]:
        """Every function, however deep."""
        return tuple(node for node in ast.walk(self.tree) if isinstance(node, Function))

    def reached(self, check: str) -> tuple[Definition, ...]:
        """Return a check, and every function and class of the suite that it or its helpers name."""
        found: dict[str, Definition] = {}
        waiting = [check]
        while waiting:
            name = waiting.pop()
            if name in self.definitions and name not in found:
                found[name] = self.definitions[name]
                waiting += [node.id for node in ast.walk(found[name]) if isinstance(node, ast.Name)]
        return tuple(found.values())

    def values(self, function: Function) -> dict[str, list[ast.expr]]:
        """Return what each name in a function may stand for, as far as the source says so."""
        found = {name: [value] for name, value in self.constants.items()}
        for node in ast.walk(function):
            _add(found, _assignments(node))
        for node in ast.walk(function):
            for target, elements in _iterations(node):
                for element in _elements(elements, found):
                    _add(found, _paired(target, element))
        return found


def read_suite(path: Path) -> SuiteSource:
    """Read a suite that the bank has loaded already."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pytest shows them when it runs the suite
        tree = parse(path.read_text(encoding="utf-8-sig"))
    definitions = {node.name: node for node in tree.body if isinstance(node, Definition)}
    return SuiteSource(path, tree, definitions, dict(pair for node in tree.body for pair in _assignments(node)))


def called(node: ast.expr) -> str:
    """Return the last part of the name that a call calls, as `approx` for `pytest.approx(1)`; empty for no call."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
    return ""


def root(node: ast.expr) -> str:
    """Return the name that a chain of attributes, calls and indices begins with."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _add(found: dict[str, list[ast.expr]], pairs: Iterator[tuple[str, ast.expr]]) -> None:
    for name, value in pairs:
        found.setdefault(name, []).append(value)


def _iterations(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield what is bound to each element in turn, with the elements: of a loop, or of `@pytest.mark.parametrize`."""
    match node:
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            yield node.target, node.iter
        case ast.Call(args=[ast.Constant(value=str(words)), cases, *_]) if called(node) == "parametrize":
            yield _target(words.split(",")), cases
        case ast.Call(args=[ast.Tuple(elts=names) | ast.List(elts=names), cases, *_]) if called(node) == "parametrize":
            yield _target([str(name.value) for name in names if isinstance(name, ast.Constant)]), cases


def _target(words: list[str]) -> ast.expr:
    names: list[ast.expr] = [ast.Name(id=word.strip()) for word in words]
    return names[0] if len(names) == 1 else ast.Tuple(elts=names)


def _elements(node: ast.expr, known: Mapping[str, list[ast.expr]]) -> list[ast.expr]:
    """Return the elements of a collection that is written out; those of any other are unknown."""
    match node:
        case ast.Name(id=name):
            return [element for value in known.get(name, ()) for element in _elements(value, {})]
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return elements
        case ast.Dict(keys=keys):
            return [key for key in keys if key]
        case ast.Call(func=ast.Attribute(value=inner, attr="items")):
            return _items(inner, known)
        case ast.Call(func=ast.Name(id="zip"), args=columns):
            rows = zip(*(_elements(column, known) for column in columns), strict=False)
            return [_tuple(row) for row in rows]
    return []


def _items(node: ast.expr, known: Mapping[str, list[ast.expr]]) -> list[ast.expr]:
    """Return the pairs of a dict that is written out."""
    match node:
        case ast.Name(id=name):
            return [pair for value in known.get(name, ()) for pair in _items(value, {})]
        case ast.Dict(keys=keys, values=values):
            return [_tuple((key, value)) for key, value in zip(keys, values, strict=True) if key]
    return []


def _tuple(parts: Sequence[ast.expr]) -> ast.expr:
    """Return a tuple of expressions, placed where its first one stands."""
    return ast.copy_location(ast.Tuple(elts=list(parts), ctx=ast.Load()), parts[0])


def _assignments(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _paired(target, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
            yield from _paired(target, value)


def _paired(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    """Yield names with what they are bound to; parts of what is not written out are unknown."""
    match target, value:
        case ast.Name(id=name), _:
            yield name, value
        case ast.Tuple(elts=names) | ast.List(elts=names), _:
            parts = _parts(value)
            if len(parts) == len(names):
                for inner, part in zip(names, parts, strict=True):
                    yield from _paired(inner, part)


def _parts(value: ast.expr) -> list[ast.expr]:
    match value:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return parts
        case ast.Call(args=parts) if called(value) == "param":
            return parts
    return []
