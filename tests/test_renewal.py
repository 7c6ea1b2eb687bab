"""A proof goes on where only words changed, or right answers; whatever else changes, it must be made anew."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.bank import load_bank
from grader.proof import renewal, right
from grader.proof.ledger import State, core_of, digest_of, state_of, write_proof
from grader.proof.renewal import renew
from grader.proof.trial import RUNS, try_question
from grader.question import Performance

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.proof.document import Proof
    from grader.question import Question

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's"),
    # The examiner is a fork of this process, in which libraries of other tests may have left threads; it uses none.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

UNSOUND = Path(__file__).resolve().parent / "unsound"


@pytest.fixture(scope="module")
def proof() -> Proof:
    """Return the proof of the sound question, made in full."""
    return try_question(load_bank(UNSOUND / "bank").find_code("sound"), seed=1)


@pytest.fixture
def question(tmp_path: Path, proof: Proof) -> Question:
    """Return a copy of the sound question with its proof beside it."""
    for kind in ("bank", "solutions"):
        shutil.copytree(UNSOUND / kind / "numbers/sound", tmp_path / kind / "numbers/sound")
    found = reloaded(tmp_path)
    write_proof(found, proof)
    assert state_of(found) is State.PROVEN
    return found


def reloaded(folder: Path) -> Question:
    """Return the question as its files are now."""
    return load_bank(folder / "bank").find_code("sound")


def change(path: Path, old: str, new: str) -> None:
    """Replace a text in a file, which must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on whoever makes a workbench fails."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("something is run")

    monkeypatch.setattr(renewal, "Workbench", refuse)


def test_words_cost_no_run(question: Question, proof: Proof, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The statement and the title are read again, and all that was seen of mutants and wrong answers is kept."""
    change(question.folder / "statement.en.md", "\n", "\n\n")
    change(question.folder / "question.yaml", "minutes: ", "minutes: 1")
    question = reloaded(tmp_path)
    nothing_runs(monkeypatch)

    renewed = renew(question, proof)

    assert state_of(question) is State.STALE
    assert renewed is not None
    assert renewed.proven
    assert (renewed.killed, renewed.checks, renewed.exhibits) == (proof.killed, proof.checks, proof.exhibits)
    assert renewed.digest == digest_of(question) != proof.digest
    assert renewed.core == core_of(question) == proof.core


def test_a_statement_that_says_less_is_a_fault(
    question: Question, proof: Proof, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gates that read look at it as at any other."""
    change(question.folder / "statement.zh.md", "ValueError", "KeyError")
    nothing_runs(monkeypatch)

    renewed = renew(reloaded(tmp_path), proof)

    assert renewed is not None
    assert not renewed.proven
    assert len(renewed.faults) == 1
    assert renewed.faults[0].startswith("statement: test_hidden.py line ")


def test_a_new_right_answer_is_run(question: Question, proof: Proof, tmp_path: Path) -> None:
    """It alone is added to what the proof saw; the others are not run again."""
    text = (question.solutions / "reference.py").read_text(encoding="utf-8")
    (question.solutions / "correct/another.py").write_text(f"{text}\n# once more\n", encoding="utf-8")

    steps: list[tuple[str, int, int]] = []

    renewed = renew(reloaded(tmp_path), proof, seed=1, step=lambda *step: steps.append(step))

    assert renewed is not None
    assert (renewed.proven, renewed.runs) == (True, RUNS)
    alone, again = 2 * right.WITH_PERFORMANCE, RUNS - right.WITH_PERFORMANCE  # beside the reference, and by itself
    assert [step for step in steps if step[1] == step[2]] == [("right", alone, alone), ("right", again, again)]
    added = [sight for sight in renewed.exhibits if sight not in proof.exhibits]
    assert [(sight.name, sight.role, sight.failing) for sight in added] == [("correct/another.py", "correct", ())]
    assert len(renewed.exhibits) == len(proof.exhibits) + 1


def test_a_right_answer_that_is_wrong_is_a_fault(question: Question, proof: Proof, tmp_path: Path) -> None:
    """What stands in correct/ must pass, whenever it came."""
    shutil.copy(question.solutions / "wrong/of_a_sample.py", question.solutions / "correct/of_a_sample.py")

    renewed = renew(reloaded(tmp_path), proof, seed=1)

    assert renewed is not None
    assert not renewed.proven
    assert renewed.faults[0].startswith("right: of_a_sample.py must pass, but test_example gave a wrong result")


def test_a_right_answer_that_is_no_python_is_a_fault(question: Question, proof: Proof, tmp_path: Path) -> None:
    """One message, and nothing else is tried."""
    (question.solutions / "correct/by_the_library.py").write_text("def (", encoding="utf-8")

    renewed = renew(reloaded(tmp_path), proof, seed=1)

    assert renewed is not None
    assert not renewed.proven
    assert "by_the_library.py" in renewed.faults[0]


def test_the_last_right_answer_is_missed(question: Question, proof: Proof, tmp_path: Path) -> None:
    """A question keeps another correct solution beside its reference."""
    (question.solutions / "correct/by_the_library.py").unlink()

    renewed = renew(reloaded(tmp_path), proof, seed=1)

    assert renewed is not None
    assert renewed.faults == ("right: there is no correct/ solution besides the reference",)
    assert [sight.name for sight in renewed.exhibits if sight.role == "correct"] == []


ELSE: dict[str, Callable[[Question], object]] = {
    "hidden suite": lambda question: change(question.folder / "test_hidden.py", "import", "import  "),
    "public suite": lambda question: change(question.folder / "test_public.py", "import", "import  "),
    "starter": lambda question: change(question.folder / "starter.py", "def ", "\ndef "),
    "reference": lambda question: change(question.solutions / "reference.py", "def ", "\ndef "),
    "a wrong answer less": lambda question: (question.solutions / "wrong/of_a_sample.py").unlink(),
    "limits": lambda question: change(question.folder / "question.yaml", "wall: 10s", "wall: 20s"),
}


@pytest.mark.parametrize("part", ELSE)
def test_whatever_else_changes_is_proven_anew(question: Question, proof: Proof, tmp_path: Path, part: str) -> None:
    """All of it may decide how a wrong answer or a mutant fares."""
    ELSE[part](question)

    assert renew(reloaded(tmp_path), proof) is None


def test_a_right_answer_that_speed_is_measured_against_is_no_other(question: Question) -> None:
    """Whether a slow one is slow hangs on it; on any other right answer nothing does."""
    against = Performance(of="summary", at_most=2.0, times_slower_than="by_the_library")
    measured = replace(question, checks=(question.checks[0].model_copy(update={"performance": against}),))
    before = core_of(question), core_of(measured)
    yardstick = question.solutions / "correct/by_the_library.py"
    yardstick.write_text(f"{yardstick.read_text(encoding='utf-8')}\n# another\n", encoding="utf-8")

    assert core_of(question) == before[0]
    assert core_of(measured) != before[1]


@pytest.mark.parametrize("defect", [{"proven": False}, {"runs": 1}, {"core": ""}])
def test_only_a_whole_proof_is_renewed(question: Question, proof: Proof, defect: dict[str, object]) -> None:
    """A failed one, one of few runs, and one that does not say what it hangs on are not."""
    assert renew(question, proof.model_copy(update=defect)) is None
