"""`check.pyz check`: the public tests of each question, each question in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.takehome.kit.terms import READY
from grader.takehome.kit.words import say, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.takehome.kit.terms import Bundle

CHILD = "--run"
_INDENT = " " * 4


def check(bundle: Bundle, folders: Sequence[str]) -> int:
    """Run and show the public tests of some questions, or of all. Returns 0 where every one passed."""
    chosen = [folder for folder in bundle.questions if not folders or folder in folders]
    passed = [_check_one(bundle, folder) for folder in chosen]
    return 0 if all(passed) else 1


def _check_one(bundle: Bundle, folder: str) -> bool:
    language, terms = bundle.language, bundle.questions[folder]
    tell(f"{folder}  {terms['title']}")
    if terms["kind"] != "code":
        states = [bundle.state(place, path) for place, path in bundle.answers() if place == folder]
        ready = all(state == READY for state in states)
        tell(_INDENT + say(language, "Answered in words; there is nothing to run."))
        tell(_INDENT + say(language, "ready" if ready else "not answered") + "\n")
        return True
    if not (bundle.root / folder / terms["file"]).exists():
        tell(f"{_INDENT}{terms['file']} {say(language, 'is not there yet')}\n")
        return False
    results = _results(bundle, folder)
    for result in results:
        _show(result, language)
    passed = _passed(results)
    tell(_INDENT + say(language, "Public tests passed: {passed} of {count}.", passed=passed, count=terms["public"]))
    tell(_INDENT + _hidden(terms["hidden"], language) + "\n")
    return passed == int(terms["public"])


def _passed(results: Sequence[dict[str, Any]]) -> int:
    """Return how many tests passed, each with all its parameters."""
    whole: dict[str, bool] = {}
    for result in results:
        name = result["end"].partition("[")[0]
        whole[name] = whole.get(name, True) and result["outcome"] == "passed"
    return sum(whole.values())


def _hidden(hidden: dict[str, Any], language: str) -> str:
    text = "{checks} hidden tests in {groups} groups decide on {share} of the points."
    if "groups" not in hidden:
        text = "{checks} hidden tests decide on {share} of the points."
    return say(language, text, **hidden)


def _results(bundle: Bundle, folder: str) -> list[dict[str, Any]]:
    """Run the tests of a question; return what became of each. After one that ends the process, another goes on."""
    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / "log"
        log.touch()
        lines: list[dict[str, Any]] = []
        goes_on = True
        while goes_on:
            before = len(lines)
            status = _run(bundle, folder, log, place)
            lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
            goes_on = status != 0 and any("begin" in line for line in lines[before:])
            if status:
                lines += _broken_off(lines, status, bundle, folder)
                log.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return _concluded(lines, bundle.language)


def _run(bundle: Bundle, folder: str, log: Path, scratch: str) -> int:
    flags = {"-P": sys.flags.safe_path, "-s": sys.flags.no_user_site, "-S": sys.flags.no_site}
    command = [sys.executable, *(flag for flag, on in flags.items() if on), str(bundle.archive)]
    command += [CHILD, str(bundle.root / folder), str(log)]
    environment = _environment(bundle.questions[folder]["threads"], scratch)
    return subprocess.run(command, env=environment, cwd=bundle.root / folder, check=False).returncode


def _environment(threads: int, scratch: str) -> dict[str, str]:
    """Return that of the tests: the order of sets, and what else changes an answer, is as where it is graded."""
    ours = {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": str(threads), "HYPOTHESIS_STORAGE_DIRECTORY": scratch,
    }  # fmt: skip
    unwanted = ("PYTEST_ADDOPTS", "PYTHON") if sys.flags.ignore_environment else ("PYTEST_ADDOPTS",)
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted)} | ours


def _concluded(lines: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    found = [line for line in lines if "end" in line]
    for line in lines:
        if "absent" in line:
            text = "{name} is not installed; `python check.pyz doctor` says how to get it"
            found.append({"end": "", "outcome": "not run", "message": say(language, text, name=line["absent"])})
        if "fault" in line:
            found.append({"end": "", "outcome": line["outcome"], "message": line["fault"]})
    return found


def _broken_off(lines: list[dict[str, Any]], status: int, bundle: Bundle, folder: str) -> list[dict[str, Any]]:
    """Return what became of the check during which the process ended; of everything, where it was before the first."""
    begun = [line for line in lines if "begin" in line]
    if begun and begun[-1]["begin"] in {line.get("end") for line in lines}:
        return []
    patience = float(bundle.questions[folder]["patience"])
    return [_ended(begun[-1] if begun else {"begin": "", "at": time.monotonic()}, status, patience, bundle.language)]


def _ended(last: dict[str, Any], status: int, patience: float, language: str) -> dict[str, Any]:
    """Return what became of the check during which the process ended."""
    late = time.monotonic() - last["at"] >= patience
    text = "It did not end within {seconds} s." if late else "Its process ended with status {status}."
    message = say(language, text, seconds=f"{patience:g}", status=status)
    return {"end": last["begin"], "outcome": "timeout" if late else "crashed", "message": message}


def _show(result: dict[str, Any], language: str) -> None:
    name = result["end"].removeprefix("test_").replace("_", " ") or say(language, "everything")
    tell(f"{_INDENT}{say(language, result['outcome'].replace('-', ' '))}  {name}")
    hint = (result.get("hint") or {}).get(language)
    further = [result.get("call"), *result["message"].splitlines(), hint and f"{say(language, 'hint')}: {hint}"]
    for line in filter(None, further):
        tell(f"{_INDENT}        {line}")
