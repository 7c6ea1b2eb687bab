"""One question's public tests, in a process of their own: by pytest where it is installed, else plainly.

Says what it does in lines of JSON, in a file: `{"begin": name}`, then `{"end": name, "outcome": ..., "message": ...}`.
"""

from __future__ import annotations

import faulthandler
import importlib.util
import inspect
import json
import os
import secrets
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.exam.compare import Mismatch
from grader.exam.marks import HINT, MEASURED
from grader.exam.seeds import derive, make_rng
from grader.exam.solution import CheckEnded, RemoteFailure, describe_last_call, forget_last_call
from grader.sandbox.servant import seed_generators
from grader.takehome.kit.standin import LoadError, load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grader.exam.solution import Solution

SUITE = "test_public.py"
MAX_MESSAGE = 4000


class Log:
    """The file in which the parent reads what became of each check; a check that lasts too long ends the process."""

    def __init__(self, path: Path, patience: float) -> None:
        self._path, self._patience = path, patience
        self.seed = secrets.randbits(63)

    def begin(self, name: str, solution: Solution) -> None:
        """Say that a check begins, and give it its seed."""
        self.say({"begin": name})
        faulthandler.dump_traceback_later(self._patience, exit=True)
        forget_last_call(solution)
        seed_generators(derive(self.seed, name))

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


def run(folder: Path, terms: Mapping[str, Any], log: Path) -> None:
    """Run the public tests of the question in a folder on the submission that lies there."""
    report = Log(log, float(terms["patience"]))
    try:
        source = (folder / terms["file"]).read_text(encoding="utf-8")
        solution = load(terms["file"], source, terms)
        runner = _with_pytest if importlib.util.find_spec("pytest") is not None else _plainly
        runner(folder / SUITE, solution, report)
    except LoadError as error:
        report.say({"fault": error.message, "outcome": error.outcome})
    except ModuleNotFoundError as error:
        report.say({"absent": error.name})
    except (SyntaxError, UnicodeDecodeError) as error:
        report.say({"fault": f"{terms['file']}: {error}", "outcome": "error"})


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


def _use_profile() -> None:
    if importlib.util.find_spec("hypothesis") is not None:
        from grader.exam.properties import use_profile

        use_profile()


# --- without pytest --------------------------------------------------------------------------------------------------


def _plainly(suite: Path, solution: Solution, log: Log) -> None:
    _use_profile()
    for name, function in _functions(suite).items():
        if getattr(function, MEASURED, False):
            log.say({"end": name, "outcome": "measured", "message": ""})
            continue
        log.begin(name, solution)
        prepare(function, derive(log.seed, name))
        given: dict[str, object] = {"solution": solution} if _takes(function, "solution") else {}
        if _takes(function, "rng"):
            given["rng"] = make_rng(derive(log.seed, name, "rng"))
        try:
            function(**given)
        except (Exception, CheckEnded) as error:
            log.end(name, error, function, solution)
        else:
            log.end(name, None, function, solution)


def _functions(suite: Path) -> dict[str, Callable[..., object]]:
    spec = importlib.util.spec_from_file_location("test_public", suite)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {name: each for name, each in vars(module).items() if _is_check(name, each)}


def _is_check(name: str, value: object) -> bool:
    return inspect.isfunction(value) and (name.startswith("test") or getattr(value, MEASURED, False))


def _takes(function: Callable[..., object], name: str) -> bool:
    return name in inspect.signature(function).parameters


# --- with pytest -----------------------------------------------------------------------------------------------------


def _with_pytest(suite: Path, solution: Solution, log: Log) -> None:
    import pytest

    from grader.takehome.kit.plugin import Plugin

    _use_profile()
    unused = ("cacheprovider", "terminal", "doctest", "junitxml", "pastebin", "stepwise", "logging", "faulthandler")
    flags = [word for name in unused for word in ("-p", f"no:{name}")]
    place = ["--rootdir", str(suite.parent), "-c", os.devnull, "--noconftest", "--import-mode=importlib"]
    plugin = Plugin(solution, log)
    pytest.main([str(suite), *place, *flags, "--capture=no"], plugins=[plugin])
    if plugin.fault is not None:
        raise plugin.fault


def main(arguments: list[str], terms: Mapping[str, Any]) -> None:
    """Run what the parent asks for: folder and log."""
    folder, log = arguments
    sys.dont_write_bytecode = True
    run(Path(folder), terms, Path(log))
