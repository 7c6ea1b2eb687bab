"""How surely a disguised copy is told from a different answer: on our own right solutions of every question.

Run it as `python -m benchmarks.similarity`. A cohort is all our right solutions of a question, which differ, and one
disguised copy of one of them. Each disguise, question and seed is a cohort of its own. Our slow solutions are left out:
they are the reference but for a part, which is no different answer.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.cost import ROOT
from benchmarks.disguises import DISGUISES
from benchmarks.table import head, row, write
from grader.bank import load_bank, solutions, starter
from grader.question import Question, Visibility
from grader.submission import Unit
from grader.takehome.similarity import compare, given_hashes, sketch
from grader.takehome.tokens import tokens_of_unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from grader.takehome.similarity import Comparison
    from grader.takehome.tokens import Token

LINES = (0.3, 0.5, 0.7)
"""Shares above which a reader might look at a pair; the command itself draws no line."""


@dataclass(frozen=True)
class Outcome:
    """One cohort: whether the copy came first, what it shares with its source, and what the different answers share."""

    first: bool
    copied: float
    different: tuple[float, ...]


def main() -> None:
    """Disguise, compare, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.similarity", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="disguised copies of each question and disguise")
    seeds = parser.parse_args().seeds
    questions = [each for each in load_bank(ROOT / "bank").questions if isinstance(each, Question)]
    columns = [f"precision, recall at {line:.0%}" for line in LINES]
    table = head(
        "disguise", "copy comes first", "it shares, least", "median", "different share, median", "most", *columns
    )
    for name in DISGUISES:
        table.append(_row(name, [_outcome(question, name, seed) for question in questions for seed in range(seeds)]))
    notes = [
        f"{len(questions)} questions; the right solutions of each are different answers of ours.",
        "Precision: of the pairs that share at least so much, those with a copy. Recall: of the copies, those that do.",
        "A pair of a copy and a third answer counts as different.",
    ]
    write("similarity", f"python -m benchmarks.similarity --seeds {seeds}", table, notes)


def _outcome(question: Question, disguise: str, seed: int) -> Outcome:
    draw = random.Random(f"{question.id} {disguise} {seed}")
    files = [question.reference, *solutions(question, "correct")]
    victim = draw.choice(files)
    given = given_hashes(_tokens(path) for path in (starter(question), question.suite(Visibility.PUBLIC)))
    copy = DISGUISES[disguise](victim.read_text(encoding="utf-8"), draw)
    comparison = compare([
        *(sketch(path.stem, _tokens(path), given) for path in files),
        sketch("copy", tokens_of_unit(Unit("copy.py", copy)), given),
    ])  # fmt: skip
    return _judged(comparison, {victim.stem, "copy"})


def _tokens(path: Path) -> list[Token]:
    return tokens_of_unit(Unit(path.name, path.read_text(encoding="utf-8")))


def _judged(comparison: Comparison, true: set[str]) -> Outcome:
    found = [({pair.one.name, pair.other.name} == true, pair.share) for pair in comparison.pairs]
    different = [share for is_copy, share in found if not is_copy]
    nothing = [0.0] * (comparison.possible - 1 - len(different))
    copied = next((share for is_copy, share in found if is_copy), 0.0)
    return Outcome(bool(found) and found[0][0], copied, (*different, *nothing))


def _row(name: str, outcomes: Sequence[Outcome]) -> str:
    copied = sorted(outcome.copied for outcome in outcomes)
    different = sorted(share for outcome in outcomes for share in outcome.different)
    first = f"{sum(outcome.first for outcome in outcomes)} of {len(outcomes)}"
    shares = (copied[0], copied[len(copied) // 2], different[len(different) // 2], different[-1])
    return row(name, first, *(f"{share:.0%}" for share in shares), *(_rates(copied, different, line) for line in LINES))


def _rates(copied: Sequence[float], different: Sequence[float], line: float) -> str:
    right, wrong = sum(share >= line for share in copied), sum(share >= line for share in different)
    precision = f"{right / (right + wrong):.1%}" if right + wrong else "–"
    return f"{precision}, {right / len(copied):.1%}"


if __name__ == "__main__":
    main()
