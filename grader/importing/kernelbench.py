"""KernelBench: a Python file for each problem, with a module `Model`, its `get_inputs` and its `get_init_inputs`."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from grader.errors import InputError
from grader.importing.folder import fenced
from grader.importing.problem import Original, Problem, Refusal, Unread
from grader.importing.programs import function_of, joined, tree_of, unparsed
from grader.trees import packages_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.importing.problem import Difficulty

MAX_FILE = 2**20
_DIFFICULTIES: dict[str, Difficulty] = {"level1": "easy", "level2": "medium"}


def read_kernelbench(path: Path) -> Iterator[Problem | Unread]:
    """Yield the problems of a file, of a folder `level1`, or of all levels below a folder.

    Raises:
        InputError: there is no problem.
    """
    files = (
        [path] if path.suffix == ".py" and path.is_file() else sorted({*path.glob("*.py"), *path.glob("level*/*.py")})
    )
    if not files:
        raise InputError("no Python file is in it", file=path, cure="Name a problem, a level's folder, or KernelBench/")
    for file in files:
        origin = f"{file.parent.name}/{file.stem}"
        try:
            yield _problem(file, origin)
        except Refusal as refusal:
            yield Unread(origin, str(refusal))


def _problem(file: Path, origin: str) -> Problem:
    program = _text(file).strip("\n").rstrip() + "\n"
    tree = tree_of(program, "it")
    for name in ("get_inputs", "get_init_inputs"):
        function_of(tree, name, "it")
    model = _class_of(tree)
    return Problem(
        origin=origin,
        title=f"KernelBench {origin}",
        task=_task_of(program),
        program=program,
        starter=_starter(tree, model),
        exports={"ModelNew": f"class ModelNew{_heads(model)['__init__']}: forward{_heads(model)['forward']}"},
        exercise=Original(),
        shown=program,
        packages=packages_in(tree),
        difficulty=_DIFFICULTIES.get(file.parent.name, "hard"),
        skills=("torch",),
    )


def rewritten_for(problem: Problem, program: str) -> Problem:
    """Return a problem of the same module with other sizes, whose solution has the name that is asked for."""
    return replace(problem, task=_task_of(program), program=f"{program}\n\nModelNew = Model\n")


def _task_of(program: str) -> str:
    return (
        "Write `ModelNew`, a module that takes the same arguments, holds parameters and buffers of the same names and "
        "shapes as `Model`, and computes the same values:\n\n" + fenced(program)
    )


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MAX_FILE:
            raise Refusal(f"it is longer than {MAX_FILE // 1024} KiB")
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"it cannot be read: {error}") from None


def _class_of(tree: ast.Module) -> ast.ClassDef:
    found = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Model"]
    if not found:
        raise Refusal("it defines no class Model at its top level")
    return found[-1]


def _heads(model: ast.ClassDef) -> dict[str, str]:
    """Return the parameters of its constructor and of `forward`, without `self`."""
    heads = {"__init__": "()"}
    for node in model.body:
        if isinstance(node, ast.FunctionDef) and node.name in {"__init__", "forward"}:
            arguments = ast.arguments(**{**vars(node.args), "args": node.args.args[1:]})
            heads[node.name] = f"({unparsed(arguments)})"
    if "forward" not in heads:
        raise Refusal("its class Model has no forward")
    return heads


def _starter(tree: ast.Module, model: ast.ClassDef) -> str:
    """Return the imports, and `ModelNew` with nothing in it."""
    imports = [unparsed(node) for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    heads = {name: f"(self, {head[1:]}".replace("(self, )", "(self)") for name, head in _heads(model).items()}
    lines = [
        "class ModelNew(nn.Module):",
        f"    def __init__{heads['__init__']}:",
        "        super().__init__()",
        "",
        f"    def forward{heads['forward']}:",
        "        raise NotImplementedError",
    ]
    needed = "from torch import nn" if not any("nn" in each for each in imports) else ""
    return joined(["\n".join([*imports, *([needed] if needed else [])]), "\n".join(lines)])
