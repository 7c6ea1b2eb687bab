"""The first form of the database."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, DateTime, Double, ForeignKey, Integer, PrimaryKeyConstraint, Text
from sqlalchemy import UniqueConstraint as Unique

revision = "m0001"
down_revision = None

_NUMBER = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up by itself in INTEGER columns alone


def upgrade() -> None:
    """Make every table."""
    _make("assessments", _text("name"), _moment("opened"), _unique("assessments", "name"))
    _make(
        "candidates", _of("candidates", "assessment_id", "assessments"), _text("code"),
        _unique("candidates", "assessment_id", "code"),
    )  # fmt: skip
    _make(
        "invitations", _of("invitations", "candidate_id", "candidates"), _text("token"), _number("attempt"),
        _text("document"), _moment("recorded"),
        _unique("invitations", "candidate_id", "attempt"), _unique("invitations", "token"),
    )  # fmt: skip
    _make_received()
    _make_judged()
    _make(
        "audit", _of("audit", "assessment_id", "assessments"), _number("number"), _moment("at"),
        *map(_text, ("event", "by", "about", "note", "detail", "former", "digest")),
        _unique("audit", "assessment_id", "number"),
    )  # fmt: skip


def _make_received() -> None:
    _make(
        "beginnings", _of("beginnings", "invitation_id", "invitations"),
        _moment("begun"), _moment("recorded"), _text("reason"),
    )  # fmt: skip
    _make(
        "receipts", _of("receipts", "invitation_id", "invitations"), _text("sha256"), _number("size"),
        _moment("received"), _moment("due"), _text("standing"), _double("part"),
        *map(_text, ("answered", "disclosure", "claimed")),
        _moment("recorded"), _text("reason"),
    )  # fmt: skip
    for table in ("beginnings", "receipts"):
        _index(table, "invitation_id")


def _make_judged() -> None:
    _make(
        "regradings", _of("regradings", "assessment_id", "assessments"), _moment("recorded"),
        _text("by"), _text("reason"), _text("files"),
    )  # fmt: skip
    _make(
        "gradings", _of("gradings", "receipt_id", "receipts"), _number("position"), _text("question"), _text("suite"),
        _number("seed"), _text("status"), _double("points"), _double("max_points"), _text("verdict"),
        _moment("recorded"), _of("gradings", "regrading_id", "regradings", nullable=True),
    )  # fmt: skip
    _make(
        "ratings", _of("ratings", "invitation_id", "invitations"), _text("rater"), _text("criterion"),
        _number("level"), _text("note"), _moment("recorded"),
    )  # fmt: skip
    _make(
        "decisions", _of("decisions", "invitation_id", "invitations"), _text("decision"), _text("by"), _text("why"),
        _moment("recorded"),
    )  # fmt: skip
    _index("regradings", "assessment_id")
    _index("gradings", "receipt_id")
    _index("ratings", "invitation_id")
    _index("decisions", "invitation_id")


def _make(table: str, *parts: Column[object] | Unique) -> None:
    op.create_table(
        table, Column("id", _NUMBER, nullable=False), *parts, PrimaryKeyConstraint("id", name=f"pk_{table}")
    )


def _text(name: str) -> Column[object]:
    return Column(name, Text(), nullable=False)


def _number(name: str) -> Column[object]:
    return Column(name, _NUMBER, nullable=False)


def _double(name: str) -> Column[object]:
    return Column(name, Double(), nullable=False)


def _moment(name: str) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=False)


def _of(table: str, name: str, parent: str, *, nullable: bool = False) -> Column[object]:
    key = ForeignKey(f"{parent}.id", name=f"fk_{table}_{name}_{parent}")
    return Column(name, _NUMBER, key, nullable=nullable)


def _unique(table: str, *columns: str) -> Unique:
    return Unique(*columns, name=f"uq_{table}_{'_'.join(columns)}")


def _index(table: str, column: str) -> None:
    op.create_index(f"ix_{table}_{column}", table, [column])
