"""The sentence: a question and a submission make a verdict, whatever the submission comes as."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from grader.bank import load_bank
from grader.errors import SubmissionError
from grader.grading import grade
from grader.plan import make_plan
from grader.question import Environment, Question, Visibility
from grader.sandbox import launch
from grader.submission import Submission, Unit, read_submission
from grader.verdict import Outcome, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's"),
    # The examiner is a fork of this process, in which libraries of other tests may have left threads; it uses none.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

QUESTIONS = Path(__file__).resolve().parent / "questions"
BANK = load_bank(QUESTIONS / "bank")
OWN = QUESTIONS / "solutions" / "plain" / "interface"
SOLUTIONS = sorted(path.relative_to(QUESTIONS / "solutions") for path in (QUESTIONS / "solutions").rglob("*.py"))


@pytest.fixture(scope="module")
def question() -> Question:
    return BANK.find_code("interface")


def failing(verdict: Verdict) -> dict[str, str]:
    """What did not pass."""
    return {check.name: check.outcome.value for check in verdict.checks if check.outcome is not Outcome.PASSED}


# --- Every solution of the little bank ---


def test_the_little_bank_is_sound() -> None:
    """Its questions can be loaded."""
    assert BANK.faults() == ()
    assert BANK.ids == ("arrays/echo", "plain/interface")


@pytest.mark.parametrize("path", SOLUTIONS, ids=str)
def test_a_solution_does_what_its_folder_says(path: Path) -> None:
    """References and other right answers get all points, the others do not, for the reason they are there."""
    verdict = grade(BANK.find_code(f"{path.parts[0]}/{path.parts[1]}"), QUESTIONS / "solutions" / path)
    kind = "correct" if path.name == "reference.py" else path.parent.name
    reasons = {"correct": None, "wrong": Outcome.FAILED, "slow": Outcome.SLOW, "forbidden": Outcome.FORBIDDEN}

    assert (verdict.status is Status.ACCEPTED) == (kind == "correct"), verdict.message or failing(verdict)
    assert set(failing(verdict).values()) == {outcome.value for outcome in [reasons[kind]] if outcome}
    assert verdict.isolation is not None


def test_points_are_lost_where_the_mistake_is(question: Question) -> None:
    """Two mistakes, two checks, and nothing else."""
    verdict = grade(question, OWN / "wrong" / "no_interest.py", seed=1)

    assert set(failing(verdict)) == {"test_handles_lead_to_handles", "test_every_deposit_is_positive"}
    assert (verdict.points, verdict.max_points, verdict.status) == (16, 18, Status.PARTIAL)


# --- Whatever it comes as ---


def as_module(folder: Path) -> Path:
    return Path(shutil.copy(OWN / "reference.py", folder / "solution.py"))


def as_notebook(folder: Path) -> Path:
    sources = (OWN / "reference.py").read_text(encoding="utf-8").split("\n\n\n")
    cells: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "id": f"c{number}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": text,
        }
        for number, text in enumerate(sources)
    ]
    path = folder / "solution.ipynb"
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")
    return path


def as_folder(folder: Path) -> Path:
    """The class in a package of its own, the rest beside it."""
    package = folder / "handed in" / "bank"
    package.mkdir(parents=True)
    classes, functions = (OWN / "reference.py").read_text(encoding="utf-8").split("\n\n\ndef total", 1)
    package.joinpath("accounts.py").write_text(classes, encoding="utf-8")
    main = f"from bank.accounts import LIMIT, Account\n\n\ndef total{functions}"
    package.parent.joinpath("solution.py").write_text(main, encoding="utf-8")
    return package.parent


def as_zip(folder: Path) -> Path:
    path = folder / "answer.zip"
    root = as_folder(folder)
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(root.rglob("*.py")):
            archive.write(file, file.relative_to(root))
    return path


@pytest.mark.parametrize("pack", [as_module, as_notebook, as_folder, as_zip])
def test_a_right_answer_is_accepted_in_any_form(
    question: Question, tmp_path: Path, pack: Callable[[Path], Path]
) -> None:
    """A module, a notebook, a folder with helpers, a zip of it."""
    path = pack(tmp_path)
    verdict = grade(question, path)

    assert verdict.status is Status.ACCEPTED, verdict.message or failing(verdict)
    assert verdict.submission.name == path.name


def test_a_path_may_be_text_and_a_submission_read_before(question: Question) -> None:
    """Three ways to say the same."""
    path = OWN / "wrong" / "no_interest.py"
    found = [grade(question, each, seed=3) for each in (path, str(path), read_submission(path, question.spec))]

    assert len({verdict.submission for verdict in found}) == 1
    assert len({json.dumps(failing(verdict)) for verdict in found}) == 1


# --- What cannot be graded ---


@pytest.mark.parametrize(
    ("source", "line", "column"), [("def f(:\n", 1, 7), ("x = 1\n\ny = (\n", 3, 5), ("if True:\nprint()\n", 2, 1)]
)
def test_a_syntax_error_is_shown(question: Question, tmp_path: Path, source: str, line: int, column: int) -> None:
    """Invalid, with the place; nothing is run."""
    path = tmp_path / "solution.py"
    path.write_text(source, encoding="utf-8")
    verdict = grade(question, path)

    assert (verdict.status, verdict.checks, verdict.points) == (Status.INVALID, (), 0)
    assert verdict.location is not None
    assert (verdict.location.file, verdict.location.line, verdict.column) == ("solution.py", line, column)
    assert verdict.location.text.strip() == source.splitlines()[line - 1].strip()
    assert verdict.message


@pytest.mark.parametrize(
    ("name", "content"), [("solution.py", b""), ("a.txt", b"x"), ("solution.py", b"\0"), ("a.zip", b"PK")]
)
def test_what_cannot_be_read_is_a_verdict_too(question: Question, tmp_path: Path, name: str, content: bytes) -> None:
    """Invalid, with a reason written for the candidate."""
    path = tmp_path / name
    path.write_bytes(content)
    verdict = grade(question, path)

    assert (verdict.status, verdict.max_points) == (Status.INVALID, 18)
    assert verdict.message
    assert verdict.submission.name == name


def test_a_path_that_leads_nowhere_is_a_misuse(question: Question, tmp_path: Path) -> None:
    """It is no submission, and gets no verdict."""
    with pytest.raises(SubmissionError, match="does not exist"):
        grade(question, tmp_path / "nothing.py")


def test_a_question_for_a_gpu_is_ungraded_without_one(question: Question) -> None:
    """Neither right nor wrong."""
    if launch.accelerators():
        pytest.skip("this machine has a GPU")
    wanting = replace(question, spec=question.spec.model_copy(update={"environment": Environment(device="cuda")}))
    verdict = grade(wanting, OWN / "reference.py")

    assert (verdict.status, verdict.checks) == (Status.UNGRADED, ())
    assert "GPU" in verdict.message


def test_what_is_forbidden_is_not_run(question: Question) -> None:
    """Every check says where it stands; no guest was started."""
    source = "LIMIT = 3\nimport ctypes\n"
    verdict = grade(question, Submission("solution.py", "0" * 64, (Unit("solution.py", source),)))

    assert verdict.status is Status.REJECTED
    assert {check.outcome for check in verdict.checks} == {Outcome.FORBIDDEN}
    assert "solution.py, line 2: ctypes" in verdict.checks[0].message
    assert (verdict.usage.guests, verdict.isolation) == (0, None)


# --- Seed, suite, document ---


def test_a_seed_is_recorded_and_secret(question: Question) -> None:
    """The one given, or a fresh one."""
    forbidden = Submission("solution.py", "0" * 64, (Unit("solution.py", "import ctypes\n"),))
    drawn = {grade(question, forbidden).seed for _ in range(5)}

    assert grade(question, forbidden, seed=77).seed == 77
    assert len(drawn) == 5
    assert all(0 <= seed < 2**63 for seed in drawn)


@pytest.mark.parametrize("visibility", list(Visibility))
def test_one_suite_alone(question: Question, visibility: Visibility) -> None:
    """Only its checks are planned, run and counted."""
    verdict = grade(question, OWN / "reference.py", only=visibility)

    assert {check.visibility for check in verdict.checks} == {visibility}
    assert verdict.status is Status.ACCEPTED
    assert verdict.max_points == (0 if visibility is Visibility.PUBLIC else 18)


def test_a_plan_says_what_will_be_done(question: Question) -> None:
    """Checks in their order, and the suites they stand in."""
    work = Submission("solution.py", "0" * 64, ())
    whole, part = (make_plan(question, work, seed=1, only=only) for only in (None, Visibility.HIDDEN))

    assert whole.checks == question.checks
    assert whole.visibilities == (Visibility.PUBLIC, Visibility.HIDDEN)
    assert part.visibilities == (Visibility.HIDDEN,)
    assert set(part.checks) < set(whole.checks)


def test_notes_on_the_submission_are_kept(question: Question, tmp_path: Path) -> None:
    """What reading it said stands before what running it said."""
    path = as_notebook(tmp_path)
    document = json.loads(path.read_text(encoding="utf-8"))
    document["cells"][0]["source"] = "%matplotlib inline\n" + document["cells"][0]["source"]
    document["cells"].append({**document["cells"][0], "id": "last", "source": "1 / 0"})
    path.write_text(json.dumps(document), encoding="utf-8")
    verdict = grade(question, path)

    assert verdict.status is Status.ACCEPTED
    assert "%matplotlib" in verdict.notes[0]
    assert "ZeroDivisionError" in verdict.notes[-1]


def test_a_verdict_survives_its_json(question: Question) -> None:
    """The dump is the report: it can be read again, and says the same."""
    verdict = grade(question, OWN / "wrong" / "no_interest.py", seed=1)
    document = json.loads(json.dumps(verdict.as_json()))

    assert Verdict.model_validate(document) == verdict
    assert (document["format"], document["status"], document["seed"]) == (1, "partial", 1)
