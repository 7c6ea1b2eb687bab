"""One question's public tests, in a process of their own: by pytest where it is installed, else plainly."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.exam.seeds import PUBLIC, derive, make_rng
from grader.exam.solution import CheckEnded
from grader.takehome.kit.log import SUITE, Log, prepare
from grader.takehome.kit.marks import MEASURED
from grader.takehome.kit.standin import LoadError, load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grader.exam.solution import Solution


def run(folder: Path, terms: Mapping[str, Any], log: Path) -> None:
    """Run the public tests of the question in a folder on the submission that lies there."""
    report = Log(log, float(terms["patience"]))
    try:
        source = (folder / terms["file"]).read_text(encoding="utf-8-sig")
        solution = load(terms["file"], source, terms)
        runner = _with_pytest if importlib.util.find_spec("pytest") is not None else _plainly
        runner(folder / SUITE, solution, report)
    except LoadError as error:
        report.say({"fault": error.message, "outcome": error.outcome})
    except ModuleNotFoundError as error:
        report.say({"absent": error.name})
    except (SyntaxError, UnicodeDecodeError) as error:
        report.say({"fault": f"{terms['file']}: {error}", "outcome": "error"})


def _use_profile() -> None:
    if importlib.util.find_spec("hypothesis") is not None:
        from grader.exam.properties import use_profile

        use_profile()


# --- without pytest --------------------------------------------------------------------------------------------------


def _plainly(suite: Path, solution: Solution, log: Log) -> None:
    _use_profile()
    for name, function in _functions(suite).items():
        if name in log.told:
            continue
        if getattr(function, MEASURED, False):
            log.say({"end": name, "outcome": "measured", "message": ""})
            continue
        log.begin(name, solution)
        seed = derive(PUBLIC, name)
        prepare(function, seed)
        given: dict[str, object] = {"solution": solution} if _takes(function, "solution") else {}
        if _takes(function, "rng"):
            given["rng"] = make_rng(derive(seed, "rng"))
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
    status = pytest.main([str(suite), *place, *flags, "--capture=no"], plugins=[plugin])
    if plugin.fault is not None:
        raise plugin.fault
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}:
        sys.exit(int(status))


def main(arguments: list[str], terms: Mapping[str, Any]) -> None:
    """Run what the parent asks for: folder and log."""
    folder, log = arguments
    sys.dont_write_bytecode = True
    run(Path(folder), terms, Path(log))
