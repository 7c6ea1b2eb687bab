"""The mutants of one question: on warm templates, and each in a process of plain pytest, both on all cores."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cost import ROOT
from grader.bank import load_bank
from grader.proof.mutants import try_mutants
from grader.proof.mutation.mutator import make_mutants
from grader.proof.ranking import Ranking
from grader.proof.workbench import Workbench

if TYPE_CHECKING:
    from grader.proof.mutation.mutant import Mutant

QUESTION = "compression/int8-linear"


@dataclass(frozen=True)
class Race:
    """What both sides took, in seconds, from a cold start."""

    mutants: int
    ours: float
    theirs: float


def race() -> Race:
    """Kill the mutants in both ways; ours tells the survivors from the equivalent, too."""
    question = load_bank(ROOT / "bank").find_code(QUESTION)
    started = time.perf_counter()
    with Workbench(question, seed=1) as bench:
        right = bench.run(bench.reference, bench.hidden)
        bench.tighten([right])
        census = try_mutants(bench, Ranking([]))
    ours = time.perf_counter() - started
    mutants = make_mutants(question.reference.read_text(encoding="utf-8"))
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        dead = sum(pool.map(lambda mutant: _dies(mutant, Path(folder)), mutants))
    theirs = time.perf_counter() - started
    if abs(dead - len(census.killed)) > len(mutants) // 20:
        raise RuntimeError(f"plain pytest killed {dead} of {len(mutants)}, we {len(census.killed)}: no fair race")
    return Race(len(mutants), ours, theirs)


def _dies(mutant: Mutant, folder: Path) -> bool:
    """Run the hidden suite on one mutant, imported into pytest's own process."""
    file = folder / f"{mutant.name}.py"
    file.write_text(mutant.source, encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "pytest", "-qx", "-p", "benchmarks.direct", "-p", "no:grader"]
    done = subprocess.run(
        [*command, f"bank/{QUESTION}/test_hidden.py"],
        cwd=ROOT,
        env={**kept, "DIRECT_SOLUTION": str(file), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
    )
    return done.returncode != 0
