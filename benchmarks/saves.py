"""A save under `grade submit --watch`: from the save to the end of the report, beside what the checks took."""

from __future__ import annotations

import contextlib
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.commands import GRADE, TORCH
from benchmarks.cost import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDS = "Ctrl-C ends."


@dataclass(frozen=True)
class Save:
    """One save, in seconds."""

    wall: float
    checks: float
    """The sum of what the checks took, by the verdict."""

    @property
    def beyond(self) -> float:
        """What noticing, reading, forking, scoring and reporting took."""
        return self.wall - self.checks


def measure(question: str = TORCH, rounds: int = 9) -> Save:
    """Save the reference so many times under `--watch`; return the medians of the whole and of what was beyond."""
    with tempfile.TemporaryDirectory() as place:
        found = list(_saves(question, rounds, Path(place)))
    wall = statistics.median(save.wall for save in found)
    return Save(wall, wall - statistics.median(save.beyond for save in found))


def _saves(question: str, rounds: int, place: Path) -> Iterator[Save]:
    file, report = place / "solution.py", place / "verdict.json"
    reference = ROOT / "solutions" / question / "reference.py"
    shutil.copyfile(reference, file)
    command = [*GRADE, "submit", question, str(file), "--watch", "--format", "json", "--output", str(report)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        with contextlib.ExitStack() as end:
            end.callback(process.terminate)  # SIGINT is ignored by what a shell started in the background
            _await_report(process.stdout)
            for _ in range(rounds):
                shutil.copyfile(reference, place / "part")
                started = time.perf_counter()
                (place / "part").replace(file)
                _await_report(process.stdout)
                wall = time.perf_counter() - started
                verdict = json.loads(report.read_text(encoding="utf-8"))
                yield Save(wall, sum(check["seconds"] for check in verdict["checks"]))


def _await_report(lines: Iterator[str]) -> None:
    if not any(ENDS in line for line in lines):
        raise RuntimeError("the watch has ended")


if __name__ == "__main__":
    median = measure()
    print(f"{median.wall:.3f} s from save to report, {median.beyond:.3f} s beyond the checks")  # noqa: T201
