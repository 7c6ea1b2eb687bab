"""What is said of public tests while they run: lines of JSON, in a file that the parent reads.

`{"begin": name, "at": seconds}`, then `{"end": name, "outcome": ..., "message": ...}`. A check that lasts too long ends
the process; another one goes on with those of which the log says nothing.
"""

from __future__ import annotations

import faulthandler
import json
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from grader.exam.compare import Mismatch
from grader.exam.seeds import PUBLIC, derive
from grader.exam.solution import CheckEnded, RemoteFailure, describe_last_call, forget_last_call
from grader.takehome.kit.marks import HINT
from grader.takehome.kit.standin import begin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.exam.solution import Solution

SUITE = "test_public.py"
MAX_MESSAGE = 4000


class Log:
    """The file in which the parent reads what became of each check; a check that lasts too long ends the process."""

    def __init__(self, path: Path, patience: float) -> None:
        self._path, self._patience = path, patience
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        self.told = {line.get("begin", line.get("end")) for line in lines}
        """The checks that an earlier process has begun."""

    def begin(self, name: str, solution: Solution) -> None:
        """Say that a check begins, and give it its seed."""
        self.say({"begin": name, "at": time.monotonic()})
        faulthandler.dump_traceback_later(self._patience, exit=True)
        forget_last_call(solution)
        begin(solution, derive(PUBLIC, name))

    def end(self, name: str, error: BaseException | None, function: object, solution: Solution) -> None:
        """Say what became of it."""
        faulthandler.cancel_dump_traceback_later()
        told = {} if error is None else {"call": describe_last_call(solution), "hint": getattr(function, HINT, None)}
        outcome, message = ("passed", "") if error is None else _told(error)
        self.say({"end": name, "outcome": outcome, "message": message[:MAX_MESSAGE], **told})

    def say(self, line: Mapping[str, object]) -> None:
        """Add one line."""
        with open(self._path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _told(error: BaseException) -> tuple[str, str]:
    """Return outcome and message, as the grader has them."""
    remote = getattr(error, "remote", None)
    if isinstance(error, CheckEnded):
        return error.outcome.value, error.reason
    if isinstance(remote, RemoteFailure):
        place = f"{remote.traceback[-1].file}:{remote.traceback[-1].line}: " if remote.traceback else ""
        return "error", place + remote.text
    if isinstance(error, Mismatch):
        return "failed", str(error)
    lines = [each for each in traceback.extract_tb(error.__traceback__) if Path(each.filename).name == SUITE]
    shown = f"{SUITE}:{lines[-1].lineno}: {lines[-1].line}" if lines else ""
    text = str(error) if isinstance(error, AssertionError) else f"{type(error).__name__}: {error}"
    return "failed", "\n".join(filter(None, [shown, text, *_examples(error)]))


def _examples(error: BaseException) -> list[str]:
    return [str(note) for note in getattr(error, "__notes__", []) if "alsifying" in str(note)]


def prepare(function: object, seed: int) -> None:
    """Seed a property as the grader does; nothing else has such a mark."""
    if getattr(function, "is_hypothesis_test", False):
        from grader.exam.properties import steer

        steer(function, seed, shrink=True)
