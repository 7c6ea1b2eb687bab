"""The desk: an assessment's folder with its database opened. Beside what `takehome/office.py` names, it has

assessment.db             the database, unless its address is given
inbox/<sha256>.zip        every file that was received, by its content
results/                  a batch as `grade batch` leaves one: answers, verdicts, tables
"""  # noqa: D415  the table ends the sentence

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grader.errors import InputError
from grader.sheet import read_sheet
from grader.takehome.assessment import Assessment
from grader.takehome.desk.chain import wait_for_others
from grader.takehome.desk.database import Database
from grader.takehome.desk.register import Register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from grader.takehome.office import Office


def utc_now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Desk:
    """See the module."""

    office: Office
    assessment: Assessment
    sha256: str
    """Of its file."""
    key: bytes
    database: Database
    by: str
    """Who works at it, for the audit."""
    now: Callable[[], datetime] = utc_now

    @property
    def inbox(self) -> Path:
        """Where received files are kept."""
        return self.office.folder / "inbox"

    @property
    def results(self) -> Path:
        """Where verdicts are written."""
        return self.office.folder / "results"

    def received(self, sha256: str) -> Path:
        """Return where a received file is kept."""
        return self.inbox / f"{sha256}.zip"

    @contextmanager
    def register(self) -> Iterator[Register]:
        """Give the register, in one transaction, and to one at a time: all that is added is kept, or nothing of it."""
        with self.database.session() as session:
            wait_for_others(session)
            yield Register(session, self.assessment, self.key, self.by, self.now)


@contextmanager
def open_desk(
    office: Office, key: bytes, address: str | None, by: str, now: Callable[[], datetime] = utc_now
) -> Iterator[Desk]:
    """Open an assessment's database.

    Args:
        office: where everything lies.
        key: of the assessment.
        address: of the database; a file beside the assessment unless given.
        by: who works at it, for the audit.
        now: the clock.

    Raises:
        InputError: the assessment or the database cannot be used.
    """
    sheet = read_sheet(office.assessment, Assessment)
    if sheet.value is None:
        listing = "".join(f"\n  {fault}" for fault in sheet.faults)
        raise InputError(f"the assessment cannot be used:{listing}")
    database = Database(address or address_of(office))
    try:
        database.open()
        sha256 = hashlib.sha256(office.assessment.read_bytes()).hexdigest()
        desk = Desk(office, sheet.value, sha256, key, database, by, now)
        with desk.register() as register:
            register.catch_up(sha256, office.invitations())
        yield desk
    finally:
        database.close()


def address_of(office: Office) -> str:
    """Return the address of the database that lies beside the assessment."""
    return f"sqlite:///{office.assessment.with_suffix('.db')}"
