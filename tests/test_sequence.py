"""One batch of many submissions, hostile and honest in turn: none feels another, and the grader does not grow.

An ordinary run takes a short batch; `GRADER_SEQUENCE=500`, or `make exploits`, takes a long one.
"""

from __future__ import annotations

import dataclasses
import os
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_exploits import ALL, MIB, adopt_orphans, assert_nothing_was_earned, explain, living, strays
from threats import ROOT

from grader.bank import load_bank, solutions
from grader.exam.supervisor import WarmExam
from grader.grading import grade
from grader.question import Limits
from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.question import Question
    from grader.verdict import Verdict

LENGTH = int(os.environ.get("GRADER_SEQUENCE", "150"))
SETTLED = 50
"""Submissions after which everything has been imported, cached and warmed that ever will be."""
THREADS = 2
SEED = 46
QUESTIONS = ["data-anonymise", "fedavg"]
SLACK = 8 * MIB

# An attack that only waits is over in a second.
IMPATIENT = Limits(wall=1.0, check=0.5, cpu=1.0, memory=256 * MIB, processes=16, output=32 * 2**10, disk=4 * MIB)


@dataclass(frozen=True)
class Entrant:
    """One submission of the batch."""

    question: str
    path: Path
    honest: bool


@dataclass(frozen=True)
class Footprint:
    """What the grader holds while it grades nothing, by process."""

    memory: dict[int, int]
    descriptors: dict[int, int]


@cache
def question(name: str) -> Question:
    return load_bank(ROOT / "bank").find_code(name)


@cache
def impatient(name: str) -> Question:
    found = question(name)
    return dataclasses.replace(found, spec=found.spec.model_copy(update={"limits": IMPATIENT}))


def honest_ones(chance: random.Random) -> list[Entrant]:
    """Every right answer, and some of the wrong ones."""
    return [
        Entrant(name, path, honest=True)
        for name in QUESTIONS
        for path in (
            question(name).reference,
            *solutions(question(name), "correct"),
            *chance.sample(solutions(question(name), "wrong"), 3),
        )
    ]


def hostile_ones(folder: Path) -> list[Entrant]:
    return [Entrant(one.question, one.lay_out(folder), honest=False) for one in ALL if one.question in QUESTIONS]


def draw(honest: list[Entrant], hostile: list[Entrant], chance: random.Random) -> list[Entrant]:
    """A batch in which every attack appears before one comes again, and every other submission is honest or not."""
    rounds = [one for _ in range(LENGTH // len(hostile) + 1) for one in chance.sample(hostile, len(hostile))]
    return [rounds.pop() if chance.random() < 0.5 else chance.choice(honest) for _ in range(LENGTH)]


def timeless(verdict: Verdict) -> dict[str, Any]:
    """All that a verdict says, but for what a clock or a meter said."""
    return verdict.model_dump(exclude={"seconds": True, "usage": True, "checks": {"__all__": {"seconds"}}})


def hold(pids: dict[int, str]) -> Footprint:
    return Footprint(
        {pid: int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") for pid in pids},
        {pid: len(os.listdir(f"/proc/{pid}/fd")) for pid in pids},
    )


@pytest.fixture
def orphans() -> Iterator[None]:
    """Whatever an attack leaves behind becomes our child, where it is counted."""
    adopt_orphans(True)
    yield
    adopt_orphans(False)


class Batch:
    """Grades submissions to several questions, two at a time, each question in one warm exam."""

    def __init__(self, exams: dict[str, WarmExam], alone: dict[Entrant, dict[str, Any]]) -> None:
        self._exams = exams
        self._alone = alone

    def run(self, entrants: list[Entrant]) -> list[str]:
        """Grade them; return what is wrong with their verdicts."""
        with ThreadPoolExecutor(THREADS) as pool:
            return [fault for fault in pool.map(self._fault, entrants) if fault]

    def _fault(self, entrant: Entrant) -> str:
        asked = question(entrant.question) if entrant.honest else impatient(entrant.question)
        verdict = grade(asked, entrant.path, seed=SEED, exam=self._exams[entrant.question])
        if entrant.honest:
            same = timeless(verdict) == self._alone[entrant]
            return "" if same else f"{entrant.path.name} is not graded as alone: {explain(verdict)}"
        assert_nothing_was_earned(verdict)
        return ""


def test_a_batch_of_honest_and_hostile_submissions(orphans: None, tmp_path: Path) -> None:
    """Every honest one gets the verdict it gets alone; after the first fifty, the grader takes nothing more."""
    chance = random.Random(SEED)
    honest = honest_ones(chance)
    entrants = draw(honest, hostile_ones(tmp_path), chance)
    alone = {one: timeless(grade(question(one.question), one.path, seed=SEED)) for one in honest}
    assert {verdict["status"] for verdict in alone.values()} == {Status.ACCEPTED, Status.PARTIAL}

    with ExitStack() as stack:
        exams = {name: stack.enter_context(WarmExam(question(name))) for name in QUESTIONS}
        batch = Batch(exams, alone)
        ready = living()
        faults = batch.run(entrants[:SETTLED])
        assert not strays(ready)
        early = hold(ready)
        faults += batch.run(entrants[SETTLED:])
        assert not strays(ready)
        late = hold(ready)

    assert not faults, "\n".join(faults)
    # a fork server holds one for each examiner that it has not reaped yet
    assert late.descriptors.keys() == early.descriptors.keys()
    assert all(late.descriptors[pid] <= count + 1 for pid, count in early.descriptors.items())
    growth = {pid: late.memory[pid] - early.memory[pid] for pid in ready}
    assert max(growth.values()) < SLACK, {ready[pid]: grown for pid, grown in growth.items()}
