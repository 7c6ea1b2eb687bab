"""The boundary itself: how long a guest takes to start, a call to go and come back, and bytes to pass.

python -m benchmarks.boundary [--rounds 15]
"""

from __future__ import annotations

import argparse
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING

from benchmarks import table
from benchmarks.calls import IDENTITY, timed
from grader.exam.candidate import Candidate, Source
from grader.exam.solution import Solution
from grader.question import Limits
from grader.sandbox.host import Template, Wants
from grader.submission import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = (0, 2**10, 2**15, 2**20, 2**24)
LIMITS = Limits(wall=600.0, cpu=600.0)


def starts(packages: tuple[str, ...], rounds: int) -> list[float]:
    """Return milliseconds from asking for a guest until the submission is loaded in it, and until it is gone."""
    template = Template(Wants(packages=packages))
    try:
        template.wait()
        return [_start(template) for _ in range(rounds + 1)][1:]
    finally:
        template.close()


def _start(template: Template) -> float:
    started = time.perf_counter()
    candidate = Candidate(template, Source((Unit("solution.py", IDENTITY),), (), ("identity",)), LIMITS)
    candidate.begin(0)
    candidate.open()
    candidate.close()
    return (time.perf_counter() - started) * 1000


def passes(rounds: int) -> Iterator[tuple[int, float, float]]:
    """Yield bytes, microseconds there and back, and microseconds of a copy of as many bytes, by size."""
    import numpy as np

    template = Template(Wants(packages=("numpy",)))
    candidate = Candidate(template, Source((Unit("solution.py", IDENTITY),), (), ("identity",)), LIMITS)
    solution = Solution(candidate)
    try:
        candidate.begin(0)
        for size in SIZES:
            value = np.zeros(size, dtype=np.uint8)
            target = np.empty_like(value)
            turns = [
                (timed(partial(solution.identity, value), 10), timed(partial(np.copyto, target, value), 10))
                for _ in range(rounds)
            ]
            there_and_back, copy = (statistics.median(column) for column in zip(*turns, strict=True))
            yield size, there_and_back, copy
    finally:
        candidate.close()
        template.close()


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.boundary", description="The boundary itself.")
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    lines = table.head("what", "median", "beside", "asked")
    for packages in ((), ("numpy",), ("torch",)):
        title = f"a guest with {packages[0] if packages else 'nothing imported'}: started, loaded, ended"
        lines.append(table.row(title, f"{statistics.median(starts(packages, rounds)):.1f} ms", "", ""))
    for size, there_and_back, copy in passes(rounds):
        speed = f"{2 * size / there_and_back / 1000:.2f} GB/s both ways" if size else ""
        title = f"a call with an array of {size} bytes, there and back"
        beside = f"{copy:.1f} µs (copy)" if size else ""
        lines.append(table.row(title, f"{there_and_back:.0f} µs", ", ".join(filter(None, (speed, beside))), ""))
    table.write("results-boundary", f"python -m benchmarks.boundary --rounds {rounds}", lines)


if __name__ == "__main__":
    main()
