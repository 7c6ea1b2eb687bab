"""otter-grader and nbgrader, each in an environment of its own, in the fastest mode that needs no Docker.

**otter-grader.** `otter grade` runs Docker and nothing else; `otter run`, and its form for Python,
`otter.api.grade_submission`, do without. One process calls the latter for each submission, which saves a start of
Python each time. Otter starts a Jupyter kernel for each; no mode that reuses one exists.

**nbgrader.** `nbgrader autograde ASSIGNMENT` grades a whole class in one process, with a kernel for each submission.

Both run the checks themselves, not a copy: the suites of the question lie as modules in the environment, compiled,
beside a small package that stands for what they import of ours (the comparison, the Hypothesis profile, the marks as
nothing), and one test case (otter) or one graded cell (nbgrader) calls each check. Not converted: hints, groups, and
the rewriting of `assert`, which both do without. Hypothesis runs inside the test, as often and with the same profile.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cost import ROOT, Cost, run
from grader.bank import load_bank

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.subjects import Subject
    from grader.question import Check

VERSIONS = {"otter": "otter-grader==7.0.0", "nbgrader": "nbgrader==0.9.6"}
COMMON = ("torch==2.13.0", "numpy==2.4.6", "hypothesis==6.170.15", "ipykernel==7.4.0")


class Unavailable(Exception):  # noqa: N818  no fault of anybody's: the side is left out
    """An environment could not be made; says why."""


@dataclass(frozen=True)
class Rival:
    """One of the two, in its environment."""

    name: str
    home: Path

    @property
    def python(self) -> str:
        """The environment's interpreter."""
        return str(self.home / "bin" / "python")

    @property
    def _environment(self) -> dict[str, str]:
        # one thread, as in an exam; nbgrader calls alembic by name
        path = os.pathsep.join((str(self.home / "bin"), os.environ.get("PATH", os.defpath)))
        return {"OMP_NUM_THREADS": "1", "PYTHONPATH": "", "PATH": path}

    @property
    def release(self) -> str:
        """Name and version."""
        return VERSIONS[self.name].replace("==", " ")

    def prepare(self) -> None:
        """Make the environment, unless it is there.

        Raises:
            Unavailable: something cannot be installed here.
        """
        done = self.home / "complete"
        wanted = "\n".join((VERSIONS[self.name], *COMMON))
        if not (done.exists() and done.read_text() == wanted):
            self._install()
        write_kit(self._packages())
        done.write_text(wanted)

    def _install(self) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        pip = [self.python, "-m", "pip", "install", "--quiet", VERSIONS[self.name], *COMMON]
        for command in ([sys.executable, "-m", "venv", str(self.home)], pip):
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode != 0:
                said = (done.stderr or done.stdout).strip().splitlines()
                raise Unavailable(f"{self.release} could not be installed: {said[-1] if said else 'no reason given'}")

    def _packages(self) -> Path:
        return next(self.home.glob("lib/python*/site-packages"))

    def grade(self, subject: Subject, submissions: Sequence[Path], folder: Path) -> tuple[Cost, list[str]]:
        """Grade submissions from cold in a new folder; return what it cost and who passed every check."""
        self._install_suites(subject)
        folder.mkdir()
        grade = {"otter": self._otter, "nbgrader": self._nbgrader}[self.name]
        return grade(subject, submissions, folder)

    def _install_suites(self, subject: Subject) -> None:
        """Put the suites of a question into the environment, compiled."""
        package = self._packages() / "suites"
        shutil.rmtree(package, ignore_errors=True)
        package.mkdir()
        (package / "__init__.py").touch()
        for suite in subject.suites:
            text = suite.read_text(encoding="utf-8")
            # their own import of pytest, for `raises` alone, would cost a tenth of a second more
            (package / suite.name).write_text(
                text.replace("\nimport pytest\n", "\nfrom grader import exam as pytest\n")
            )
        subprocess.run([self.python, "-m", "compileall", "-q", str(package)], check=True)

    def _otter(self, subject: Subject, submissions: Sequence[Path], folder: Path) -> tuple[Cost, list[str]]:
        checks = _checks(subject)
        lines = [
            "OK_FORMAT = False", 'name = "suite"', f"points = {len(checks)}", "from otter.test_files import test_case",
            "from grader.exam import Submission, make_rng", "from suites import test_hidden, test_public",
        ]  # fmt: skip
        for number, call in enumerate(_calls(subject, checks)):
            lines += [
                "@test_case(points=1)",
                f"def check_{number}(env):",
                "    solution = Submission(env)",
                f"    {call}",
            ]
        with zipfile.ZipFile(folder / "autograder.zip", "w") as archive:
            archive.writestr("otter_config.json", "{}")
            archive.writestr("tests/suite.py", "\n".join(lines) + "\n")
        driver = Path(__file__).with_name("drive_otter.txt").read_text(encoding="utf-8")
        cost = run(
            [self.python, "-c", driver, str(folder / "autograder.zip"), *map(str, submissions)],
            cwd=folder, extra=self._environment,
        )  # fmt: skip
        return cost, json.loads(cost.output.splitlines()[-1])

    def _nbgrader(self, subject: Subject, submissions: Sequence[Path], folder: Path) -> tuple[Cost, list[str]]:
        cells = _cells(subject)
        (folder / "nbgrader_config.py").write_text("c = get_config()\n")
        _write_notebook(folder / "source/exam/exam.ipynb", cells)
        command = [self.python, "-m", "nbgrader"]
        run([*command, "generate_assignment", "exam"], cwd=folder, extra=self._environment)
        for path in submissions:
            cells[0]["source"] = path.read_text(encoding="utf-8")
            _write_notebook(folder / "submitted" / path.stem / "exam/exam.ipynb", cells)
        cost = run([*command, "autograde", "exam"], cwd=folder, extra=self._environment)
        driver = Path(__file__).with_name("read_nbgrader.txt").read_text(encoding="utf-8")
        told = run([self.python, "-c", driver], cwd=folder, extra=self._environment)
        return cost, json.loads(told.output.splitlines()[-1])


def _checks(subject: Subject) -> list[Check]:
    return list(load_bank(subject.bank).find(subject.question).checks)


def _calls(subject: Subject, checks: Sequence[Check]) -> Iterator[str]:
    """Yield the statement that runs each check on `solution`."""
    texts = {suite.stem: suite.read_text(encoding="utf-8") for suite in subject.suites}
    for check in checks:
        suite = f"test_{check.visibility.value}"
        given = ", rng=make_rng(7)" if f"def {check.name}(solution, rng" in texts[suite] else ""
        yield f"{suite}.{check.name}(solution=solution{given})"


def _cells(subject: Subject) -> list[dict[str, object]]:
    """Return nbgrader's cells: the answer, the preparation of the checks, one graded cell for each."""
    prepare = (
        "from grader.exam import Submission, make_rng\nfrom suites import test_hidden, test_public\n"
        "solution = Submission(globals())"
    )
    checks = _checks(subject)
    marks: list[tuple[str, str, dict[str, int]]] = [("answer", "", {"grade": False, "solution": True, "locked": False})]
    marks += [("prepare", prepare, {"grade": False, "solution": False, "locked": True})]
    graded = {"grade": True, "solution": False, "locked": True, "points": 1}
    marks += [(f"check{number}", call, graded) for number, call in enumerate(_calls(subject, checks))]
    return [
        {
            "cell_type": "code", "execution_count": None, "id": name, "outputs": [], "source": source,
            "metadata": {"nbgrader": {**flags, "grade_id": name, "schema_version": 3, "task": False}},
        }
        for name, source, flags in marks
    ]  # fmt: skip


def _write_notebook(path: Path, cells: Sequence[dict[str, object]]) -> None:
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))


KIT = '''\
"""What a suite imports, for a grader that runs it in the submission's own process."""
import contextlib
from hypothesis import Phase, settings
from grader.exam.compare import Mismatch, assert_close, assert_equal
from grader.exam.properties import use_profile
from grader.exam.seeds import make_rng

use_profile()
settings.register_profile("batch", settings.default, phases=(Phase.explicit, Phase.generate))
settings.load_profile("batch")

def points(*args, **kwargs):
    return lambda function: function

hint = stated = contract = points

class mark:
    @staticmethod
    def parametrize(name, values):
        def over_all(check):
            def run(solution):
                for value in values:
                    check(solution=solution, **{name: value})
            return run
        return over_all

@contextlib.contextmanager
def raises(kind):
    try:
        yield
    except kind:
        return
    raise AssertionError(f"did not raise {kind}")

class Submission:
    def __init__(self, names):
        self._names = names
    def __getattr__(self, name):
        try:
            return self._names[name]
        except KeyError:
            raise AttributeError(name) from None
    def run(self, probe, *args, **kwargs):
        return probe(self, *args, **kwargs)
'''


def write_kit(packages: Path) -> None:
    """Put what the suites import of ours into a folder of packages."""
    kit = packages / "grader" / "exam"
    kit.mkdir(parents=True, exist_ok=True)
    (packages / "grader" / "__init__.py").touch()
    shutil.copy(ROOT / "grader" / "keyed.py", packages / "grader" / "keyed.py")
    (kit / "__init__.py").write_text(KIT)
    for name in ("compare.py", "properties.py", "seeds.py"):
        shutil.copy(ROOT / "grader" / "exam" / name, kit / name)
