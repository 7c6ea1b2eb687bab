"""Batches of one cohort, read from their folders into tables of candidates and items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.batch import slim
from grader.errors import InputError
from grader.gradebook import Grade, Gradebook
from grader.records import BatchFolder
from grader.takehome.items import Column
from grader.verdict import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from grader.gradebook import Sheet
    from grader.records import BatchRecord
    from grader.verdict import CheckResult


@dataclass(frozen=True)
class Cohort:
    """Everything that was graded."""

    book: Gradebook
    missing: int
    """Submissions that have no verdict yet."""


def read_cohort(folders: Iterable[Path]) -> Cohort:
    """Read the verdicts of batches.

    Raises:
        InputError: a folder is none of a batch, or two of them do not go together.
    """
    grades: list[Grade] = []
    seen: dict[tuple[str, str], Path] = {}
    suites: dict[str, tuple[Path, dict[str, str]]] = {}
    missing = 0
    for root in folders:
        folder = BatchFolder(root)
        record = folder.record()
        _see_one_suite(record, root, suites)
        for entry in record.entries:
            verdict = folder.kept(entry)
            if verdict is None:
                missing += 1
                continue
            _see_one_answer((entry.candidate, entry.question), root, seen)
            grades.append(Grade(entry.candidate, slim(verdict), entry.path))
    return Cohort(Gradebook(tuple(grades)), missing)


def _see_one_suite(record: BatchRecord, root: Path, suites: dict[str, tuple[Path, dict[str, str]]]) -> None:
    for question, files in record.suites.items():
        other, before = suites.setdefault(question, (root, files))
        if before != files:
            fault = f"{question} was graded by another suite here than in {other}"
            raise InputError(
                fault, file=root, cure=f"Grade one of them again, grade regrade {other} --apply; or leave it out"
            )


def _see_one_answer(key: tuple[str, str], root: Path, seen: dict[tuple[str, str], Path]) -> None:
    if key in seen:
        candidate, question = key
        fault = f"{candidate!r} has an answer to {question} here and in {seen[key]}"
        raise InputError(fault, file=root, cure="Leave one of the folders out: a second try says less of the question")
    seen[key] = root


# --- the checks of one question --------------------------------------------------------------------------------------


def check_columns(sheet: Sheet) -> list[Column]:
    """Return a column for each check; a row for each candidate whose submission could be run.

    Raises:
        InputError: they were not all graded by the same checks.
    """
    ran = _ran(sheet)
    first = ran[0].verdict.checks if ran else ()
    found = [{(check.visibility, check.name): check for check in grade.verdict.checks} for grade in ran]
    for grade, checks in zip(ran, found, strict=True):
        if checks.keys() != found[0].keys():
            fault = f"{sheet.question}: {grade.candidate!r} and {ran[0].candidate!r} were graded by different checks"
            raise InputError(fault, cure="Grade the batch again by `grade regrade`")
    return [_column(check, [each[check.visibility, check.name] for each in found]) for check in first]


def check_seconds(sheet: Sheet) -> list[float]:
    """Return what each candidate's grading took, in the order of `check_columns`."""
    return [grade.verdict.seconds for grade in _ran(sheet)]


def _ran(sheet: Sheet) -> list[Grade]:
    return [grade for grade in sheet.marked if grade.verdict.status is not Status.INVALID]


def _column(check: CheckResult, results: Sequence[CheckResult]) -> Column:
    # a check without points is still passed or not
    most = check.max_points or 1.0
    passed = [most if result.outcome is Outcome.PASSED else 0.0 for result in results]
    points = [result.points for result in results] if check.max_points else passed
    seconds = [result.seconds for result in results if result.outcome is not Outcome.NOT_RUN]
    return Column(check.name, most, points, seconds, check.group.en, check.visibility.value)


# --- the questions of one form ---------------------------------------------------------------------------------------


def form_columns(book: Gradebook) -> Iterator[tuple[str, list[Column]]]:
    """Yield each set of questions that candidates have marks in, with a column for each of its questions.

    Totals of different forms are not comparable; so each question is correlated within its form alone.
    """
    marks: dict[str, dict[str, Grade]] = {}
    for sheet in book.sheets:
        for grade in sheet.marked:
            marks.setdefault(grade.candidate, {})[sheet.question] = grade
    forms: dict[tuple[str, ...], list[dict[str, Grade]]] = {}
    for candidate in sorted(marks):
        forms.setdefault(tuple(sorted(marks[candidate])), []).append(marks[candidate])
    for questions, rows in sorted(forms.items()):
        if len(questions) > 1:
            yield " + ".join(questions), [_question_column(name, [row[name] for row in rows]) for name in questions]


def variants_of(book: Gradebook) -> dict[str, dict[str, list[Grade]]]:
    """Return each question of which several variants were asked, with the marks in each; itself counts as one."""
    found: dict[str, dict[str, list[Grade]]] = {}
    for sheet in book.sheets:
        for grade in sheet.marked:
            origin = grade.verdict.variant_of or sheet.question
            found.setdefault(origin, {}).setdefault(sheet.question, []).append(grade)
    return {origin: variants for origin, variants in sorted(found.items()) if len(variants) > 1}


def _question_column(name: str, grades: Sequence[Grade]) -> Column:
    most = max(grade.verdict.max_points for grade in grades)
    return Column(
        name, most, [grade.verdict.points for grade in grades], [grade.verdict.seconds for grade in grades]
    )  # fmt: skip
