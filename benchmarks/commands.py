"""Whole commands: CPU and wall time of a cold start, ours and plain pytest's in turns."""

from __future__ import annotations

import statistics
import sys
from typing import TYPE_CHECKING

from benchmarks.cost import ROOT, Cost, run

if TYPE_CHECKING:
    from collections.abc import Iterable

GRADE = [sys.executable, "-m", "grader.cli.main"]
TORCH, NUMPY = "generative/gan-step", "distributed-federated/fedavg"


def submit(question: str) -> Cost:
    """Grade the reference, cold, as a user does."""
    return run([*GRADE, "submit", question, f"solutions/{question}/reference.py"])


def plain(question: str) -> Cost:
    """Run the hidden suite by plain pytest, importing the reference into its own process."""
    suite, reference = f"bank/{question}/test_hidden.py", ROOT / "solutions" / question / "reference.py"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "benchmarks.direct", "-p", "no:grader", suite]
    # one thread, as in an exam: with more, torch spends CPU on waiting
    return run(command, extra={"DIRECT_SOLUTION": str(reference), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"})


def compare(question: str, rounds: int) -> tuple[Cost, Cost, float, float]:
    """Run both in turns; return the medians and the median ratios of CPU and wall time, ours to theirs."""
    submit(question), plain(question)
    pairs = [(submit(question), plain(question)) for _ in range(rounds)]
    ours = Cost(_median(a.cpu for a, _ in pairs), _median(a.wall for a, _ in pairs))
    theirs = Cost(_median(b.cpu for _, b in pairs), _median(b.wall for _, b in pairs))
    return ours, theirs, _median(a.cpu / b.cpu for a, b in pairs), _median(a.wall / b.wall for a, b in pairs)


def _median(values: Iterable[float]) -> float:
    return statistics.median(values)
