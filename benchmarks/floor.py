"""The least that grading a folder can cost: both suites in one warm pytest process, each submission imported into it.

    python -m benchmarks.floor QUESTION FOLDER

prints the submissions that passed every check. No isolation at all: a submission that hangs, exits or patches numpy
ends or spoils everything. The suites are collected once and run again for each; forking a process for each instead
costs the same for numpy and more for torch, whose many pages each fork copies.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path

import hypothesis  # noqa: F401  before pytest, whose import hook would rewrite it anew
import pytest

from benchmarks import direct
from grader.exam.forkserver import arguments


class Loop:
    """Runs the collected checks for one submission after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._failed = False
        self.accepted: list[str] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Grade every file of the folder."""
        gc.collect()
        gc.freeze()  # as the grader does: a collection need not walk all that was imported
        for path in sorted(self._folder.iterdir()):
            os.environ["DIRECT_SOLUTION"] = str(path)
            self._failed = False
            for item, following in zip(session.items, [*session.items[1:], None], strict=True):
                item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            if not self._failed:
                self.accepted.append(path.stem)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what did not pass."""
        self._failed = self._failed or not report.passed


def main(suites: list[Path], folder: Path) -> None:
    """Grade a folder of submissions."""
    sys.dont_write_bytecode = True  # of the submissions; everything else has been compiled before
    loop = Loop(folder)
    pytest.main([*arguments(suites), "-p", "no:grader"], plugins=[direct, loop])
    print(json.dumps(loop.accepted))  # noqa: T201  what the benchmark reads


if __name__ == "__main__":
    *tests, submissions = map(Path, sys.argv[1:])
    main(tests, submissions)
