"""Tables of a batch, for a spreadsheet or a learning management system: CSV as RFC 4180 has it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from grader.report.untrusted import one_line
from grader.report.wording import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grader.gradebook import Grade, Gradebook

BOM = "\ufeff"
"""Put in front where Excel will open it, which takes a file without for the machine's old code page."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # OWASP, CSV injection
_SUMMARY = (
    "candidate", "question", "status", "points", "max_points", "seconds", "message", "sha256", "twin_of", "path",
)  # fmt: skip


def csv_summary(book: Gradebook, *, bom: bool = False) -> str:
    """Return one row for each candidate and question, with what became of it."""
    rows = (
        (
            grade.candidate, sheet.question, grade.verdict.status.value,
            grade.verdict.points, grade.verdict.max_points, round(grade.verdict.seconds, 3),
            grade.verdict.message, grade.verdict.submission.sha256, grade.twin_of or "", grade.path,
        )
        for sheet in book.sheets
        for grade in sheet.grades
    )  # fmt: skip
    return csv_table(_SUMMARY, rows, bom=bom)


def csv_grades(book: Gradebook, *, bom: bool = False) -> str:
    """Return one row for each candidate: the points of every question, their sum, and the most there is to reach.

    What was not handed in is an empty cell and counts nothing. What nobody could mark is an empty cell and leaves
    the sum empty too: a system that reads the table would take a number there for a mark.
    """
    questions = [sheet.question for sheet in book.sheets]
    grades = {(grade.candidate, sheet.question): grade for sheet in book.sheets for grade in sheet.grades}
    most = sum(max(grade.verdict.max_points for grade in sheet.grades) for sheet in book.sheets)
    rows = (
        _grades_row(candidate, [grades.get((candidate, name)) for name in questions], most)
        for candidate in book.candidates
    )
    return csv_table(("candidate", *questions, "total", "max"), rows, bom=bom)


def _grades_row(candidate: str, grades: Sequence[Grade | None], most: float) -> list[str | float]:
    points = [grade.verdict.points if grade and grade.marked else "" for grade in grades]
    pending = any(grade and not grade.marked for grade in grades)
    total = "" if pending else sum(grade.verdict.points for grade in grades if grade)
    return [candidate, *points, total, most]


def csv_table(head: Sequence[str], rows: Iterable[Iterable[str | float]], *, bom: bool = False) -> str:
    """Return a table; a text that a spreadsheet would take for a formula has an apostrophe in front."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(map(_cell, head))
    writer.writerows(map(_cell, row) for row in rows)
    return BOM * bom + text.getvalue()


def _cell(value: str | float) -> str:
    """Write a number with two decimals at most, or a text on one line that no spreadsheet takes for a formula."""
    if not isinstance(value, str):
        return number(value)
    return f"'{one_line(value)}" if value.lstrip(" ").startswith(_FORMULA) else one_line(value)
