"""A verdict repeated from its record, and a batch graded anew by a mended suite: shown first, applied with a reason."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from test_cli import assert_told, grade

if TYPE_CHECKING:
    import subprocess

QUESTIONS = Path(__file__).resolve().parent / "questions"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A bank of its own, and three submissions."""
    for name in ("bank", "solutions"):
        shutil.copytree(QUESTIONS / name / "plain", tmp_path / name / "plain")
    own = tmp_path / "solutions/plain/interface"
    (tmp_path / "in").mkdir()
    shutil.copy(own / "correct/dataclass.py", tmp_path / "in/ada.py")
    shutil.copy(own / "wrong/no_interest.py", tmp_path / "in/bob.py")
    (tmp_path / "in/cleo.py").write_text("def f(:\n")
    return tmp_path


def run(place: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return grade(*words, "--bank", place / "bank", cwd=place)


def graded(place: Path) -> Path:
    """Grade the batch; return the folder of its verdicts."""
    assert_told(run(place, "batch", "interface", "in", "--out", "out"), 0, "3 submissions")
    return place / "out/verdicts/plain.interface"


def mend(place: Path) -> None:
    """Make the suite milder: the check that the wrong submission fails is no longer about interest."""
    suite = place / "bank/plain/interface/test_hidden.py"
    text = suite.read_text()
    assert "assert_close(account.balance, 18.0)" in text
    suite.write_text(text.replace("assert_close(account.balance, 18.0)", "assert account.balance > 0"))


def log_of(place: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (place / "out/history.jsonl").read_text().splitlines()]


# --- rerun ---


def test_a_verdict_of_a_batch_comes_out_again(place: Path) -> None:
    """The submission is found by itself, and the same verdict comes out: right, wrong and unreadable."""
    verdicts = graded(place)
    for name in ("ada", "bob", "cleo"):
        assert_told(run(place, "rerun", verdicts / f"{name}.json"), 0, "The same verdict came out")
    assert_told(run(place, "rerun", verdicts / "bob.json", "--lang", "zh"), 0, "得到了相同的评分结果")


def test_a_single_verdict_comes_out_again(place: Path) -> None:
    """A verdict of `grade submit` names its submission by content, wherever that lies now."""
    run(place, "submit", "interface", "in/bob.py", "--format", "json", "--output", "bob.json")
    (place / "in/bob.py").rename(place / "moved.py")
    assert_told(run(place, "rerun", "bob.json"), 2, "submission is missing", "grade rerun bob.json bob.py")
    assert_told(run(place, "rerun", "bob.json", "moved.py"), 0, "The same verdict came out")
    assert_told(run(place, "rerun", "bob.json", "in/ada.py"), 2, "not what was graded")


def test_a_forged_verdict_does_not_come_out_again(place: Path) -> None:
    """A record with better outcomes than the submission earns is told apart, check by check."""
    path = graded(place) / "bob.json"
    record = json.loads(path.read_text())
    for check in record["checks"]:
        check.update(outcome="passed", points=check["max_points"])
    path.write_text(json.dumps(record | {"points": record["max_points"], "status": "accepted"}))
    assert_told(run(place, "rerun", path), 1, "Another verdict came out", "test_handles_lead_to_handles")


def test_a_changed_suite_is_named(place: Path) -> None:
    """What cannot come out again is not tried: the file that changed is named."""
    verdicts = graded(place)
    mend(place)
    assert_told(run(place, "rerun", verdicts / "bob.json"), 2, "test_hidden.py changed after it was graded")


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1}', "\x00"])
def test_what_is_no_verdict_gets_a_message(place: Path, text: str) -> None:
    """Anything else handed to `grade rerun` is named."""
    (place / "x.json").write_text(text)
    assert_told(run(place, "rerun", "x.json"), 2, "no verdict")
    assert_told(run(place, "rerun", "nothing.json"), 2, "cannot be read")


# --- regrade ---


def test_a_regrading_is_shown_and_then_applied(place: Path) -> None:
    """Without --apply nothing is written over; with it the old verdicts are kept, and rerun holds again."""
    verdicts = graded(place)
    before = {path.name: path.read_bytes() for path in verdicts.iterdir()}
    mend(place)
    shown = run(place, "regrade", "out")

    assert_told(shown, 0, "changed: test_hidden.py", "bob", "test_handles_lead_to_handles", "1 of 3 verdicts change")
    assert {path.name: path.read_bytes() for path in verdicts.iterdir()} == before
    assert not (place / "out/history").exists()
    assert_told(run(place, "regrade", "out", "--apply"), 2, "--reason")

    assert_told(run(place, "regrade", "out", "--apply", "--reason", "too strict"), 0, "the old verdicts are in")
    kept = {path.name: path.read_bytes() for path in (place / "out/history/1/verdicts/plain.interface").iterdir()}
    assert kept == before
    (entry,) = log_of(place)
    assert entry["reason"] == "too strict"
    assert entry["files"] == {"plain/interface": ["test_hidden.py"]}
    (change,) = entry["changes"]
    assert (change["candidate"], [check["name"] for check in change["checks"]]) == (
        "bob",
        ["test_handles_lead_to_handles"],
    )
    assert change["points_after"] == change["points_before"] + 1
    assert f"bob,plain/interface,partial,{change['points_after']:g}," in (place / "out/summary.csv").read_text()
    assert_told(run(place, "rerun", verdicts / "bob.json"), 0, "The same verdict came out")
    assert sorted(path.name for path in (place / "out").iterdir()) == [
        "batch.json", "grades.csv", "history", "history.jsonl", "summary.csv", "verdicts",
    ]  # fmt: skip


def test_an_unchanged_suite_changes_nothing(place: Path) -> None:
    """Grading again by the same suite and seed gives the same marks; JSON says so too."""
    graded(place)
    done = run(place, "regrade", "out", "--format", "json")
    assert_told(done, 0)
    assert json.loads(done.stdout) == {"files": {}, "changes": []}


def test_a_missing_submission_is_named(place: Path) -> None:
    """A regrading of a part would be unfair: it is refused, until the submissions are found."""
    graded(place)
    (place / "in").rename(place / "archive")
    assert_told(run(place, "regrade", "out"), 2, "does not exist")
    assert_told(run(place, "regrade", "out", "--from", "archive"), 0, "0 of 3 verdicts change")
    (place / "archive/bob.py").unlink()
    assert_told(run(place, "regrade", "out", "--from", "archive"), 2, "bob (bob.py)", "not there any more")
    assert_told(run(place, "regrade", "archive"), 2, "no batch was graded here")


def test_a_copy_stays_one(place: Path) -> None:
    """After a regrading the table still says whose submission has the same content."""
    shutil.copy(place / "in/bob.py", place / "in/dora.py")
    run(place, "batch", "interface", "in", "--out", "out")
    before = (place / "out/summary.csv").read_text().splitlines()
    mend(place)
    assert_told(run(place, "regrade", "out", "--apply", "--reason", "too strict"), 0, "2 of 4 verdicts change")
    after = (place / "out/summary.csv").read_text().splitlines()

    assert [line.split(",")[-2] for line in before if line.startswith("dora")] == ["bob"]
    assert [line.split(",")[-2] for line in after if line.startswith("dora")] == ["bob"]
