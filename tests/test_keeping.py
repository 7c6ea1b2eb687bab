"""What is on record, graded again, handed on, and taken away."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("sqlalchemy", reason="sqlalchemy is not installed")
pytest.importorskip("alembic", reason="alembic is not installed")

from desks import INTERFACE, OPENS, Class, Clock, classroom
from test_cli import assert_told

from grader.takehome.desk.chain import kept_rows
from grader.takehome.desk.purging import candidates_before, purge
from grader.takehome.desk.scores import scores_of

if TYPE_CHECKING:
    from pathlib import Path

    from databases import Server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")
GRADED, NUMBERS = "graded", count()


@pytest.fixture(scope="module")
def graded(database: Server | None, tmp_path_factory: pytest.TempPathFactory) -> Class:
    """Two who handed in, graded."""
    one = classroom(tmp_path_factory.mktemp("graded"), database.fresh(GRADED) if database else None)
    one.hand_in("C-01")
    one.hand_in("C-02")
    assert_told(one.run("grade"), 0, "Graded 3 of 3")
    return one


@pytest.fixture
def room(graded: Class, database: Server | None, tmp_path: Path) -> Class:
    """The same, copied: folders and database."""
    shutil.copytree(graded.root.parent, tmp_path, dirs_exist_ok=True)
    address = database.fresh(f"kept_{next(NUMBERS)}", like=GRADED) if database else None
    return replace(graded, root=tmp_path / graded.root.name, address=address, clock=Clock(graded.clock.moment))


def faults(room: Class) -> tuple[str, ...]:
    with room.register() as register:
        return register.chain.prove(kept_rows(register.session, register.row.id)).faults


def totals(room: Class) -> dict[str, float | None]:
    with room.register() as register:
        return {score.invited.label: score.total for score in scores_of(register)}


# --- regrade ---


def test_a_repaired_question_is_tried_first_and_then_applied(room: Class) -> None:
    """The diff names whose points change and by which check; old verdicts stay; feedback to be issued anew is named."""
    assert_told(room.run("report", "--for", "candidate"), 0)
    before = totals(room)
    assert_told(room.run("regrade"), 0, "No question has changed")
    text = room.suite.read_text()
    assert "assert_close(account.balance, 18.0)" in text
    room.suite.write_text(text.replace("assert_close(account.balance, 18.0)", "assert account.balance > 0"))

    assert_told(room.run("regrade"), 0, "C-02", "Nothing is on record yet")
    assert totals(room) == before
    assert_told(room.run("regrade", "--apply"), 2, "with its reason")
    done = room.run("regrade", "--apply", "--reason", "it asked for more than the statement")
    assert_told(done, 0, "Applied to 2 answers", "--for candidate --candidate C-02")
    assert "--candidate C-01" not in done.stdout
    after = totals(room)

    assert (after["C-02"] or 0) > (before["C-02"] or 0)
    assert after["C-01"] == before["C-01"]
    assert faults(room) == ()
    assert_told(room.run("regrade"), 0, "No question has changed")
    assert_told(room.run("grade"), 0, "Nothing that counts is without a verdict")


# --- export ---


def test_the_table_has_a_row_for_each_question(room: Class) -> None:
    done = room.run_here("export")
    rows = list(csv.DictReader(done.stdout.splitlines()))

    assert len(rows) == 6
    assert [row["points"] for row in rows if row["candidate"] == "C-01"] == ["20", "6"]
    # whoever has sent nothing has no points yet, rather than none
    assert {(row["standing"], row["points"], row["total"]) for row in rows if row["candidate"] == "C-03"} == {
        ("", "", "")
    }


def test_json_has_everything_and_gradescope_a_file_for_each(room: Class, tmp_path: Path) -> None:
    document = json.loads(room.run_here("export", "--format", "json").stdout)
    assert_told(room.run_here("export", "--format", "gradescope"), 2, "--output DIR")
    assert_told(room.run_here("export", "--format", "gradescope", "--output", tmp_path / "g"), 0, "Wrote 3 files")
    first = json.loads((tmp_path / "g/C-01.json").read_text())

    assert document["invitations"][0]["questions"][0]["verdict"]["question"] == INTERFACE
    assert first["score"] == 26
    assert [test["max_score"] for test in first["tests"]] == [20, 6]


# --- purge ---


def test_a_purged_candidate_leaves_a_link_and_nothing_else(room: Class) -> None:
    """No row, no file with the pseudonym, no content; the others are untouched, and the chain is proven."""
    assert_told(room.run("report"), 0)
    with room.register() as register:
        (receipt,) = register.receipts(register.find("C-01"))
    record = room.root / "invitations/C-01-1.json"
    left_over = record.read_text()
    with room.desk() as desk:
        assert purge(desk, ["C-01"], "asked for it") == 5
    with room.register() as register:
        left = {invited.label for invited in register.invited()}
        (link,) = register.chain.rows("purged")

    assert left == {"C-02", "C-03"}
    assert (link.about, link.note) == ("C-01", "asked for it")
    assert faults(room) == ()
    named = [path for path in room.root.rglob("*") if "C-01" in path.name or receipt.sha256[:32] in path.name]
    assert named == []
    record.write_text(left_over)  # another machine's office has it still
    with room.register() as register:
        assert {invited.label for invited in register.invited()} == left
    assert_told(room.run("grade"), 0, "C-02")


def test_what_is_old_is_purged(room: Class) -> None:
    with room.register() as register:
        assert candidates_before(register, OPENS) == ["C-03"]  # invited before, and never handed in
        assert candidates_before(register, OPENS + timedelta(hours=2)) == ["C-01", "C-02", "C-03"]
    assert_told(room.run_here("purge", "--before", "2026-12-01T08:00:00Z", "--yes"), 0, "of C-03")
    assert_told(room.run_here("purge", "--before", "2026-12-01T08:00:00Z", "--yes"), 0, "nobody")


def test_a_purge_names_somebody_and_asks(room: Class) -> None:
    assert_told(room.run_here("purge"), 2, "either --candidate or --before")
    assert_told(room.run_here("purge", "--candidate", "C-9", "--yes"), 2, "nobody called 'C-9'")
    assert_told(room.run_here("purge", "--candidate", "C-03", "--yes"), 0, "Removed 2 rows, and the files, of C-03")
    assert_told(room.run_here("purge", "--candidate", "C-02"), 130, "Remove all that is known of C-02?")

    assert totals(room)["C-02"] is not None
