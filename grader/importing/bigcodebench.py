"""BigCodeBench: JSON lines with a prompt, a solution, and test cases of `unittest`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.importing.humaneval import Prompted, read_prompt
from grader.importing.problem import Check, Problem, Unread
from grader.importing.rows import Row, read_rows

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class BigCodeBenchRow(Row):
    """One problem as it stands in the file."""

    complete_prompt: str
    canonical_solution: str
    test: str
    entry_point: str


def read_bigcodebench(path: Path) -> Iterator[Problem | Unread]:
    """Yield the problems of a `BigCodeBench.jsonl` or `.jsonl.gz`.

    Raises:
        InputError: it is no such file.
    """
    for row in read_rows(path, BigCodeBenchRow):
        if isinstance(row, Unread):
            yield row
            continue
        prompted = Prompted(
            task_id=row.task_id,
            prompt=row.complete_prompt,
            entry_point=row.entry_point,
            canonical_solution=row.canonical_solution,
        )
        yield read_prompt(prompted, Check(row.test, "unittest"))
