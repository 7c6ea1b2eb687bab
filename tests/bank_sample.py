"""Which questions a run of the tests looks at: a few, others with every commit; all with GRADER_QUESTIONS=all.

A few are as many as fit into a budget of time, so that no commit waits long because of what it happened to draw; a
question that is dearer than all of it comes too, with cheap ones beside it.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from grader.bank import load_bank
from grader.proof.ledger import read_proof
from grader.question import Question

if TYPE_CHECKING:
    from collections.abc import Sequence

BANK = load_bank(Path(__file__).resolve().parent.parent / "bank")
CODE = tuple(question.qualified_id for question in BANK.questions if isinstance(question, Question))
"""The questions that ask for code."""
SIZE, SUITE_SECONDS = 4, 1.5
"""Most questions of a sample, and what one grading of each but the first may take in all. A quick look takes some ten
seconds and thirty times what one grading takes; `grade verify --all` proves every question."""


def drawn_by() -> str:
    """Return what decides on the sample: the commit, or the date where there is none."""
    asked = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):  # no git, or no repository: an unpacked archive
        return time.strftime("%Y-%m-%d", time.gmtime())


def sample(key: str, names: Sequence[str] = BANK.ids, size: int = SIZE, seconds: float = SUITE_SECONDS) -> list[str]:
    """Return the questions that a run looks at, sorted: so many of those `names`, fewer where they are dear."""
    if os.environ.get("GRADER_QUESTIONS") == "all":
        return sorted(names)
    first, *others = random.Random(key).sample(sorted(names), len(names))
    taken, left = [first], seconds
    for name in others:
        if len(taken) == size:
            break
        if suite_seconds(name) <= left:
            taken.append(name)
            left -= suite_seconds(name)
    return sorted(taken)


@cache
def suite_seconds(name: str) -> float:
    """Return what one grading of a question took when it was proven."""
    proof = read_proof(BANK.find(name))
    return 0.0 if proof is None else proof.suite_seconds
