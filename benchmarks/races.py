"""Races in real guests at a known ratio of cost, while other processes load every core: are they judged rightly?

Both sides run the same loop; the slower one makes so many times more steps. Run it as `python -m benchmarks.races`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np

from benchmarks.noise import RECORD
from grader.exam.candidate import Candidate, Source
from grader.exam.duel import Duel
from grader.exam.looks import judge
from grader.exam.race import Race
from grader.question import Limits
from grader.sandbox import tree
from grader.sandbox.host import Template, Wants
from grader.submission import Unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.exam.looks import Judgement

RESULTS = Path(__file__).parent / "races.md"
LIMIT = 1.25
STEPS = 90_000
"""Steps of our side: about three milliseconds."""
CASES = {"10 % inside": 0.9 * LIMIT, "10 % outside": 1.1 * LIMIT, "equal sides": 1.0}
LOOP = """
def work(steps):
    total = 0.0
    for step in range(round(steps * {ratio})):
        total += step % 7
    return 0.0 * total
"""


@dataclass(frozen=True)
class Tally:
    """How the races of one case ended."""

    case: str
    ratio: float
    judged: tuple[Judgement, ...]
    seconds: float
    """Of one contest, on the average."""

    @property
    def logs(self) -> Any:
        """The log ratios of all pairs, in the order of measuring."""
        return np.concatenate([np.asarray(judgement.logs) for judgement in self.judged])

    @property
    def row(self) -> str:
        """A line of the table."""
        ends = Counter(judgement.verdict for judgement in self.judged)
        pairs = [len(judgement.logs) for judgement in self.judged]
        found = [judgement.found.ratio for judgement in self.judged]
        spread = 1.4826 * float(np.median(np.abs(self.logs - np.median(self.logs))))
        return (
            f"| {self.case} | {self.ratio:.3f} | {ends[True]} | {ends[False]} | {ends[None]} | {np.mean(pairs):.0f} "
            f"| {min(found):.3f} to {max(found):.3f} | {spread:.1%} | {self.seconds:.2f} s |"
        )


HEADER = (
    "| true ratio | | passed | called slow | undecided | pairs | ratios measured | spread of a pair | one contest |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def main() -> None:
    """Race, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.races", description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="contests of each case")
    parser.add_argument("--plain", action="store_true", help="as where the kernel does not tell who was kept waiting")
    parser.add_argument("--load", type=int, default=os.cpu_count(), help="busy processes beside")
    given = parser.parse_args()
    before = os.getloadavg()[0]
    with busy(given.load), plain() if given.plain else contextlib.nullcontext():
        tallies = [tally(case, ratio, given.runs) for case, ratio in CASES.items()]
    command = f"python -m benchmarks.races --runs {given.runs} --load {given.load}" + " --plain" * given.plain
    how = (
        f"`{command}`, limit {LIMIT}: {os.cpu_count()} cores, {given.load} busy processes of ours beside; "
        f"the machine's load average was {before:.1f} before."
    )
    text = "\n".join(["# Races at a known ratio", "", how, "", HEADER, *(each.row for each in tallies), ""])
    if not given.plain:
        RESULTS.write_text(text, encoding="utf-8")
        np.savetxt(RECORD, tallies[-1].logs, fmt="%.4f")
    print(text)  # noqa: T201  what this command is for


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """Keep so many processes computing meanwhile."""
    with contextlib.ExitStack() as undo:
        for _ in range(count):
            process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            undo.callback(process.wait)
            undo.callback(process.kill)
        yield


@contextlib.contextmanager
def plain() -> Iterator[None]:
    """Measure the plain time of the clock."""
    with mock.patch.object(tree, "waited", return_value=0.0), mock.patch.object(Candidate, "ran", return_value=0.0):
        yield


def tally(case: str, ratio: float, runs: int) -> Tally:
    """Race so many times at one true ratio."""
    template = Template(Wants())
    started = time.perf_counter()
    try:
        judged = tuple(compete(template, ratio, seed) for seed in range(runs))
    finally:
        template.close()
    return Tally(case, ratio, judged, (time.perf_counter() - started) / runs)


def compete(template: Template, ratio: float, seed: int) -> Judgement:
    """Hold one contest, as a performance check does."""
    with contextlib.ExitStack() as undo:
        mine, *ours = (undo.enter_context(contextlib.closing(side(template, each))) for each in (ratio, 1.0, 1.0, 1.0))
        race = Race(Duel((mine, ours[0]), "work", draw, seed))
        control = Race(Duel((ours[1], ours[2]), "work", draw, seed, control=True))
        judged = judge(race.block, control.block, LIMIT, seed)
        race.audit()
    return judged


def side(template: Template, ratio: float) -> Candidate:
    """Return a candidate that makes so many times the steps."""
    source = Source((Unit("loop.py", LOOP.format(ratio=ratio)),), (), ("work",))
    candidate = Candidate(template, source, Limits(wall=600.0, cpu=600.0))
    candidate.begin(0, allowed=600.0)
    return candidate


def draw(rng: Any) -> tuple[Sequence[object], dict[str, object]]:
    """Draw a number of steps, other ones in each pair."""
    return (int(rng.integers(STEPS * 0.9, STEPS * 1.1)),), {}


if __name__ == "__main__":
    main()
