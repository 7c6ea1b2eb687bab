"""How code is spelled: what a call applies to what, which literal stands there, and new nodes to put in its place."""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass

from grader.proof.mutation.place import remade

# Names under which functions are found; what another name holds is an object with methods.
_MODULES = frozenset({"torch", "np", "numpy", "jnp", "F", "nn", "linalg", "math", "scipy", "random", "copy"})


@dataclass(frozen=True)
class Application:
    """A function applied to something, written `f(x, ...)`, `torch.f(x, ...)` or `x.f(...)`."""

    call: ast.Call
    name: str
    subject: ast.expr
    """What it is applied to."""
    rest: tuple[ast.expr, ...]
    """The positional arguments after the subject."""
    is_method: bool


def application(node: ast.AST | None) -> Application | None:
    """Read a call; builtins such as `sum` and `max`, which know no axes, are not meant."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[first, *rest]) if not hasattr(builtins, name):
            return Application(node, name, first, tuple(rest), is_method=False)
        case ast.Call(func=ast.Attribute(value=owner, attr=name), args=arguments) if not is_module(owner):
            return Application(node, name, owner, tuple(arguments), is_method=True)
        case ast.Call(func=ast.Attribute(attr=name), args=[first, *rest]):
            return Application(node, name, first, tuple(rest), is_method=False)
    return None


def applied(node: ast.AST | None, *names: str) -> Application | None:
    """Read a call of one of these functions."""
    found = application(node)
    return found if found and found.name in names else None


def with_subject(found: Application, subject: ast.expr) -> ast.Call:
    """Return the call as it is with another subject."""
    if found.is_method and isinstance(found.call.func, ast.Attribute):
        return remade(found.call, func=remade(found.call.func, value=subject))
    return remade(found.call, args=[subject, *found.rest])


def is_module(node: ast.expr) -> bool:
    """Whether an expression is `torch`, `torch.nn.functional` or the like."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id in _MODULES


def is_library(function: ast.expr) -> bool:
    """Whether a function is one of a module: `torch.where`, `F.linear`."""
    return isinstance(function, ast.Attribute) and is_module(function.value)


def called(node: ast.AST | None) -> str:
    """Return the last name of what is called: `step` for `self.opt.step()`; empty for anything but a call."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            return name
    return ""


def term(node: ast.expr) -> str:
    """Return the name a value goes by: `scale` for `self.scale`, `scale[0]` and `scale.flatten()`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lower()
        case ast.Subscript(value=value) | ast.Call(func=ast.Attribute(value=value)):
            return term(value)
    return ""


def words(node: ast.expr) -> frozenset[str]:
    """Return the parts of the name a value goes by: `weight` and `scale` for `weight_scale`."""
    return frozenset(term(node).split("_"))


def literal(node: ast.AST | None) -> int | float | None:
    """Return the number that is written there, with its sign; a truth value is none."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            number = literal(operand)
            return None if number is None else -number
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=int() | float() as value):
            return value
    return None


def number(value: float) -> ast.expr:
    """Return a number as the parser reads it."""
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def shifted(node: ast.expr, by: int) -> ast.expr:
    """Return an expression one more or one less."""
    written = literal(node)
    if written is not None:
        return number(written + by)
    return ast.BinOp(node, ast.Add() if by > 0 else ast.Sub(), ast.Constant(abs(by)))


def negative(node: ast.expr) -> ast.expr:
    """Return an expression with a minus before it."""
    return ast.UnaryOp(ast.USub(), node)


def name(word: str) -> ast.Name:
    """Return a name to be read."""
    return ast.Name(word, ast.Load())


def is_text(node: ast.AST) -> bool:
    """Whether an expression is a string as it stands."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
