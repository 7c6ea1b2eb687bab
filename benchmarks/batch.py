"""A class of submissions to one question, graded by us, by the least that is possible, by plain pytest, by others.

    python -m benchmarks.batch [--number 200] [--rivals 20] [--rounds 3] [--only QUESTION ...] [--cache FOLDER]

Six sides grade the same files:

- `grade batch`, with its default number of jobs; its CPU seconds are those of all its processes, guests included
- `grade batch` where no check is known to pass from another submission, as if no two answered the same to the last bit
- the floor: both suites in one warm pytest process that imports each submission, see `floor`
- plain `python -m pytest` on both suites, a process for each submission, which imports it
- otter-grader and nbgrader, see `rivals`; left out, with the reason, where they cannot be installed

The first three take all submissions, start-up included. The others take the same for each one more, so that fewer do;
of otter-grader and nbgrader the cost of a run of two is taken off, which leaves out their start-up. Every side must
accept the right submissions and no other. `grade batch` runs before and after each other side, and a ratio is to the
mean of the two: a machine's pace may change by half within minutes, and sides that are no neighbours do not compare.

The questions are the three of one function that `grade new` writes, where a side pays for itself and little for tests,
and three of the bank. Two of these need torch, and nothing else, on every side: in `additive-attention` a submission is
a layer, in `gan-step` it trains two networks, so that most of what a side pays is the submission's own work. (The suite
of `masked-pooling` imports transformers, and of `causal-lm-loss` one of the wrong answers spoils the floor's process
for all that come after it.)
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import sys
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import table
from benchmarks.commands import GRADE
from benchmarks.cost import ROOT, Cost, is_exact, run
from benchmarks.rivals import Rival, Unavailable
from benchmarks.subjects import ATTENTION, FEDAVG, GAN_STEP, Subject, write_small
from benchmarks.submissions import compare, write_submissions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SUBJECTS: dict[str, Callable[[Path], Subject]] = {
    "scale": lambda root: write_small(root / "scale"),
    "standardise": lambda root: write_small(root / "standardise", "standardise", "numpy"),
    "rms-norm": lambda root: write_small(root / "rms-norm", "rms-norm", "torch"),
    "fedavg": lambda _: FEDAVG,
    "additive-attention": lambda _: ATTENTION,
    "gan-step": lambda _: GAN_STEP,
}
"""By short id; some are written into a folder, which the others do not need."""
FEWEST = 2
"""Submissions of the small run that is taken off, so that a right and a wrong one are among them."""


@dataclass(frozen=True)
class Class:
    """The submissions of one round."""

    subject: Subject
    paths: list[Path]
    work: Path
    """A folder of its own for what the sides write."""

    def few(self, number: int) -> Class:
        """Return the first so many, copied where a side reads a whole folder."""
        return Class(self.subject, self.paths[:number], self.work)


NOTHING_KNOWN = [
    sys.executable,
    "-c",
    "from grader.exam import transcripts; transcripts.MAX_WAYS = 0; from grader.cli.main import main; main()",
]


def grade_batch(group: Class, *options: str, memory: bool = False, grade: Sequence[str] = GRADE) -> Cost:
    """Grade by our own command, cold."""
    out = Path(tempfile.mkdtemp(dir=group.work, prefix="ours-"))
    folder = str(group.paths[0].parent)
    cost = run(
        [
            *grade,
            "batch",
            group.subject.question,
            folder,
            "--bank",
            str(group.subject.bank),
            "--out",
            str(out),
            *options,
        ],
        memory=memory,
    )
    with open(out / "summary.csv", encoding="utf-8", newline="") as file:
        accepted = [row["candidate"] for row in csv.DictReader(file) if row["status"] == "accepted"]
    compare("grade batch", accepted, group.paths)
    return cost.per(len(group.paths))


def floor(group: Class) -> Cost:
    """Run both suites in one warm process on each, without isolation."""
    cost = run(
        [sys.executable, "-m", "benchmarks.floor", *map(str, group.subject.suites), str(group.paths[0].parent)],
        extra=ONE_THREAD,
    )
    compare("the floor", _listed(cost.output), group.paths)
    return cost.per(len(group.paths))


def plain(group: Class) -> Cost:
    """Run both suites by plain pytest, a process for each."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "benchmarks.direct",
        "-p",
        "no:grader",
        *map(str, group.subject.suites),
    ]
    costs, accepted = [], []
    for path in group.paths:
        cost = run(command, extra={**ONE_THREAD, "DIRECT_SOLUTION": str(path)}, codes=(0, 1))
        costs.append(cost)
        if " failed" not in cost.output.splitlines()[-1]:
            accepted.append(path.stem)
    compare("plain pytest", accepted, group.paths)
    return Cost(sum(cost.cpu for cost in costs), sum(cost.wall for cost in costs)).per(len(group.paths))


def by_rival(rival: Rival, group: Class) -> Cost:
    """Grade by one of the others; return what each submission costs beyond the start."""
    more, accepted = rival.grade(group.subject, group.paths, group.work / rival.name)
    compare(rival.name, accepted, group.paths)
    less, _ = rival.grade(group.subject, group.paths[:FEWEST], group.work / f"{rival.name}-start")
    beyond = len(group.paths) - FEWEST
    return Cost((more.cpu - less.cpu) / beyond, (more.wall - less.wall) / beyond)


ONE_THREAD = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def _listed(output: str) -> list[str]:
    import json

    listed: list[str] = json.loads(output.splitlines()[-1])
    return listed


@dataclass(frozen=True)
class Turn:
    """What one side cost for each submission, and what ours cost just before and just after it."""

    cost: Cost
    before: Cost
    after: Cost

    @property
    def ratio(self) -> float:
        """Its CPU seconds to ours."""
        return 2 * self.cost.cpu / (self.before.cpu + self.after.cpu)


def measure(
    subject: Subject, number: int, few: int, rounds: int, rivals: Sequence[Rival]
) -> tuple[list[Cost], dict[str, list[Turn]]]:
    """Let every side grade in each round, ours before the first and after each; return our costs, and each side's."""
    sides: dict[str, Callable[[Class], Cost]] = {
        "plain pytest": lambda group: plain(group.few(few)),
        "floor": floor,
        "grade batch, nothing known": partial(grade_batch, grade=NOTHING_KNOWN),
    }
    for rival in rivals:
        sides[rival.release] = lambda group, rival=rival: by_rival(rival, group.few(few))  # type: ignore[misc]
    turns: dict[str, list[Turn]] = {name: [] for name in sides}
    ours: list[Cost] = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            group = Class(subject, write_submissions(subject, number, work / "submissions"), work)
            ours.append(grade_batch(group))
            for name, side in sides.items():
                cost = side(group)
                ours.append(grade_batch(group))
                turns[name].append(Turn(cost, *ours[-2:]))
    return ours, turns


def rows(title: str, ours: Sequence[Cost], turns: Mapping[str, Sequence[Turn]]) -> list[str]:
    """Return a row for each side: medians, of the ratios to ours too."""
    listed = [_row(title, "grade batch", ours, "1.0")]
    for name, taken in turns.items():
        ratio = statistics.median(turn.ratio for turn in taken)
        listed.append(_row(title, name, [turn.cost for turn in taken], f"{ratio:.1f}"))
    return listed


def _row(title: str, side: str, costs: Sequence[Cost], ratio: str) -> str:
    cpu, wall = (statistics.median(getattr(cost, of) for cost in costs) for of in ("cpu", "wall"))
    return table.row(title, side, f"{cpu:.3f}", f"{wall:.3f}", ratio)


def available(cache: Path) -> tuple[list[Rival], list[str]]:
    """Make the environments of the others; return those there are, and why the rest is left out."""
    rivals, notes = [], []
    for name in ("otter", "nbgrader"):
        rival = Rival(name, cache / name)
        try:
            rival.prepare()
        except Unavailable as error:
            notes.append(f"left out: {error}")
        else:
            rivals.append(rival)
    return rivals, notes


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch", description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=200, help="submissions for grade batch and the floor")
    parser.add_argument("--rivals", type=int, default=20, help="submissions for the other sides")
    parser.add_argument("--rounds", type=int, default=3, help="times that every side grades")
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, default=[*SUBJECTS], help="instead of all of them")
    parser.add_argument("--cache", type=Path, default=default_cache(), help="where the others' environments are kept")
    chosen = parser.parse_args()
    rivals, notes = available(chosen.cache)
    lines = table.head("question", "side", "CPU s per submission", "wall s", "CPU, to ours")
    notes += what_is_counted(chosen.number, chosen.rivals)
    how = f"python -m benchmarks.batch --number {chosen.number} --rivals {chosen.rivals} --rounds {chosen.rounds}"
    name = "results-batch"
    if chosen.only != [*SUBJECTS]:
        how, name = f"{how} --only {' '.join(chosen.only)}", "-".join([name, *chosen.only])
    with tempfile.TemporaryDirectory() as root:
        for subject in (SUBJECTS[each](Path(root)) for each in chosen.only):
            ours, turns = measure(subject, chosen.number, chosen.rivals, chosen.rounds, rivals)
            lines += rows(subject.title, ours, turns)
            table.write(name, how, lines, notes)  # a side that fails over the next question loses none


def what_is_counted(number: int, few: int) -> list[str]:
    """Say below the table what its figures hold."""
    counted = "by control group" if is_exact() else "of those that were waited for"
    return [
        (
            f"`grade batch` and the floor: {number} submissions, start-up included; the others: {few}, "
            "of otter-grader and nbgrader the cost beyond the start: they take the same for each one more."
        ),
        f"Wall time of `grade batch` is with {os.cpu_count()} jobs; the others have none without Docker.",
        f"CPU seconds of all processes, {counted}.",
    ]


def default_cache() -> Path:
    """Return where a program of this user keeps what can be made again."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "exam-grader-benchmarks"


if __name__ == "__main__":
    main()
