"""What is seen of a program before it runs: whether it is the one that was asked for, in words a reviewer can trust.

This is no wall; the guest is. It keeps out what a person should not have to look for in a reference later.
"""

from __future__ import annotations

import ast
import unicodedata
from typing import TYPE_CHECKING

from grader.trees import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.draft.plan import Plan

ALLOWED = frozenset(
    {
        *("__future__", "bisect", "collections", "copy", "dataclasses", "decimal", "fractions", "functools", "heapq"),
        *("itertools", "math", "numpy", "operator", "random", "re", "statistics", "string", "torch", "typing"),
    }
)
BANNED = frozenset(
    {
        *(
            "open",
            "eval",
            "exec",
            "compile",
            "__import__",
            "globals",
            "locals",
            "vars",
            "getattr",
            "setattr",
            "delattr",
        ),
        *("input", "breakpoint", "exit", "quit", "memoryview", "help"),
    }
)
DEEPEST = 60
"""Levels of a syntax tree; what a person writes has about twenty."""


def fault_of(code: str, plan: Plan) -> str:
    """Return why a program is not the one that was asked for, or an empty text."""
    hidden = next((each for each in code if each not in "\n\t" and unicodedata.category(each).startswith("C")), "")
    if hidden:
        return f"it holds a character that cannot be seen, U+{ord(hidden):04X}"
    try:
        tree = parse(code)
    except (SyntaxError, ValueError) as error:
        return f"it is no Python: {error}"
    except (RecursionError, MemoryError):
        return "it is nested too deeply"
    if _depth(tree) > DEEPEST:
        return "it is nested too deeply"
    return next(iter((*_suspicious(tree), *_wrong_interface(tree, plan))), "")


def _depth(tree: ast.AST) -> int:
    """Return the levels of a tree, without recursion, as far as they matter."""
    level, nodes = 0, [tree]
    while nodes and level <= DEEPEST:
        level, nodes = level + 1, [child for node in nodes for child in ast.iter_child_nodes(node)]
    return level


def _suspicious(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (_foreign(alias.name) for alias in names if alias.name.partition(".")[0] not in ALLOWED)
            case ast.ImportFrom(module=module) if (module or "").partition(".")[0] not in ALLOWED or node.level:
                yield _foreign(module or ".")
            case ast.Name(id=name) if name in BANNED:
                yield f"line {node.lineno}: it uses {name}, which no answer needs"
            case ast.Attribute(attr=name) if name.startswith("__") and name != "__init__":
                yield f"line {node.lineno}: it uses {name}, which no answer needs"


def _foreign(module: str) -> str:
    return f"it imports {module}; only {', '.join(sorted(ALLOWED - {'__future__'}))} may be imported"


def _wrong_interface(tree: ast.Module, plan: Plan) -> Iterator[str]:
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found = functions.get(plan.function)
    if found is None:
        yield f"it defines no function {plan.function}"
        return
    names = [argument.arg for argument in (*found.args.posonlyargs, *found.args.args)]
    expected = [parameter.name for parameter in plan.parameters]
    if names != expected:
        yield f"{plan.function} takes {', '.join(names) or 'nothing'}, and is to take {', '.join(expected)}"
