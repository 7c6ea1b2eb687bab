"""Which questions a run of the tests looks at: a few, others with every commit; all with GRADER_QUESTIONS=all."""

from __future__ import annotations

import os
import random
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from grader.bank import load_bank
from grader.question import Question

if TYPE_CHECKING:
    from collections.abc import Sequence

BANK = load_bank(Path(__file__).resolve().parent.parent / "bank")
CODE = tuple(question.qualified_id for question in BANK.questions if isinstance(question, Question))
"""The questions that ask for code."""
SIZE = 4
"""A quick look takes some twenty seconds; `grade verify --all` proves every question."""


def drawn_by() -> str:
    """Return what decides on the sample: the commit, or the date where there is none."""
    asked = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):  # no git, or no repository: an unpacked archive
        return time.strftime("%Y-%m-%d", time.gmtime())


def sample(key: str, names: Sequence[str] = BANK.ids, size: int = SIZE) -> list[str]:
    """Return the questions that a run looks at, sorted: so many of those `names`."""
    if os.environ.get("GRADER_QUESTIONS") == "all":
        return sorted(names)
    return sorted(random.Random(key).sample(sorted(names), min(size, len(names))))
