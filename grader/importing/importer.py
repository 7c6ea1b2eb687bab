"""The sentence: problems are read, recorded in a guest, written down, tried, and kept or refused with the reason."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from grader.bank import load_question
from grader.errors import BankError, InputError
from grader.importing.cases import split_cases
from grader.importing.folder import slug_of, write_question
from grader.importing.gates import pass_gates
from grader.importing.kernelbench import rewritten_for
from grader.importing.modelsuite import model_suites
from grader.importing.problem import Original, Problem, Refusal, Unread
from grader.importing.recording import Studio
from grader.importing.shrinking import shrink
from grader.importing.suite import row, suites_of
from grader.proof.leak import find_leaks
from grader.question import Frozen, Visibility
from grader.sandbox import maker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from grader.importing.cases import Cases
    from grader.importing.gates import Findings
    from grader.importing.suite import Suites
    from grader.question import Question
    from grader.verdict import Level

ROUNDS = 4
"""So often cases are made public because something in sight shows their answers; what leaks then is told."""


class Imported(Frozen):
    """What became of one problem."""

    origin: str
    kept: bool
    id: str = ""
    """Qualified id of the question, if there is one."""
    reasons: tuple[str, ...] = ()
    """Why it was refused; of one that was kept, what is still to be done."""
    notes: tuple[str, ...] = ()
    """What is not as it was in the other format."""
    cases: dict[str, int] = Field(default_factory=dict)
    """How many are public, how many hidden."""
    seconds: float = 0.0


class Importer:
    """Turns problems into questions of one bank, one after the other."""

    def __init__(self, out: Path, family: str, *, level: Level | None = None, jobs: int | None = None) -> None:
        """Prepare to write into a bank, which is made if need be.

        Args:
            out: the bank's folder; solutions go into `solutions/` beside it.
            family: folder of the bank.
            level: isolation to insist on.
            jobs: programs tried at a time.

        Raises:
            InputError: the family is no name for a folder of a bank, or `out` is a file.
        """
        if slug_of(family) != family:
            raise InputError(f"{family!r} is no name for a family", cure="Use a-z, 0-9 and hyphens")
        if out.exists() and not out.is_dir():
            raise InputError("the bank is no folder", file=out, cure="Name a folder, or one that does not exist yet")
        self._out, self._family = Path(out).absolute(), family
        self._level, self._jobs = level, jobs

    def run(self, problems: Iterable[Problem | Unread], told: Callable[[Imported], None]) -> tuple[Imported, ...]:
        """Import all of them; each is told of as soon as it is decided.

        Raises:
            OSError: there is no room, or no permission.
            IsolationError: the isolation that is demanded cannot be had.
        """
        found = []
        with Studio(self._level) as studio:
            for problem in problems:
                found.append(self._decided(problem, studio))
                told(found[-1])
        return tuple(found)

    def _decided(self, problem: Problem | Unread, studio: Studio) -> Imported:
        started = time.monotonic()
        try:
            if isinstance(problem, Unread):
                raise Refusal(problem.reason)
            facts = self._import(problem, studio)
        except Refusal as refusal:
            facts = {"kept": False, "reasons": (str(refusal),)}
        except RecursionError:  # whatever walks a foreign tree or value
            facts = {"kept": False, "reasons": ("it is nested too deeply",)}
        return Imported(origin=problem.origin, seconds=round(time.monotonic() - started, 2), **facts)

    def _import(self, problem: Problem, studio: Studio) -> dict[str, Any]:
        name = slug_of(problem.origin)
        if not name:
            raise Refusal("its name has no letter and no digit of which to make an id")
        places = {part: self._place(part) / name for part in ("bank", "solutions")}
        if any(place.exists() for place in places.values()):
            raise Refusal(f"{self._family}/{name} is in the bank already")
        self._out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=maker.prefix(), dir=self._out.parent) as folder:
            root = Path(folder)
            write = self._write_original if isinstance(problem.exercise, Original) else self._write_cases
            question, facts = write(root, problem, studio)
            findings = self._findings(question)
            if findings.refusals:
                raise Refusal("; ".join(findings.refusals))
            for part, place in places.items():
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(root / part / self._family / name, place)
        return {"kept": True, "id": question.qualified_id, "reasons": findings.open, **facts}

    def _write_cases(self, root: Path, problem: Problem, studio: Studio) -> tuple[Question, dict[str, Any]]:
        """Write a question that asks what a check asks."""
        cases = split_cases(studio.record(problem), problem.shown)
        question, cases = _without_leaks(root, self._family, problem, cases)
        counts = {"public": len(cases.public), "hidden": len(cases.hidden)}
        return question, {"notes": cases.notes, "cases": counts}

    def _write_original(self, root: Path, problem: Problem, studio: Studio) -> tuple[Question, dict[str, Any]]:
        """Write a question that asks for what a module computes."""
        small = shrink(problem, studio)
        suites, notes = model_suites(problem.origin, small)
        question = _written(root, self._family, rewritten_for(problem, small.program), suites)
        counts = {each.value: sum(check.visibility is each for check in question.checks) for each in Visibility}
        return question, {"notes": notes, "cases": counts}

    def _findings(self, question: Question) -> Findings:
        try:
            return pass_gates(question, level=self._level, jobs=self._jobs)
        except InputError as error:  # its reference or its starter is nothing that could be handed in
            raise Refusal(f"it cannot be tried: {error}") from None

    def _place(self, part: str) -> Path:
        return (self._out if part == "bank" else self._out.parent / "solutions") / self._family


def _without_leaks(root: Path, family: str, problem: Problem, cases: Cases) -> tuple[Question, Cases]:
    """Write the question; a hidden case whose answer stands in sight is made public, and it is written again."""
    question = _written_cases(root, family, problem, cases)
    for _ in range(ROUNDS):
        lines = question.suite(Visibility.HIDDEN).read_text(encoding="utf-8").split("\n")
        seen = {lines[leak.secret.line - 1].strip() for leak in find_leaks(question)}
        fewer = cases.revealed({row(case) for case in cases.hidden} & seen)
        if fewer is cases:
            break
        cases = fewer
        question = _written_cases(root, family, problem, cases)
    return question, cases


def _written_cases(root: Path, family: str, problem: Problem, cases: Cases) -> Question:
    return _written(root, family, problem, suites_of(problem.origin, cases.public, cases.hidden))


def _written(root: Path, family: str, problem: Problem, suites: Suites) -> Question:
    try:
        return load_question(write_question(root, family, problem, suites))
    except BankError as error:
        reason = str(error).replace(str(root), "").replace("\n", " ")
        raise Refusal(f"no question can be made of it: {reason}"[:400]) from None
