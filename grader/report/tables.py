"""Tables of a batch, for a spreadsheet or a learning management system."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from grader.report.untrusted import one_line
from grader.report.wording import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grader.gradebook import Gradebook

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the start of a formula (OWASP, CSV injection)."""


def csv_summary(book: Gradebook) -> str:
    """Return one row for each candidate and question."""
    head = (
        "candidate", "question", "status", "points", "max_points", "seconds", "message", "sha256", "twin_of", "path",
    )  # fmt: skip
    rows = (
        (
            grade.candidate, sheet.question, grade.verdict.status.value,
            number(grade.verdict.points), number(grade.verdict.max_points), f"{grade.verdict.seconds:.3f}",
            grade.verdict.message, grade.verdict.submission.sha256, grade.twin_of or "", grade.path,
        )
        for sheet in book.sheets
        for grade in sheet.grades
    )  # fmt: skip
    return _csv(head, rows)


def csv_grades(book: Gradebook) -> str:
    """Return one row for each candidate: the points of every question, empty where there is no mark, and their sum."""
    questions = [sheet.question for sheet in book.sheets]
    marks = {(grade.candidate, sheet.question): grade for sheet in book.sheets for grade in sheet.marked}
    most = {sheet.question: max(grade.verdict.max_points for grade in sheet.grades) for sheet in book.sheets}

    def row(candidate: str) -> Iterable[str]:
        points = [marks[candidate, name].verdict.points if (candidate, name) in marks else None for name in questions]
        yield candidate
        yield from ("" if value is None else number(value) for value in points)
        yield number(sum(filter(None, points)))
        yield number(sum(most.values()))

    return _csv(["candidate", *questions, "total", "max"], map(row, book.candidates))


def _csv(head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue()


def _harmless(cell: str) -> str:
    """Write a text that no spreadsheet takes for a formula, on one line."""
    cell = one_line(cell)
    return f"'{cell}" if cell.startswith(FORMULA) else cell
