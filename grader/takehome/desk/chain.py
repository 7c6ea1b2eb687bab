"""The audit chain: what was added, removed and by whom, each link holding the digest of the one before.

Digests are keyed by the assessment's key: who can write to the database, but lacks the key, cannot make a link. A link
holds the digest of every row it added, so that a row that was changed, slipped in or taken away is found too. Who cuts
off the end leaves a chain that is whole; but each receipt that was given out names a link, and `expected` asks for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import inspect, select, text

from grader.errors import InputError
from grader.keyed import mac
from grader.takehome.desk.tables import (
    AssessmentRow,
    AuditRow,
    Base,
    BeginningRow,
    CandidateRow,
    DecisionRow,
    GradingRow,
    InvitationRow,
    RatingRow,
    ReceiptRow,
    RegradingRow,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session

ROOT = "0" * 64
"""What the first link holds in place of a former digest."""


@dataclass(frozen=True)
class Proof:
    """What is left to say of a chain that was looked through."""

    links: int
    head: str
    """Digest of the last link."""
    faults: tuple[str, ...]
    """The first broken link, then rows that are not what the chain says."""


@dataclass(frozen=True)
class Link:
    """One link, with its detail read."""

    row: AuditRow
    added: Sequence[Mapping[str, str | int]]
    """Table, id and digest of each row."""
    removed: Sequence[Mapping[str, str | int]]


@dataclass(frozen=True)
class Event:
    """What happened, as a link says it."""

    name: str
    by: str
    about: str = ""
    note: str = ""
    """More of it; nothing that a purge would have to take back."""


class Chain:
    """The chain of one assessment; who adds to it has waited for others first."""

    def __init__(self, session: Session, assessment_id: int, key: bytes) -> None:
        self._session, self._assessment, self._key = session, assessment_id, key

    def append(self, event: Event, at: datetime, added: Sequence[Base] = (), removed: Sequence[Base] = ()) -> str:
        """Add a link for what is being added or removed in this transaction; return its digest."""
        self._session.flush()
        last = self._last()
        detail = {
            "added": [self._named(row) for row in added],
            "removed": [self._named(row) for row in removed],
        }
        link = AuditRow(
            assessment_id=self._assessment,
            number=last.number + 1 if last else 1,
            at=at,
            event=event.name,
            by=event.by,
            about=event.about,
            note=event.note,
            detail=json.dumps(detail, sort_keys=True, ensure_ascii=False),
            former=last.digest if last else ROOT,
        )
        link.digest = self._digest_of(link)
        self._session.add(link)
        self._session.flush()
        return link.digest

    def rows(self, event: str | None = None) -> Sequence[AuditRow]:
        """Return every link as it is kept, or those of one sort of event, the first one first."""
        mine = select(AuditRow).where(AuditRow.assessment_id == self._assessment).order_by(AuditRow.number)
        return self._session.scalars(mine if event is None else mine.where(AuditRow.event == event)).all()

    def links(self, event: str | None = None) -> list[Link]:
        """Return every link with its detail read, or those of one sort of event, the first one first.

        Raises:
            InputError: one was changed, so that it cannot be read any more.
        """
        try:
            return [Link(row, **json.loads(row.detail)) for row in self.rows(event)]
        except (ValueError, TypeError):
            cure = "See which: grade assess audit"
            raise InputError("a link of the audit was changed, and cannot be read any more", cure=cure) from None

    def prove(self, rows: Iterable[Base], expected: str | None = None) -> Proof:
        """Look through the whole chain, and at every row it vouches for.

        Args:
            rows: of the assessment, all that are there.
            expected: digest that a receipt names; the chain must hold it.
        """
        links = self.rows()
        broken = self._first_broken(links)
        faults = list(_strangers(self.links(), rows, self._digest_of)) if broken is None else [broken]
        if expected is not None and expected not in {link.digest for link in links}:
            faults.append(f"no link has the digest {expected[:16]}…: links were cut off after it was given out")
        return Proof(len(links), links[-1].digest if links else ROOT, tuple(faults))

    def _last(self) -> AuditRow | None:
        mine = select(AuditRow).where(AuditRow.assessment_id == self._assessment)
        return self._session.scalars(mine.order_by(AuditRow.number.desc()).limit(1)).first()

    def _named(self, row: Base) -> dict[str, str | int]:
        return {"table": row.__tablename__, "id": row.id, "digest": self._digest_of(row)}

    def _digest_of(self, row: Base) -> str:
        return mac(self._key, row.__tablename__, canonical(row)).hex()

    def _first_broken(self, links: Sequence[AuditRow]) -> str | None:
        former = ROOT
        for number, link in enumerate(links, start=1):
            told = f"link {link.number} ({link.event}, {link.at:%Y-%m-%d %H:%M} UTC)"
            if link.number != number:
                return f"link {number} is missing: after {number - 1} comes {link.number}"
            if link.former != former:
                return f"{told} does not hold the digest of link {number - 1}"
            if link.digest != self._digest_of(link):
                return f"{told} was changed after it was written"
            former = link.digest
        return None


def _strangers(links: Iterable[Link], rows: Iterable[Base], digest_of: Callable[[Base], str]) -> Iterator[str]:
    """Yield each row that is not what the chain says."""
    vouched: dict[tuple[str | int, str | int], str | int] = {}
    for link in links:
        vouched |= {(each["table"], each["id"]): each["digest"] for each in link.added}
        for each in link.removed:
            vouched.pop((each["table"], each["id"]), None)
    for row in rows:
        digest = vouched.pop((row.__tablename__, row.id), None)
        if digest is None:
            yield f"{row.__tablename__}, row {row.id}: no link says that it was added"
        elif digest != digest_of(row):
            yield f"{row.__tablename__}, row {row.id} was changed after it was added"
    for table, number in vouched:
        yield f"{table}, row {number} is gone, and no link says that it was removed"


def canonical(row: Base) -> str:
    """Return a row's content as JSON in one way, whatever the database; its own digest is no part of it."""
    left_out = {"digest", "id"} if isinstance(row, AuditRow) else set()  # `number` is the chain's own numbering
    columns = inspect(type(row)).column_attrs
    values = {column.key: getattr(row, column.key) for column in columns if column.key not in left_out}
    return json.dumps(values, sort_keys=True, ensure_ascii=False, default=_moment)


def _moment(value: object) -> str:
    assert isinstance(value, datetime), value
    return value.astimezone(UTC).isoformat()


def kept_rows(session: Session, assessment_id: int) -> Iterator[Base]:
    """Yield every row of an assessment that the chain vouches for, parents before their children."""
    whole = select(AssessmentRow.id).where(AssessmentRow.id == assessment_id)
    candidates = select(CandidateRow.id).where(CandidateRow.assessment_id.in_(whole))
    invitations = select(InvitationRow.id).where(InvitationRow.candidate_id.in_(candidates))
    receipts = select(ReceiptRow.id).where(ReceiptRow.invitation_id.in_(invitations))
    yield from session.scalars(select(CandidateRow).where(CandidateRow.id.in_(candidates)))
    yield from session.scalars(select(RegradingRow).where(RegradingRow.assessment_id.in_(whole)))
    yield from session.scalars(select(InvitationRow).where(InvitationRow.id.in_(invitations)))
    for table in (BeginningRow, ReceiptRow, RatingRow, DecisionRow):
        yield from session.scalars(select(table).where(table.invitation_id.in_(invitations)))
    yield from session.scalars(select(GradingRow).where(GradingRow.receipt_id.in_(receipts)))


def wait_for_others(session: Session) -> None:
    """Let one writer at a time see what is there and add to it; SQLite does so by itself."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE audit IN SHARE ROW EXCLUSIVE MODE"))
