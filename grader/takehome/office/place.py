"""The folder of an assessment, and what lies where in it.

OFFICE/assessment.yaml          what is asked, and by which rules
OFFICE/assessment.key           signs invitations and receipts, and draws variants; never leaves the office
OFFICE/assessment.db            the database, unless its address is given
OFFICE/inbox/<sha256>.zip       every file that was received, by its content
OFFICE/results/                 a batch as `grade batch` leaves one: answers, verdicts, tables
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grader.errors import InputError
from grader.sheet import read_sheet
from grader.takehome.assessment import Assessment
from grader.takehome.office.database import Database, address_of
from grader.takehome.office.register import Register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SHEET, KEY = "assessment.yaml", "assessment.key"


def utc_now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Office:
    """An assessment's folder, opened."""

    root: Path
    assessment: Assessment
    sha256: str
    """Of its file."""
    key: bytes
    database: Database
    now: Callable[[], datetime] = utc_now

    @property
    def inbox(self) -> Path:
        """Where received files are kept."""
        return self.root / "inbox"

    @property
    def results(self) -> Path:
        """Where verdicts are written."""
        return self.root / "results"

    def received(self, sha256: str) -> Path:
        """Return where a received file is kept."""
        return self.inbox / f"{sha256}.zip"

    @contextmanager
    def register(self, by: str) -> Iterator[Register]:
        """Give the register, in one transaction: all that is added is kept, or nothing of it.

        Args:
            by: who works with it, for the audit.
        """
        with self.database.session() as session:
            register = Register(session, self.assessment, self.key, by, self.now)
            register.open(self.sha256)
            yield register


@contextmanager
def open_office(root: Path, address: str | None, now: Callable[[], datetime] = utc_now) -> Iterator[Office]:
    """Open an assessment's folder and its database.

    Args:
        root: the folder.
        address: of the database; a file in the folder unless given.
        now: the clock.

    Raises:
        InputError: the assessment, its key or the database cannot be used.
    """
    sheet = read_sheet(root / SHEET, Assessment)
    if sheet.value is None:
        listing = "".join(f"\n  {fault}" for fault in sheet.faults)
        raise InputError(f"the assessment cannot be used; is this its folder (--office)?{listing}")
    key = _read_key(root / KEY)
    database = Database(address_of(root, address))
    try:
        database.open()
        yield Office(root, sheet.value, hashlib.sha256((root / SHEET).read_bytes()).hexdigest(), key, database, now)
    finally:
        database.close()


def _read_key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except FileNotFoundError:
        raise InputError("there is no key yet", file=path, cure="Invite somebody first: grade assess invite") from None
    except ValueError:
        raise InputError("it is no key", file=path, cure="Bring the old file back; nothing can replace it") from None
    if len(key) != 32:
        raise InputError(f"it holds {len(key)} bytes, not 32", file=path, cure="Bring the old file back")
    return key
