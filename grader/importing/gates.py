"""What is asked of an imported question before it is kept: the gates of the proof that need no second author."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.proof import right
from grader.proof.leak import leak_faults
from grader.proof.ranking import Ranking
from grader.proof.statement import statement_faults
from grader.proof.workbench import Workbench
from grader.proof.wrong import fault_of, run_slow, try_wrong

if TYPE_CHECKING:
    from grader.question import Question
    from grader.verdict import Level

RUNS = 3
SEED_BITS = 63


@dataclass(frozen=True)
class Findings:
    """What the gates said: why a question cannot be kept, and what is still to be done where it can."""

    refusals: tuple[str, ...]
    open: tuple[str, ...]


def pass_gates(question: Question, *, level: Level | None = None, jobs: int | None = None) -> Findings:
    """Try a question: its reference passes, the starter and the trivial answers do not, nothing leaks, all is stated.

    A reference that fails, or a starter that passes, refuses it; the rest is told. Mutants, further solutions and
    branches are left to `grade verify`.

    Raises:
        IsolationError: the isolation that is demanded cannot be had.
    """
    told = (
        *(f"leak: {each}" for each in leak_faults(question)),
        *(f"statement: {e}" for e in statement_faults(question)),
    )
    with Workbench(question, seed=secrets.randbits(SEED_BITS), level=level, jobs=jobs) as bench:
        alone = right.run_alone(bench, RUNS, right.rights(question))
        failing = right.faults_of(alone)
        if failing:
            return Findings(tuple(failing), told)
        slow = run_slow(bench)
        bench.tighten(alone)
        sightings = try_wrong(bench, Ranking(check.name for check in bench.hidden), slow, runs=RUNS)
    own = tuple(fault for each, trial in sightings.trials if (fault := fault_of(each, trial)))
    return Findings(own, (*(fault for fault in sightings.faults if fault not in own), *told))
