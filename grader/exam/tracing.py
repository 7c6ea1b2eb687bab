"""Which branches of the reference a suite runs, by coverage.py; the reference runs in the examiner for that."""

from __future__ import annotations

import contextlib
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from grader.exam.solution import LocalRespondent, Solution, SuiteFaultError
from grader.sandbox import maker
from grader.verdict import Coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.exam.desk import Desk


@contextlib.contextmanager
def traced(desk: Desk) -> Iterator[list[Coverage]]:
    """Let the reference answer in place of the submission; the list holds its coverage afterwards.

    Raises:
        SuiteFaultError: the reference is foreign, and never runs here.
    """
    import coverage

    if desk.question.spec.source.foreign:
        raise SuiteFaultError("a foreign reference runs in guests only, so that its branches cannot be traced")
    path = desk.question.reference
    found: list[Coverage] = []
    tracer = coverage.Coverage(branch=True, include=[str(path)], data_file=None, config_file=False)
    tracer.start()
    try:
        desk.solution = Solution(LocalRespondent("solution", path.read_text(encoding="utf-8"), label=str(path)))
        yield found
    finally:
        tracer.stop()
    with tempfile.TemporaryDirectory(prefix=maker.prefix()) as folder:
        report = Path(folder) / "coverage.json"
        tracer.json_report(outfile=str(report))
        (told,) = json.loads(report.read_text(encoding="utf-8"))["files"].values()
    summary = told["summary"]
    found.append(
        Coverage(
            branches=summary["num_branches"],
            covered=summary["covered_branches"],
            missing_lines=tuple(told["missing_lines"]),
            missing_branches=tuple((start, max(end, 0)) for start, end in told["missing_branches"]),
        )
    )
