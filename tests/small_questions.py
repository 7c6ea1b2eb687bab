"""Questions of a few lines, written where a test needs one, and submissions to them."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from grader.bank import load_question
from grader.grading import grade
from grader.submission import Submission, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from grader.question import Question
    from grader.verdict import Verdict

SPEC = """\
format: 1
id: sample
title: {en: A sample}
family: made
difficulty: easy
minutes: 1
submission: {file: solution.py, exports: EXPORTS}
environment: {packages: []}
limits: LIMITS
source: {topic: sample}
"""
LIMITS = {"wall": "20s", "check": "5s", "cpu": "20s", "memory": "256MiB", "processes": 8}
IDENTITY = "def f(x):\n    return x\n"


def write_question(
    root: Path,
    hidden: str,
    public: str = "",
    *,
    exports: Sequence[str] = ("f",),
    reference: str = IDENTITY,
    limits: dict[str, object] | None = None,
    **slow: str,
) -> Question:
    """Write a question: its suites, and what it needs beside."""
    folder, own = root / "bank" / "made" / "sample", root / "solutions" / "made" / "sample"
    spec = SPEC.replace("EXPORTS", json.dumps(dict.fromkeys(exports, "(x)")))
    files = {
        folder / "question.yaml": spec.replace("LIMITS", json.dumps(LIMITS | (limits or {}))),
        folder / "statement.en.md": "A sample.\n",
        folder / "statement.zh.md": "示例。\n",
        folder / "starter.py": "",
        folder / "test_public.py": textwrap.dedent(public),
        folder / "test_hidden.py": textwrap.dedent(hidden),
        own / "reference.py": reference,
        **{own / "slow" / f"{name}.py": source for name, source in slow.items()},
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return load_question(folder)


def submission(*sources: str, label: str = "solution.py") -> Submission:
    """A submission of one file, or of a notebook of several cells."""
    labels = [label] if len(sources) == 1 else [f"{label} cell {number}" for number in range(1, len(sources) + 1)]
    units = tuple(Unit(label, textwrap.dedent(source)) for label, source in zip(labels, sources, strict=True))
    return Submission(label, "0" * 64, units)


def graded(question: Question, source: str = IDENTITY, **options: Any) -> Verdict:
    return grade(question, submission(source), seed=1, **options)


def outcomes(verdict: Verdict) -> dict[str, str]:
    return {check.name.removeprefix("test_"): check.outcome.value for check in verdict.checks}
