"""Questions answered in words, from the form to the verdict, as a person meets them at the command line."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from test_cli import assert_told, grade

from grader.answers import choice
from grader.answers.form import write_form
from grader.bank import load_bank
from grader.grading import grade as grade_directly
from grader.rubric import ChoiceSpec, ConceptQuestion
from grader.verdict import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parent.parent
SHORT, CHOICE = "attention-scaling", "f1-from-counts"
GOOD = "The variance of the scores grows with d_k. The softmax saturates. Its gradients vanish.\n"


@pytest.fixture
def bank(tmp_path: Path) -> Path:
    """A bank of two questions in words, to be changed."""
    for name in (f"nlp/{SHORT}", f"concepts/{CHOICE}"):
        shutil.copytree(ROOT / "bank" / name, tmp_path / "bank" / name)
        if (ROOT / "solutions" / name).exists():
            shutil.copytree(ROOT / "solutions" / name, tmp_path / "solutions" / name)
    return tmp_path / "bank"


def filled(bank: Path, names: Iterable[str], drawn: str = "0123456789abcdef") -> str:
    """The form of the choice, with these options chosen."""
    question = load_bank(bank).find(CHOICE)
    assert isinstance(question, ConceptQuestion)
    assert isinstance(question.spec, ChoiceSpec)
    letters = [letter for letter, name in choice.letters(question.spec, drawn).items() if name in names]
    return write_form(question, drawn).replace("answer: []", f"answer: [{', '.join(letters)}]")


def summary(out: Path) -> list[dict[str, str]]:
    """The rows of a batch's table."""
    return list(csv.DictReader((out / "summary.csv").read_text(encoding="utf-8").splitlines()))


def test_a_form_is_started_filled_in_and_graded(tmp_path: Path) -> None:
    """`start` writes it, `submit` takes it, and the exit code says how it came out."""
    folder = tmp_path / "work"
    assert_told(grade("start", SHORT, folder), 0, "answer.md", f"grade submit {SHORT}")
    form = folder / "answer.md"

    assert_told(grade("submit", SHORT, form), 2, "there is no answer in it")
    form.write_text(form.read_text() + GOOD)
    assert_told(grade("submit", SHORT, form), 0, "ACCEPTED", "5 of 5 points")
    form.write_text("The variance does not grow with d_k.")
    told = grade("submit", SHORT, form, "--audience", "reviewer")
    assert_told(told, 1, "REJECTED", "is contradicted by the answer", "The variance does not grow with d_k.")


def test_forms_of_one_candidate_are_alike(tmp_path: Path) -> None:
    """With a key the order follows from it and from the candidate; without, it is drawn."""
    (tmp_path / "key").write_bytes(b"secret")
    texts = []
    for number, who in enumerate(("eve", "eve", "bob")):
        folder = tmp_path / str(number)
        assert_told(grade("start", CHOICE, folder, "--key", tmp_path / "key", "--candidate", who), 0)
        texts.append((folder / "answer.yaml").read_text())

    assert texts[0] == texts[1] != texts[2]
    assert_told(
        grade("start", CHOICE, tmp_path / "x", "--candidate", "eve"), 2, "--key and --candidate belong together"
    )


@pytest.mark.parametrize("form", ["terminal", "json", "junit", "gradescope", "html"])
@pytest.mark.parametrize("audience", ["candidate", "reviewer"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_report_can_be_written(tmp_path: Path, form: str, audience: str, language: str) -> None:
    """A verdict on words is a verdict like any other."""
    from grader.report import Audience, render

    question = load_bank(ROOT / "bank").find(SHORT)
    (tmp_path / "answer.md").write_text(GOOD.replace("saturates", "does not saturate"))
    verdict = grade_directly(question, tmp_path / "answer.md", seed=1)
    text = render(verdict, form, Audience(audience), "zh" if language == "zh" else "en")

    assert text
    assert ("Large scores push" in text) is (audience == "reviewer" and form != "gradescope") or form == "gradescope"


def test_a_candidate_sees_no_claim_and_no_rule(tmp_path: Path) -> None:
    """What the key points say is the answer; of it the candidate's report has not a word."""
    from grader.report import Audience, render

    question = load_bank(ROOT / "bank").find(SHORT)
    assert isinstance(question, ConceptQuestion)
    (tmp_path / "answer.md").write_text("The softmax does not saturate, and it is faster because of the scaling.")
    verdict = grade_directly(question, tmp_path / "answer.md", seed=1)
    report = render(verdict, "json", Audience.CANDIDATE, "en")

    assert verdict.points == 0
    for point in verdict.checks:
        assert point.detail is not None
        assert point.detail.expected
        assert point.detail.expected not in report
        assert point.name not in report
    assert "misconception" not in report


def test_a_batch_of_forms_is_graded_repeated_and_regraded(tmp_path: Path, bank: Path) -> None:
    """As for code: copies once, `rerun` the same, `regrade` by the mended rules."""
    answers = tmp_path / "answers"
    answers.mkdir()
    (answers / "ada.md").write_text(GOOD)
    (answers / "bob.txt").write_text("The variance of the scores is mushrooming with d_k.\n")
    (answers / "cyd.md").write_text(GOOD)
    with zipfile.ZipFile(answers / "dan.zip", "w") as archive:
        archive.writestr("work/answer.md", "It is faster.")
    (answers / "photo.png").write_bytes(b"\x89PNG")
    out = tmp_path / "out"

    told = grade("batch", SHORT, answers, "--out", out, "--bank", bank, "--html")
    assert_told(told, 0, "4 submissions", "1 file that is no submission was left out")
    rows = {row["candidate"]: row for row in summary(out)}
    assert {name: row["points"] for name, row in rows.items()} == {"ada": "5", "bob": "0", "cyd": "5", "dan": "0"}
    assert rows["cyd"]["twin_of"] == "ada"

    verdict = out / f"verdicts/nlp.{SHORT}/bob.json"
    assert_told(grade("rerun", verdict, "--bank", bank), 0, "The same verdict came out")
    spec = bank / "nlp" / SHORT / "question.yaml"
    spec.write_text(spec.read_text().replace("[grow*, ", "[grow*, mushroom*, "))
    assert_told(grade("rerun", verdict, "--bank", bank), 2, "question.yaml changed after it was graded")
    told = grade("regrade", out, "--bank", bank, "--apply", "--reason", "a wording was missing")
    assert_told(told, 0, "1 of 4 verdicts change", "question.yaml")
    assert json.loads(verdict.read_text())["points"] == 2


def test_a_manifest_may_mix_kinds(tmp_path: Path, bank: Path) -> None:
    """Each line has its question."""
    (tmp_path / "a.md").write_text(GOOD)
    (tmp_path / "b.yaml").write_text(filled(bank, {"harmonic", "counts", "weakest"}))
    (tmp_path / "m.csv").write_text(
        f"candidate,question,path\nada,{SHORT},a.md\nada,{CHOICE},b.yaml\nbob,{CHOICE},a.md\n"
    )

    told = grade("batch", tmp_path / "m.csv", "--out", tmp_path / "out", "--bank", bank)
    assert_told(told, 0)
    rows = {(row["candidate"], row["question"]): row for row in summary(tmp_path / "out")}
    assert rows["ada", f"nlp/{SHORT}"]["status"] == rows["ada", f"concepts/{CHOICE}"]["status"] == "accepted"
    assert rows["bob", f"concepts/{CHOICE}"]["status"] == "invalid"


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("answer.md", b"\xff\xfe\x00", "no text in UTF-8"),
        ("answer.md", b" \n", "is empty"),
        ("answer.md", b"x" * 300_000, "larger than 256 KiB"),
        ("answer.py", b"pass", "the form that `grade start` wrote"),
        ("answer.yaml", b"&a [*a]", "aliases"),
    ],
)
def test_what_is_no_answer_is_invalid(tmp_path: Path, name: str, data: bytes, told: str) -> None:
    """One message, no traceback, no points."""
    (tmp_path / name).write_bytes(data)
    verdict = grade_directly(load_bank(ROOT / "bank").find(SHORT), tmp_path / name)

    assert (verdict.status, verdict.points) == (Status.INVALID, 0)
    assert told in verdict.message


def test_a_folder_with_two_forms_is_no_answer(tmp_path: Path) -> None:
    """Which one is meant is not guessed."""
    for name in ("one.md", "two.md"):
        (tmp_path / name).write_text(GOOD)

    verdict = grade_directly(load_bank(ROOT / "bank").find(SHORT), tmp_path)
    assert "2 files that may be the answer" in verdict.message


def test_commands_for_code_say_that_there_is_none(tmp_path: Path) -> None:
    """There are no tests to try; `list` and `show` know the kinds."""
    (tmp_path / "answer.md").write_text(GOOD)

    assert_told(grade("try", SHORT, tmp_path / "answer.md"), 2, "asks for words", "grade submit")
    assert_told(grade("list", "--family", "concepts"), 0, "choice")
    assert_told(grade("show", CHOICE), 0, "Choose every right one", "harmonic mean")
    assert_told(grade("show", SHORT, "--lang", "zh"), 0, "简答题")


def test_every_outcome_of_words_has_its_sentence() -> None:
    """In both languages."""
    from grader.report.wording import outcome_sentence

    for outcome in (Outcome.NOT_MET, Outcome.CONTRADICTED):
        assert outcome_sentence(outcome, "zh") != outcome.sentence
