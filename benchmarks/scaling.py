"""What `grade batch` costs for each submission and in memory, by their number and by the number of jobs.

python -m benchmarks.scaling [--most 2000]      by the number of submissions, from 10
python -m benchmarks.scaling --jobs 1 2 4 8     by the number of jobs, with 200 submissions
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import table
from benchmarks.batch import Class, grade_batch
from benchmarks.subjects import FEDAVG, GAN_STEP, Subject
from benchmarks.submissions import write_submissions

if TYPE_CHECKING:
    from benchmarks.cost import Cost

NUMBERS = (10, 50, 200, 1000, 2000)
USUAL = 200
SUBJECTS = FEDAVG, GAN_STEP


def cost_of(subject: Subject, number: int, *options: str) -> Cost:
    """Grade so many submissions in one batch; return the cost of each, and the most memory at a time."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        paths = write_submissions(subject, number, work / "submissions")
        return grade_batch(Class(subject, paths, work), *options, memory=True)


def _row(title: str, count: int, cost: Cost) -> str:
    each = f"{cost.cpu * 1000:.0f} ms", f"{cost.wall * 1000:.0f} ms", f"{1 / cost.wall:.1f}"
    return table.row(title, str(count), *each, f"{cost.memory / 2**20:.0f} MiB")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description="Cost by number, or by jobs.")
    parser.add_argument("--most", type=int, default=NUMBERS[-1], help="submissions of the largest batch")
    parser.add_argument("--jobs", type=int, nargs="+", help="numbers of jobs to compare instead")
    parser.add_argument("--number", type=int, default=USUAL, help="submissions where jobs are compared")
    chosen = parser.parse_args()
    columns = ("CPU per submission", "wall per submission", "submissions per second", "memory of all processes")
    if chosen.jobs:
        lines = table.head("question", "jobs", *columns)
        for subject in SUBJECTS:
            lines += [_row(subject.title, n, cost_of(subject, chosen.number, "--jobs", str(n))) for n in chosen.jobs]
        how = f"python -m benchmarks.scaling --number {chosen.number} --jobs {' '.join(map(str, chosen.jobs))}"
        return table.write("results-jobs", how, lines)
    lines = table.head("question", "submissions", *columns)
    for subject in SUBJECTS:
        lines += [_row(subject.title, n, cost_of(subject, n)) for n in NUMBERS if n <= chosen.most]
    return table.write("results-scaling", f"python -m benchmarks.scaling --most {chosen.most}", lines)


if __name__ == "__main__":
    main()
