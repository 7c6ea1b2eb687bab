"""Takes what is known of candidates away: rows and files. The audit keeps that it happened, and stays provable."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from sqlalchemy import select

from grader.records import RECORD, Entry
from grader.report import Audience
from grader.takehome.desk.chain import Event
from grader.takehome.desk.marking import MANIFEST, place_of
from grader.takehome.desk.publication import REPORTS, report_file
from grader.takehome.desk.register import PURGED
from grader.takehome.desk.tables import (
    Base,
    BeginningRow,
    CandidateRow,
    DecisionRow,
    GradingRow,
    RatingRow,
    ReceiptRow,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from grader.takehome.desk.desk import Desk
    from grader.takehome.desk.register import Invited, Register


def candidates_before(register: Register, moment: datetime) -> list[str]:
    """Return the candidates whose last invitation, and last receipt, are older than a moment."""
    newest: dict[str, datetime] = {}
    for invited in register.invited():
        code = invited.terms.candidate
        moments = [invited.terms.issued, *(row.received for row in register.receipts(invited))]
        newest[code] = max([*moments, *([newest[code]] if code in newest else [])])
    return [code for code, last in newest.items() if last < moment]


def purge(desk: Desk, codes: Sequence[str], reason: str) -> int:
    """Remove every row and every file of candidates; return how many rows it were.

    Raises:
        InputError: there is no such candidate.
    """
    removed = 0
    with desk.register() as register:
        for code in codes:
            register.find(code)
            mine = [each for each in register.invited() if each.terms.candidate == code]
            rows = list(_rows(register, code, mine))
            register.chain.append(Event(PURGED, desk.by, code, reason), register.now(), removed=rows)
            for row in rows:
                register.session.delete(row)
                register.session.flush()
            removed += len(rows)
            _remove_files(desk, mine, [row for row in rows if isinstance(row, ReceiptRow)])
    return removed


def _rows(register: Register, code: str, mine: Sequence[Invited]) -> Iterator[Base]:
    """Yield a candidate's rows, children before their parents."""
    ids = [each.row.id for each in mine]
    session = register.session
    receipts = session.scalars(select(ReceiptRow).where(ReceiptRow.invitation_id.in_(ids))).all()
    yield from session.scalars(select(GradingRow).where(GradingRow.receipt_id.in_([row.id for row in receipts])))
    for table in (BeginningRow, RatingRow, DecisionRow):
        yield from session.scalars(select(table).where(table.invitation_id.in_(ids)))
    yield from receipts
    yield from (each.row for each in mine)
    own = CandidateRow.assessment_id == register.row.id
    yield from session.scalars(select(CandidateRow).where(own, CandidateRow.code == code))


def _remove_files(desk: Desk, mine: Sequence[Invited], receipts: Sequence[ReceiptRow]) -> None:
    for row in receipts:
        desk.received(row.sha256).unlink(missing_ok=True)
        shutil.rmtree(desk.results / place_of(row.sha256), ignore_errors=True)
    for each in mine:
        terms = each.terms
        desk.office.record(terms.candidate, terms.attempt).unlink(missing_ok=True)
        desk.office.bundle(terms.candidate, terms.attempt).unlink(missing_ok=True)
        for asked in terms.asked:
            entry = Entry(candidate=each.label, question=asked.asked, path="")
            (desk.results / entry.file).unlink(missing_ok=True)
        for audience in Audience:
            report_file(desk, audience, each.label).unlink(missing_ok=True)
    # what names everybody is written anew by the next grading, and the next report
    for name in (RECORD, MANIFEST):
        (desk.results / name).unlink(missing_ok=True)
    shutil.rmtree(desk.office.folder / REPORTS / "cohort", ignore_errors=True)
