"""What the database holds. Rows are added and never changed; only a purge removes any.

assessments ─< candidates ─< invitations ─< beginnings
     │                            ├─< receipts ─< gradings
     ├─< regradings               ├─< ratings
     └─< audit                    └─< decisions
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import BigInteger, DateTime, ForeignKey, Integer, MetaData, Text, TypeDecorator, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

if TYPE_CHECKING:
    from sqlalchemy import Dialect


class UtcTime(TypeDecorator[datetime]):
    """A moment, in UTC on its way in and out; SQLite keeps no offsets."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """See `TypeDecorator`."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment without its offset from UTC")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """See `TypeDecorator`."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """What every table has."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {datetime: UtcTime, str: Text, int: BigInteger().with_variant(Integer, "sqlite")}

    id: Mapped[int] = mapped_column(primary_key=True)


class AssessmentRow(Base):
    """One assessment; a team's database may hold several."""

    __tablename__ = "assessments"

    name: Mapped[str] = mapped_column(unique=True)
    """The id in its file."""
    opened: Mapped[datetime]


class CandidateRow(Base):
    """One candidate, by the pseudonym that the team gave; who that is, nothing here knows."""

    __tablename__ = "candidates"
    __table_args__ = (UniqueConstraint("assessment_id", "code"),)

    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessments.id"))
    code: Mapped[str]


class InvitationRow(Base):
    """One invitation: what this candidate was asked."""

    __tablename__ = "invitations"
    __table_args__ = (UniqueConstraint("candidate_id", "attempt"),)

    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidates.id"))
    token: Mapped[str] = mapped_column(unique=True)
    """The unguessable id that its answers carry."""
    attempt: Mapped[int]
    document: Mapped[str]
    """The examiner's record, as JSON."""
    recorded: Mapped[datetime]


class BeginningRow(Base):
    """When a candidate began; the newest counts."""

    __tablename__ = "beginnings"

    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), index=True)
    begun: Mapped[datetime]
    recorded: Mapped[datetime]
    reason: Mapped[str]
    """Why an earlier one was wrong; empty for the first."""


class ReceiptRow(Base):
    """What was received, and how that stands; of one file the newest row counts."""

    __tablename__ = "receipts"

    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), index=True)
    sha256: Mapped[str]
    """Of the file."""
    size: Mapped[int]
    received: Mapped[datetime]
    """The moment that counts."""
    due: Mapped[datetime]
    standing: Mapped[str]
    part: Mapped[float]
    """Of the points that counts."""
    answered: Mapped[str]
    """Folders of the questions that have an answer, as JSON."""
    disclosure: Mapped[str]
    """What the candidate disclosed, as JSON."""
    claimed: Mapped[str]
    """When the candidate says to have begun; nothing follows from it."""
    recorded: Mapped[datetime]
    reason: Mapped[str]
    """Why `received` is not the moment of recording, or why it was judged again."""


class RegradingRow(Base):
    """What a repaired question changed."""

    __tablename__ = "regradings"

    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessments.id"), index=True)
    recorded: Mapped[datetime]
    by: Mapped[str]
    reason: Mapped[str]
    files: Mapped[str]
    """Question to its files that had changed, as JSON; whose points changed, the gradings tell."""


class GradingRow(Base):
    """A verdict on one question of what was received; the newest counts, the others are its history."""

    __tablename__ = "gradings"

    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipts.id"), index=True)
    position: Mapped[int]
    """Of the question in the invitation."""
    question: Mapped[str]
    """What was graded; a variant has an id of its own."""
    suite: Mapped[str]
    """Digest of the question's files that decide."""
    seed: Mapped[int]
    status: Mapped[str]
    points: Mapped[float]
    """Of the verdict: neither scaled to what the question counts, nor less for being late."""
    max_points: Mapped[float]
    verdict: Mapped[str]
    """As JSON."""
    recorded: Mapped[datetime]
    regrading_id: Mapped[int | None] = mapped_column(ForeignKey("regradings.id"))


class RatingRow(Base):
    """What one rater gave for one criterion of the scorecard; the newest counts."""

    __tablename__ = "ratings"

    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), index=True)
    rater: Mapped[str]
    criterion: Mapped[str]
    level: Mapped[int]
    note: Mapped[str]
    recorded: Mapped[datetime]


class DecisionRow(Base):
    """What a person decided; the newest counts."""

    __tablename__ = "decisions"

    invitation_id: Mapped[int] = mapped_column(ForeignKey("invitations.id"), index=True)
    decision: Mapped[str]
    by: Mapped[str]
    why: Mapped[str]
    recorded: Mapped[datetime]


class AuditRow(Base):
    """One link of an assessment's chain."""

    __tablename__ = "audit"
    __table_args__ = (UniqueConstraint("assessment_id", "number"),)

    assessment_id: Mapped[int] = mapped_column(ForeignKey("assessments.id"))
    number: Mapped[int]
    """Counted from 1 without a gap."""
    at: Mapped[datetime]
    event: Mapped[str]
    by: Mapped[str]
    about: Mapped[str]
    """Candidate, question or file that it is about."""
    note: Mapped[str]
    """More of it; nothing that a purge would have to take back."""
    detail: Mapped[str]
    """What was added, or removed: table, id and digest of each row, as JSON."""
    former: Mapped[str]
    """Digest of the link before."""
    digest: Mapped[str]
    """Keyed by the assessment's key, of all the above."""
