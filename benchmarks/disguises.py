"""What somebody does to a program who does not want it to be known again: each gives another text, the same program."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

WORDS = ("ship", "cloud", "river", "stone", "paper", "lamp", "glass", "salt", "wheel", "cork", "tin", "moss")


class _Renamer(ast.NodeTransformer):
    """Renames every variable, argument, function and class that the module defines."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        self.generic_visit(node)
        node.arg = self._names.get(node.arg, node.arg)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        self.generic_visit(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.name = self._names.get(node.name, node.name)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self.generic_visit(node)
        node.name = self._names.get(node.name, node.name)
        return node


def renamed(source: str, draw: random.Random) -> str:
    """Every name that is bound has another one."""
    tree = ast.parse(source)
    bound = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)} - {"self"}
    bound |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    names = {name: f"{draw.choice(WORDS)}_{index}" for index, name in enumerate(sorted(bound - set(dir(builtins))))}
    return ast.unparse(_Renamer(names).visit(tree)) + "\n"


def reordered(source: str, draw: random.Random) -> str:
    """The functions and classes of the module stand in another order, after everything else."""
    tree = ast.parse(source)
    moving = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    rest = [node for node in tree.body if node not in moving]
    draw.shuffle(moving)
    return "\n\n".join(ast.unparse(node) for node in [*rest, *moving]) + "\n"


def commented(source: str, draw: random.Random) -> str:
    """A comment over every third statement, and docstrings where there are none."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and not ast.get_docstring(node):
            node.body.insert(0, ast.Expr(ast.Constant(f"Here the {draw.choice(WORDS)} is made.")))
    lines = ast.unparse(ast.fix_missing_locations(tree)).split("\n")
    out = []
    for line in lines:
        if line.strip() and draw.random() < 1 / 3 and '"""' not in line:
            out.append(f"{line[: len(line) - len(line.lstrip())]}# now the {draw.choice(WORDS)}")
        out.append(line)
    return "\n".join(out) + "\n"


def revalued(source: str, draw: random.Random) -> str:
    """Every number and every text is another one."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=bool()):
                pass
            case ast.Constant(value=int()):
                node.value = draw.randrange(2, 1000)
            case ast.Constant(value=float()):
                node.value = float(draw.randrange(2, 1000))
            case ast.Constant(value=str()):
                node.value = draw.choice(WORDS)
    return ast.unparse(tree) + "\n"


def padded(source: str, draw: random.Random) -> str:
    """A statement that does nothing before every third one of each function."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            body: list[ast.stmt] = []
            for statement in node.body:
                if draw.random() < 1 / 3:
                    body += ast.parse(f"unused_{draw.choice(WORDS)} = {draw.randrange(99)}").body
                body.append(statement)
            node.body = body
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def everything(source: str, draw: random.Random) -> str:
    """All of it, one after the other."""
    for disguise in (renamed, reordered, revalued, commented):
        source = disguise(source, draw)
    return source


DISGUISES: dict[str, Callable[[str, random.Random], str]] = {
    "renamed": renamed,
    "reordered": reordered,
    "commented": commented,
    "other values": revalued,
    "all of these": everything,
    "idle statements": padded,
}
