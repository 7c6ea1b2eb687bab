"""deep-ml: a folder for each problem, whose tests are scripts that print; what they print is compared."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from grader.errors import InputError
from grader.importing.printing import printing_check
from grader.importing.problem import Check, Problem, Refusal, Unread
from grader.importing.programs import exports_of, tree_of, without_answer
from grader.trees import packages_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_FILE = 2**20


class Meta(BaseModel):
    """`meta.json`, as far as it is of use here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: int | str
    title: str
    difficulty: Literal["easy", "medium", "hard"] = "medium"
    category: str = ""


class PrintingTest(BaseModel):
    """One entry of `tests.json`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    test: str
    expected_output: str


_TESTS = TypeAdapter(list[PrintingTest])


def read_deep_ml(path: Path) -> Iterator[Problem | Unread]:
    """Yield the problems below a folder `questions/`, or the one in a problem's own folder.

    Raises:
        InputError: there is no problem.
    """
    folders = sorted(file.parent for file in _below(path))
    if not folders:
        raise InputError("no folder with a meta.json is in it", file=path, cure="Name the folder questions/")
    for folder in folders:
        try:
            yield _problem(folder)
        except Refusal as refusal:
            yield Unread(folder.name, str(refusal))


def _below(path: Path) -> list[Path]:
    return [*path.glob("meta.json"), *path.glob("*/meta.json")] if path.is_dir() else []


def _problem(folder: Path) -> Problem:
    meta = _validated(Meta, folder / "meta.json")
    tests = _validated(_TESTS, folder / "tests.json")
    program = _text(folder / "solution.py").strip("\n").rstrip() + "\n"
    tree = tree_of(program, "its solution")
    exports = exports_of(tree, [test.test for test in tests])
    description, example = _text(folder / "description.md"), _example(folder / "example.json")
    return Problem(
        origin=f"deep-ml/{meta.id}",
        title=meta.title,
        task=f"{description.strip()}\n\n{example}",
        program=program,
        starter=without_answer(program, list(exports), "its solution"),
        exports=exports,
        exercise=Check(printing_check((test.test, test.expected_output) for test in tests), "script"),
        shown=f"{description}\n{example}",
        packages=packages_in(tree),
        difficulty=meta.difficulty,
        skills=(meta.category,) if meta.category else (),
    )


def _example(path: Path) -> str:
    """Return the example of the problem, in Markdown."""
    if not path.is_file():
        return ""
    try:
        example = json.loads(_text(path))
        lines = [f"{key.capitalize()}: {example[key]}" for key in ("input", "output", "reasoning") if key in example]
    except (ValueError, TypeError, RecursionError) as error:
        raise Refusal(f"example.json cannot be read: {error}") from None
    return "Example:\n\n" + "\n\n".join(lines) + "\n" if lines else ""


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_FILE:
            raise Refusal(f"{path.name} is larger than {MAX_FILE // 2**10} KiB")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(f"{path.name} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _validated(model: Any, path: Path) -> Any:
    text = _text(path)
    try:
        return model.validate_json(text) if isinstance(model, TypeAdapter) else model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise Refusal(f"{path.name}: {place}: {first['msg']}") from None
