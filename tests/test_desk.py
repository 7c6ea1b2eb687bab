"""The desk: the same on SQLite and on a real PostgreSQL server; what is on record cannot be changed unseen."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("sqlalchemy", reason="sqlalchemy is not installed")
pytest.importorskip("alembic", reason="alembic is not installed")

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from desks import OPENS, Place, founded
from invitations import KEY
from sqlalchemy import create_engine, text
from test_cli import assert_told, grade

from grader.errors import InputError
from grader.takehome.desk.chain import Event, Proof, kept_rows
from grader.takehome.desk.migrations import NEWEST
from grader.takehome.desk.receipts import SignedReceipt, begin, receive
from grader.takehome.desk.register import counting
from grader.takehome.desk.tables import Base
from grader.takehome.invitation import verify

if TYPE_CHECKING:
    from pathlib import Path

    from databases import Server


@pytest.fixture
def place(address: str | None, tmp_path: Path) -> Place:
    """An office on each kind of database."""
    return founded(tmp_path / "office", address)


def proof(place: Place, expected: str | None = None) -> Proof:
    with place.register() as register:
        return register.chain.prove(kept_rows(register.session, register.row.id), expected)


def tamper(place: Place, statement: str) -> None:
    """Change the database as somebody does who can write to it."""
    with place.desk() as desk:
        engine = create_engine(desk.database._url)
        with engine.begin() as connection:
            assert connection.execute(text(statement)).rowcount == 1
        engine.dispose()


# --- the database ---


def test_the_migrations_make_what_the_models_say(place: Place) -> None:
    with place.desk() as desk:
        engine = create_engine(desk.database._url)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            differences = compare_metadata(context, Base.metadata)
            revision = context.get_current_revision()
        engine.dispose()

    assert (differences, revision) == ([], NEWEST)


def test_a_moment_comes_back_as_it_went_in(place: Place) -> None:
    """Whatever the offset, to the microsecond."""
    place.clock.moment = OPENS + timedelta(microseconds=123_457)
    with place.desk() as desk:
        receive(desk, place.packed())
    with place.register() as register:
        (row,) = register.receipts(register.find("C-0017"))

    assert row.received == place.clock.moment
    assert row.received.utcoffset() == timedelta(0)


def test_what_fails_leaves_nothing(place: Place) -> None:
    """A transaction is kept whole or not at all, its links with it."""
    before = proof(place)
    with pytest.raises(InputError, match="yet to come"):
        _begin_twice(place)
    with place.register() as register:
        assert not register.beginnings(register.find("C-0017"))

    assert proof(place) == before


def _begin_twice(place: Place) -> None:
    with place.register() as register:
        begin(register, "C-0017", OPENS, "")
        begin(register, "C-0017", OPENS + timedelta(days=1), "wrong, and too late")


def test_many_writers_make_one_chain(place: Place) -> None:
    """Links that are written at the same time come one after the other, and none is lost."""
    before = proof(place).links

    def write(number: int) -> None:
        with place.register() as register:
            register.record(Event("note", f"writer {number}"))

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(40)))
    after = proof(place)

    assert (after.links, after.faults) == (before + 40, ())


def test_a_team_migrates_by_hand(postgres: Server, tmp_path: Path) -> None:
    """A server's database is not touched unasked; the command brings it up to date, and says when it was."""
    address = postgres.fresh("team")
    sheet = founded(tmp_path / "office", None).sheet
    assert_told(grade("assess", "audit", "--assessment", sheet, "--database", address), 2, "grade assess migrate")
    assert_told(
        grade("assess", "migrate", "--assessment", sheet, EXAM_GRADER_DATABASE=address), 0, "has the form m0001."
    )
    assert_told(grade("assess", "migrate", "--assessment", sheet, "--database", address), 0, "as before")
    assert_told(grade("assess", "audit", "--assessment", sheet, "--database", address), 0, "nothing is amiss")


def test_a_database_of_tomorrow_is_left_alone(place: Place) -> None:
    tamper(place, "UPDATE alembic_version SET version_num = 'm9999'")
    with pytest.raises(InputError, match="m9999, which this program does not know"), place.desk():
        pass


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("mysql://somewhere/x", "no database that keeps assessments"),
        ("nonsense", "no address of a database"),
        ("sqlite:////nowhere/at/all.db", "cannot be made"),
        ("postgresql://nobody@/x?host=/nowhere", "cannot be used"),
    ],
)
def test_a_wrong_address_is_said(tmp_path: Path, address: str, told: str) -> None:
    sheet = founded(tmp_path / "office", None).sheet
    assert_told(grade("assess", "audit", "--assessment", sheet, "--database", address), 2, told)


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    place = founded(tmp_path / "office", None)
    (place.root / "assessment.db").write_text("no database at all, but text\n" * 99)
    assert_told(grade("assess", "audit", "--assessment", place.sheet), 2, "file is not a database")


def test_the_file_is_the_owners_alone_and_writes_ahead(tmp_path: Path) -> None:
    place = founded(tmp_path / "office", None)
    file = place.root / "assessment.db"
    with sqlite3.connect(file) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    connection.close()

    assert file.stat().st_mode & 0o777 == 0o600
    assert mode == "wal"


def test_a_child_without_its_parent_is_refused(place: Place) -> None:
    """Foreign keys are looked at, on SQLite too."""
    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError), place.register() as register:
        register.session.execute(text("DELETE FROM candidates"))


# --- the chain ---


def test_a_whole_chain_is_proven(place: Place) -> None:
    with place.desk() as desk:
        receipt = receive(desk, place.packed())
    found = proof(place, receipt.audit)

    assert found.faults == ()
    assert found.head == receipt.audit


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE receipts SET part = 0.5", "receipts, row 1 was changed"),
        ("UPDATE receipts SET received = due", "receipts, row 1 was changed"),
        ("DELETE FROM receipts", "receipts, row 1 is gone"),
        ("INSERT INTO candidates SELECT 99, assessment_id, 'C-9999' FROM candidates", "row 99: no link says"),
        ("UPDATE audit SET by = 'eve' WHERE number = 2", "link 2 (candidate, 2026-12-01 08:00 UTC) was changed"),
        ("UPDATE audit SET detail = '{}' WHERE number = 4", "link 4 (received, 2026-12-01 08:00 UTC) was changed"),
        ("DELETE FROM audit WHERE number = 2", "link 2 is missing: after 1 comes 3"),
        ("DELETE FROM audit WHERE number = 4", "links were cut off"),
    ],
)
def test_tampering_is_found_and_the_first_place_named(place: Place, statement: str, told: str) -> None:
    with place.desk() as desk:
        receipt = receive(desk, place.packed())
    tamper(place, statement)
    done = grade(
        *("assess", "audit", "--assessment", place.sheet, "--expect", receipt.audit),
        *(("--database", place.address) if place.address else ()),
    )

    assert_told(done, 1, told)


# --- receiving ---


def test_a_receipt_can_be_checked(place: Place) -> None:
    place.at(2)
    with place.desk() as desk:
        receipt = receive(desk, place.packed())
        kept = desk.received(receipt.sha256)
    verify(KEY, receipt.model_dump(mode="json"))

    assert kept.read_bytes() == place.packed().read_bytes()
    assert (receipt.standing.value, receipt.part, receipt.answered) == ("on-time", 1.0, ("1-pooling",))
    assert (receipt.received, receipt.due) == ("2026-12-01T10:00:00Z", "2026-12-01T11:00:00Z")


@pytest.mark.parametrize(
    ("hours", "standing", "part"),
    [
        (3.0, "on-time", 1.0), (3.1, "grace", 1.0), (3.2, "late", 0.9), (4.5, "late", 0.8), (9.1, "refused", 0.0),
        (-1.0, "early", 0.0),
    ],
)  # fmt: skip
def test_the_time_of_receipt_counts(place: Place, hours: float, standing: str, part: float) -> None:
    place.at(hours)
    with place.desk() as desk:
        receipt = receive(desk, place.packed())

    assert receipt.standing.value == standing
    assert receipt.part == pytest.approx(part)


def test_the_same_file_has_one_receipt(place: Place) -> None:
    """However often and late it comes, and whatever it is called then."""
    with place.desk() as desk:
        first = receive(desk, place.packed())
        place.at(100)
        again = receive(desk, place.packed("copy.zip"))

    assert again == first


def test_the_same_file_at_the_same_time_has_one_receipt(place: Place) -> None:
    path = place.packed()

    def take_in(_number: int) -> SignedReceipt:
        with place.desk() as desk:
            return receive(desk, path)

    with ThreadPoolExecutor(6) as threads:
        receipts = list(threads.map(take_in, range(12)))

    assert len(set(receipts)) == 1


def test_a_later_file_counts_where_it_may(place: Place) -> None:
    """In time the newest; a late one takes nothing from one in time; nothing is lost."""
    with place.desk() as desk:
        received = []
        for hours, text_ in ((0, "a = 1\n"), (2, "a = 2\n"), (4, "a = 3\n"), (20, "a = 4\n")):
            place.at(hours)
            received.append(receive(desk, place.packed(text=text_)))
        assert all(desk.received(each.sha256).exists() for each in received)
    with place.register() as register:
        rows = register.receipts(register.find("C-0017"))
    chosen = counting(rows)

    assert [row.standing for row in rows] == ["on-time", "on-time", "late", "refused"]
    assert chosen is not None
    assert chosen.sha256 == received[1].sha256


def test_a_beginning_on_record_moves_the_deadline(place: Place) -> None:
    """What stood late stands in time, by a new receipt; the old one is kept."""
    place.at(5)
    with place.desk() as desk:
        late = receive(desk, place.packed())
    with place.register() as register:
        (receipt,) = begin(register, "C-0017", OPENS + timedelta(hours=3), "")
    with place.desk() as desk:
        again = receive(desk, place.packed())

    assert (late.standing, receipt.standing, receipt.due) == ("late", "on-time", "2026-12-01T14:00:00Z")
    assert again == receipt
    assert proof(place, late.audit).faults == ()


def test_a_beginning_is_corrected_with_a_reason(place: Place) -> None:
    with place.register() as register:
        begin(register, "C-0017", OPENS, "")
        with pytest.raises(InputError, match="began at 2026-12-01T08:00:00Z already"):
            begin(register, "C-0017", OPENS, "")
        with pytest.raises(InputError, match="yet to come"):
            begin(register, "C-0017", OPENS + timedelta(days=1), "again")
        with pytest.raises(InputError, match=r"Did you mean 'C-0017'\?"):
            begin(register, "C-017", OPENS, "")
        begin(register, "C-0017", OPENS - timedelta(hours=1), "the clock was wrong")

        assert len(register.beginnings(register.find("C-0017"))) == 2


def test_an_accommodation_granted_later_counts(place: Place) -> None:
    """What the assessment grants by now is taken, where it is more than the invitation promised."""
    place.sheet.write_text(place.sheet.read_text() + "accommodations: {C-0017: {factor: 1.5}}\n")
    place.at(4.5)
    with place.desk() as desk:
        receipt = receive(desk, place.packed())

    with place.register() as register:
        editions = register.chain.rows("assessment")

    assert (receipt.standing.value, receipt.due) == ("on-time", "2026-12-01T12:30:00Z")
    assert len(editions) == 2


def test_an_invitation_is_not_changed_afterwards(place: Place) -> None:
    """Neither its terms, nor the id of the assessment it belongs to."""
    (record,) = (place.root / "invitations").iterdir()
    text = record.read_text()
    record.write_text(text.replace('"points":20', '"points":2').replace('"points": 20', '"points": 2'))
    with pytest.raises(InputError, match="the invitation of C-0017, attempt 1, was changed"), place.desk():
        pass
    record.write_text(text)
    place.sheet.write_text(place.sheet.read_text().replace("id: engineer", "id: other"))
    with pytest.raises(InputError, match="was invited to 'engineer', not 'other'"), place.desk():
        pass


def test_what_is_no_answer_leaves_no_trace(place: Place) -> None:
    odd = place.root / "odd.zip"
    odd.write_bytes(b"PK no zip")
    with place.desk() as desk:
        with pytest.raises(InputError, match="no readable zip"):
            receive(desk, odd)
        with pytest.raises(InputError, match="cannot be taken in"):
            receive(desk, place.root / "missing.zip")

        assert list(desk.inbox.iterdir()) == []


def test_receive_at_the_command_line(tmp_path: Path) -> None:
    """A good file among bad ones is taken in; a moment that a person vouches for needs its reason."""
    place = founded(tmp_path / "office", None)
    good, where = place.packed(), ("--assessment", place.sheet)
    at = ("--at", "2026-12-01T10:00:00+01:00")
    assert_told(grade("assess", "receive", good, *at, *where), 2, "with its reason")
    assert_told(grade("assess", "receive", good, "--at", "10 o'clock", "--reason", "x", *where), 2, "offset from UTC")
    assert_told(grade("assess", "receive", good, *at, "--reason", "mail", *where), 2, "is yet to come")


def test_a_receipt_on_the_screen_and_as_json(tmp_path: Path) -> None:
    place = founded(tmp_path / "office", None)
    words = ("assess", "receive", "missing.zip", place.packed(), "--assessment", place.sheet)
    done = grade(*words)
    assert_told(done, 2, "missing.zip: it cannot be taken in", "C-0017, attempt 1", "1-pooling", "signature")
    (receipt,) = json.loads(grade(*words, "--format", "json").stdout)
    verify(KEY, receipt)

    assert receipt["signature"] in done.stdout
    assert_told(
        grade("assess", "audit", "--expect", receipt["audit"], "--assessment", place.sheet), 0, "nothing is amiss"
    )
