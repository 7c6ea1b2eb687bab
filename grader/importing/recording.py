"""What a foreign check asks, as data: the check runs in a guest, and only values come back."""

from __future__ import annotations

import ast
import builtins
import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from grader.errors import BrokenError
from grader.exam.candidate import Candidate, Source
from grader.exam.solution import CheckEnded, Solution
from grader.exam.templates import Templates
from grader.importing.problem import Check, Inputs, Original, Refusal
from grader.importing.programs import tree_of
from grader.importing.wording import odd_lines
from grader.question import Limits
from grader.submission import Unit
from grader.verdict import Outcome

if TYPE_CHECKING:
    from grader.importing.problem import Problem
    from grader.sandbox.host import Template
    from grader.verdict import Level

RECORDER = Path(__file__).with_name("recorder.py")
LIMITS = Limits(wall=120.0, check=120.0, cpu=120.0)
LOOK_SECONDS = 30.0
"""So long the recorder looks at how a check compares; what it has not come to by then is compared exactly."""
_PLAIN = (type(None), bool, int, float, complex, str, bytes)


@dataclass(frozen=True)
class Form:
    """How a check compares one answer with what it expects."""

    atol: float = 0.0
    any_order: bool = False
    any_sequence: bool = False


@dataclass(frozen=True)
class Case:
    """One call, and what must come of it."""

    export: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    answer: Any
    raises: str = ""
    """Name of the builtin exception that must be raised; then there is no answer."""
    form: Form = Form()


@dataclass(frozen=True)
class Recording:
    """All that a check asks, and what of it is not as it was."""

    cases: tuple[Case, ...]
    notes: tuple[str, ...] = ()


class Studio:
    """Where foreign checks run: one warm template for each set of packages, one guest for each problem."""

    def __init__(self, level: Level | None = None) -> None:
        self._templates = Templates(level)

    def record(self, problem: Problem) -> Recording:
        """Run a problem's check on its own solution in a guest, and return what it asks.

        Raises:
            Refusal: data cannot repeat it, or the solution fails it.
            IsolationError: the isolation that is demanded cannot be had.
        """
        try:
            told = self.call(RECORDER, "record", problem.packages, _job(problem))
        except CheckEnded as end:
            raise Refusal(f"its check never came back from the guest: it {end.reason}") from None
        return _read(told, problem)

    def call(
        self, program: Path, name: str, packages: tuple[str, ...], *arguments: object, limits: Limits = LIMITS
    ) -> Any:
        """Call a function of a program of ours that runs foreign ones, in a fresh guest.

        Raises:
            CheckEnded: the guest ended, or used up its limits.
            Refusal: a package is not installed here, or the foreign program broke ours.
            IsolationError: the isolation that is demanded cannot be had.
        """
        unit = Unit(program.name, program.read_text(encoding="utf-8"))
        candidate = Candidate(self._template(packages), Source((unit,), (), (name,)), limits)
        try:
            candidate.begin(0)
            return getattr(Solution(candidate), name)(*arguments)
        except CheckEnded as end:
            if end.outcome is Outcome.BROKEN:
                raise BrokenError(end.reason) from None
            raise
        except Exception as error:  # whatever the foreign program did to ours
            raise Refusal(f"it cannot be recorded: {error}"[:300]) from None
        finally:
            candidate.close()

    def _template(self, packages: tuple[str, ...]) -> Template:
        missing = [name for name in packages if importlib.util.find_spec(name) is None]
        if missing:
            raise Refusal(f"it needs {', '.join(missing)}, which is not installed here")
        try:
            return self._templates.of(packages)
        except BrokenError as error:  # a package of it that cannot be imported
            raise Refusal(str(error)) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._templates.close()


def _job(problem: Problem) -> dict[str, Any]:
    job: dict[str, Any] = {"program": problem.program, "names": list(problem.exports), "seconds": LOOK_SECONDS}
    match problem.exercise:
        case Check(source, style):
            return {**job, "check": source, "style": style}
        case Inputs(calls):
            return {**job, "check": "", "style": "inputs", "inputs": [list(call) for call in calls]}
        case Original():
            raise TypeError("an original has no check to record")


# --- what the guest says, believed as far as its form goes -----------------------------------------------------------


def _read(told: Any, problem: Problem) -> Recording:
    match told:
        case {"fault": "", "calls": list(calls)}:
            pass
        case {"fault": str(fault)}:
            raise Refusal(fault[:400])
        case _:
            raise Refusal("the guest answered with something else than a recording")
    plain = [call for call in calls if isinstance(call, dict) and call.get("plain") is True]
    read = [(_case(call, problem), call["form"]) for call in plain]
    judged = [case for case, form in read if form.get("judged", True)]
    if not judged:
        reason = "accepts any answer" if plain else "asks for what is no data"
        raise Refusal(f"its check {reason}")
    opaque = len(calls) - len(plain)
    loose = sum(form.get("loose") is True for _, form in read)
    notes = (*_notes(opaque, len(read) - len(judged), loose), *_wording_notes(problem))
    return Recording(tuple(judged), notes)


def _wording_notes(problem: Problem) -> list[str]:
    """Say where a check asks for more than values: a suite of values may refuse what it would have accepted."""
    if not isinstance(problem.exercise, Check):
        return []
    try:
        tree = tree_of(problem.exercise.source, "its check")
    except Refusal as refusal:
        return [f"{refusal}, so that nobody has looked at its wording"]
    names = {*problem.exports, *_candidates(tree)}
    lines = ", ".join(map(str, odd_lines(tree, names)))
    return [f"line {lines} of its check judges by a rule: the suite refuses other right answers"] if lines else []


def _candidates(tree: ast.Module) -> list[str]:
    """Return what a check calls the function it is given."""
    heads = [node.args.args for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    return [arguments[0].arg for arguments in heads if arguments]


def _notes(opaque: int, idle: int, loose: int) -> list[str]:
    notes = [f"{opaque} of its calls ask for what is no data, and are left out"] if opaque else []
    notes += [f"{idle} of its calls accept any answer, and are left out"] if idle else []
    return [*notes, *([f"{loose} of its calls accept other answers too, which the suite refuses"] if loose else [])]


def _case(call: dict[str, Any], problem: Problem) -> Case:
    match call:
        case {
            "name": str(name),
            "args": list(args),
            "kwargs": dict(kwargs),
            "answer": answer,
            "raises": str(raises),
            "form": dict(form),
        } if name in problem.exports and is_plain([args, kwargs, answer]) and _is_exception(raises):
            return Case(name, tuple(args), kwargs, answer, raises, _form(form, answer, problem))
    raise Refusal("the guest answered with something else than a recording")


def _is_exception(name: str) -> bool:
    kind = getattr(builtins, name, None)
    return not name or (isinstance(kind, type) and issubclass(kind, Exception))


def _form(form: dict[str, Any], answer: Any, problem: Problem) -> Form:
    if isinstance(problem.exercise, Inputs):
        return Form(problem.exercise.atol if _has_float(answer) else 0.0)
    atol = form.get("atol", 0.0)
    return Form(
        atol if type(atol) is float and 0.0 <= atol <= 1.0 else 0.0,
        form.get("any_order") is True,
        form.get("any_sequence") is True,
    )


def _has_float(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_has_float, value))
    return isinstance(value, float) or (is_array(value) and value.dtype.kind == "f")


def is_plain(value: Any) -> bool:
    """Whether a value from the wire, which has bounded its depth, is of the builtin types or an array of numbers."""
    if type(value) is dict:
        return all(is_plain(part) for pair in value.items() for part in pair)
    if type(value) in {list, tuple, set, frozenset}:
        return all(map(is_plain, value))
    return type(value) in _PLAIN or is_array(value)


def is_array(value: Any) -> bool:
    """Whether a value is a numpy array of real numbers."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(value) is numpy.ndarray and value.dtype.kind in "biuf"
