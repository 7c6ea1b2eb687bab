"""`grade assess grade`: what was received is graded by one seed, kept in the database, and never twice."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("sqlalchemy", reason="sqlalchemy is not installed")
pytest.importorskip("alembic", reason="alembic is not installed")

from desks import INTERFACE, SCALING, Class, classroom
from test_cli import assert_told, grade
from test_review import typed

from grader.bank import load_bank
from grader.engine import LocalEngine
from grader.errors import InputError
from grader.takehome.desk.chain import kept_rows
from grader.takehome.desk.marking import Questions, answers_of, grade_all, pending
from grader.takehome.desk.scores import Score, scores_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")


@pytest.fixture
def room(address: str | None, tmp_path: Path) -> Class:
    """Three candidates, who handed in; one of them one question only."""
    one = classroom(tmp_path, address)
    for candidate in ("C-01", "C-02", "C-03"):
        one.hand_in(candidate)
    return one


@pytest.fixture
def local(tmp_path: Path) -> Class:
    """The same, in a file."""
    one = classroom(tmp_path, None)
    for candidate in ("C-01", "C-02", "C-03"):
        one.hand_in(candidate)
    return one


def scores(room: Class) -> dict[str, Score]:
    with room.register() as register:
        return {score.invited.label: score for score in scores_of(register)}


def points(room: Class) -> dict[str, list[float | None]]:
    return {name: [each.points for each in score.questions] for name, score in scores(room).items()}


def test_everything_that_counts_is_graded_once(room: Class) -> None:
    """Code and words; scaled to what each question counts; nothing for no answer; nothing to do the second time."""
    done = room.run("grade")
    assert_told(done, 0, "Graded 5 of 5 answers", "C-01  26 of 26 points", "not handed in")
    found = points(room)
    with room.register() as register:
        proof = register.chain.prove(kept_rows(register.session, register.row.id))

    assert found["C-01"] == [20, 6]
    assert found["C-03"] == [20, 0]
    assert found["C-02"][1] == 0
    assert 0 < (found["C-02"][0] or 0) < 20
    assert proof.faults == ()
    assert_told(room.run("grade"), 0, "Nothing that counts is without a verdict", "C-01  26 of 26 points")


def test_the_seed_follows_from_the_key(local: Class, tmp_path: Path) -> None:
    """Graded again elsewhere, from what was received, the verdicts are the same but for times."""
    assert_told(local.run("grade"), 0)
    first = scores(local)
    other = classroom(tmp_path / "elsewhere", None)
    for candidate in ("C-03", "C-02", "C-01"):
        other.hand_in(candidate)
    assert_told(other.run("grade", "--jobs", "1"), 0)

    for name, score in scores(other).items():
        for mine, theirs in zip(score.questions, first[name].questions, strict=True):
            assert (mine.grading is None) == (theirs.grading is None)
            if mine.verdict and theirs.verdict:
                assert mine.verdict.seed == theirs.verdict.seed
                assert [check.outcome for check in mine.verdict.checks] == [
                    check.outcome for check in theirs.verdict.checks
                ]


def test_what_comes_late_is_taken_off_beside_what_was_reached(tmp_path: Path) -> None:
    room = classroom(tmp_path, None)
    room.at(4.5)
    room.hand_in("C-01")
    assert_told(room.run("grade"), 0, "C-01  20.8 of 26 points (late: 80% of 26)", "C-02  nothing received that counts")

    assert scores(room)["C-01"].reached == 26
    assert scores(room)["C-01"].total == pytest.approx(20.8)


def test_a_newer_answer_is_graded_in_its_place(local: Class) -> None:
    """And the verdict on the older one stays on record."""
    assert_told(local.run("grade"), 0)
    local.at(2)
    local.hand_in("C-02", {"1-interface/solution.py": "correct/dataclass.py"})
    assert_told(local.run("grade"), 0, "Graded 1 of 1 answers")
    with local.register() as register:
        invited = register.find("C-02")
        kept = [register.gradings(receipt)[1].points for receipt in register.receipts(invited)]

    assert points(local)["C-02"][0] == 20
    assert kept[0] < kept[1]


def test_a_question_that_changed_is_not_graded_by_two_suites(local: Class) -> None:
    assert_told(local.run("grade"), 0)
    local.suite.write_text(local.suite.read_text() + "\n# changed\n")
    local.at(2)
    local.hand_in("C-02", {"1-interface/solution.py": "correct/dataclass.py"})

    assert_told(local.run("grade"), 2, f"{INTERFACE}: test_hidden.py changed", "grade assess regrade")


def test_an_interrupted_grading_goes_on(local: Class) -> None:
    """What was on record when it ended is not graded again; all of it is in the end."""
    with local.desk() as desk:
        with desk.register() as register:
            answers = answers_of(register, Questions(load_bank(local.bank), desk.office.variants))

        def stop(_grade: object) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            grade_all(desk, answers, pending(answers), LocalEngine(1), stop)
    assert sum(each is not None for name in points(local) for each in points(local)[name]) == 2  # one, and none to do
    assert_told(local.run("grade"), 0, "Graded 4 of 4 answers")


def test_what_was_received_must_be_what_is_graded(local: Class) -> None:
    (received,) = [path for path in (local.root / "inbox").iterdir() if path.name == _file_of(local, "C-01")]
    received.write_bytes(received.read_bytes() + b"\0")
    assert_told(local.run("grade"), 2, "it is not the file that was received")
    received.unlink()

    assert_told(local.run("grade"), 2, "the file that was received is gone", "backup")


def _file_of(room: Class, candidate: str) -> str:
    with room.register() as register:
        return f"{register.receipts(register.find(candidate))[0].sha256}.zip"


def test_the_folder_of_results_is_a_batch(local: Class) -> None:
    """`grade stats` and `grade rerun` read it; thrown away, it is brought back from the database."""
    assert_told(local.run("grade"), 0)
    shutil.rmtree(local.root / "results")
    local.at(2)
    local.hand_in("C-02", {"1-interface/solution.py": "correct/dataclass.py"})
    assert_told(local.run("grade"), 0, "Graded 1 of 1 answers")
    assert_told(grade("stats", local.root / "results"), 0, f"{INTERFACE}  3 candidates")
    (verdict,) = (local.root / "results/verdicts/plain.interface").glob("C-02-*.json")

    assert_told(grade("rerun", verdict, "--bank", local.bank), 0, "The same verdict came out")


def test_a_key_is_needed(local: Class) -> None:
    (local.root / "assessment.key").unlink()
    assert_told(local.run("grade"), 2, "Invite somebody first")


def test_an_unknown_question_is_told(local: Class) -> None:
    shutil.rmtree(local.bank / INTERFACE)
    with local.desk() as desk, desk.register() as register, pytest.raises(InputError, match="no question is called"):
        answers_of(register, Questions(load_bank(local.bank), desk.office.variants))


def test_what_waits_for_a_person_has_no_points_until_somebody_decided(local: Class) -> None:
    """`grade review` decides on the results, `grade assess grade` puts it on record; the verdict before stays there."""
    sheet = local.bank / SCALING / "question.yaml"
    sheet.write_text(sheet.read_text(encoding="utf-8") + "referee: person\n", encoding="utf-8")
    done = local.run("grade")
    assert_told(done, 0, "provisional", "C-03  not all of it is graded yet")
    assert points(local)["C-03"] == [20, None]

    typed(local.root / "results", "--by", "ada", keys="n\nit says nothing of it\n" * 20)
    assert_told(local.run("grade"), 0, "taken over from grade review", "C-03  20 of 26 points")
    assert_told(local.run("grade"), 0, "Nothing that counts is without a verdict")
    with local.register() as register:
        events = [link.row.event for link in register.chain.links()]
        assert register.chain.prove(kept_rows(register.session, register.row.id)).faults == ()
    assert "reviewed" in events


def test_what_an_audit_overrules_is_put_on_record(local: Class) -> None:
    """As what waited; and a second time nothing is taken over."""
    assert_told(local.run("grade"), 0)
    assert points(local)["C-03"] == [20, 0]
    told = typed(
        local.root / "results", "--audit", "--share", "1", "--by", "ada", "--bank", local.bank, keys="m\nyes\n" * 20
    )
    assert_told(told, 0, "1 verdicts decided")

    assert_told(local.run("grade"), 0, "taken over from grade review")
    assert points(local)["C-03"] == [20, 6]
    assert_told(local.run("grade"), 0, "Nothing that counts is without a verdict")
