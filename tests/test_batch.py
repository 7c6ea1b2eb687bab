"""Many submissions: each graded as alone, copies once, and nothing lost or done twice whenever it is interrupted."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from waiting import eventually

from grader.bank import load_bank
from grader.batch import WARM, Batch, Entrant, Exams, make_record, resumed, summarize
from grader.engine import LocalEngine
from grader.errors import BrokenError, InputError
from grader.exam.seeds import derive
from grader.gradebook import Gradebook
from grader.grading import grade
from grader.plan import make_plan
from grader.publication import page_of, publish
from grader.records import BatchFolder, Entry
from grader.report import Audience
from grader.submission import read_submission
from grader.verdict import Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    from grader.engine import Worker
    from grader.question import Question

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's"),
    # The examiner is a fork of this process, in which libraries of other tests may have left threads; it uses none.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS = ROOT / "tests" / "questions"
BANK = load_bank(QUESTIONS / "bank")
OWN = QUESTIONS / "solutions/plain/interface"
RIGHT, WRONG = OWN / "correct/dataclass.py", OWN / "wrong/no_interest.py"
SEED = 11


@pytest.fixture(scope="module")
def question() -> Question:
    return BANK.find_code("interface")


class Counted:
    """An engine that counts what it is given, and may stop in the middle."""

    def __init__(self, engine: LocalEngine, stop_after: int | None = None) -> None:
        self._engine = engine
        self._left = stop_after
        self.jobs: list[str] = []

    def run(
        self, make_worker: Callable[[], Worker[Any, Any]], jobs: Iterable[Any]
    ) -> Generator[tuple[Any, Any], None, None]:
        with contextlib.closing(self._engine.run(make_worker, self._noted(jobs))) as results:
            yield from results

    def _noted(self, jobs: Iterable[Any]) -> Iterator[Any]:
        for job in jobs:
            if self._left == 0:
                raise KeyboardInterrupt
            if self._left is not None:
                self._left -= 1
            self.jobs.append(job.submission.sha256)
            yield job


def hand_in(folder: Path, submissions: Mapping[str, str | Path], question: Question) -> list[Entrant]:
    """Lay out submissions, text or a file of ours, each by the name of its candidate."""
    folder.mkdir(parents=True, exist_ok=True)
    entrants = []
    for candidate, content in submissions.items():
        path = folder / f"{candidate}.py"
        path.write_text(content.read_text() if isinstance(content, Path) else content)
        entry = Entry(candidate=candidate, question=question.qualified_id, path=path.name)
        entrants.append(Entrant(entry, question, path))
    return entrants


def begin(root: Path, entrants: Sequence[Entrant]) -> BatchFolder:
    folder = BatchFolder(root)
    folder.begin(make_record(entrants, root, seed=SEED))
    return folder


def timeless(verdict: Verdict) -> dict[str, Any]:
    """All that a verdict says, but for what a clock or a meter said."""
    return verdict.model_dump(exclude={"seconds": True, "usage": True, "checks": {"__all__": {"seconds"}}})


# --- Verdicts ---


def test_each_gets_the_verdict_it_gets_alone(question: Question, tmp_path: Path) -> None:
    """Right, wrong and unreadable ones: the same verdict as by itself under the same seed."""
    content: dict[str, str | Path] = {"ada": RIGHT, "bob": WRONG, "cleo": "x = 1\n", "dan": "def f(:\n"}
    entrants = hand_in(tmp_path / "in", content, question)
    folder = begin(tmp_path / "out", entrants)
    grades = {one.candidate: one for one in Batch(entrants, folder).run(LocalEngine(2))}

    assert {name: one.verdict.status for name, one in grades.items()} == {
        "ada": Status.ACCEPTED, "bob": Status.PARTIAL, "cleo": Status.INVALID, "dan": Status.INVALID,
    }  # fmt: skip
    for entrant in entrants[:2]:
        submission = read_submission(entrant.path, question.spec, anonymous=True)
        seed = derive(SEED, question.qualified_id) % 2**63
        assert timeless(folder.verdict(entrant.entry)) == timeless(grade(question, submission, seed=seed))


def test_copies_are_graded_once_and_keep_their_secret(question: Question, tmp_path: Path) -> None:
    """What has the same content is run once; no verdict names anybody else's file."""
    content = {f"nobody-{number}": RIGHT if number % 2 else WRONG for number in range(8)}
    entrants = hand_in(tmp_path / "in", content, question)
    folder = begin(tmp_path / "out", entrants)
    engine = Counted(LocalEngine(2))
    grades = {one.candidate: one for one in Batch(entrants, folder).run(engine)}

    assert len(engine.jobs) == len(set(engine.jobs)) == 2
    assert len(grades) == len(entrants)
    assert {name for name, one in grades.items() if one.twin_of is None} == {"nobody-0", "nobody-1"}
    assert grades["nobody-6"].twin_of == "nobody-0"
    texts = {entrant.entry.candidate: (folder.root / entrant.entry.file).read_text() for entrant in entrants}
    assert texts["nobody-6"] == texts["nobody-0"] != texts["nobody-7"]
    assert not any("nobody" in text for text in texts.values())


def test_a_submission_that_vanished_is_our_fault(question: Question, tmp_path: Path) -> None:
    """A file that is gone when its turn comes makes the verdict `broken`; the others are graded."""
    entrants = hand_in(tmp_path / "in", {"ada": WRONG, "bob": RIGHT}, question)
    folder = begin(tmp_path / "out", entrants)
    entrants[0].path.unlink()
    grades = {one.candidate: one for one in Batch(entrants, folder).run(LocalEngine(1))}

    assert grades["ada"].verdict.status is Status.BROKEN
    assert "does not exist" in grades["ada"].verdict.message
    assert grades["bob"].verdict.status is Status.ACCEPTED


# --- Interruption ---


@pytest.mark.parametrize("after", [0, 1, 3, 5])
def test_what_was_graded_is_not_graded_again(question: Question, tmp_path: Path, after: int) -> None:
    """Interrupted at any moment and resumed: all have the verdict of an uninterrupted batch, none was run twice."""
    content: dict[str, str | Path] = {f"c{n}": f"{RIGHT.read_text()}\n# {n}\n" for n in range(5)} | {"copy": WRONG}
    content["other"] = WRONG
    entrants = hand_in(tmp_path / "in", content, question)
    whole = begin(tmp_path / "whole", entrants)
    expected = {one.candidate: timeless(one.verdict) for one in Batch(entrants, whole).run(LocalEngine(2))}

    folder = begin(tmp_path / "out", entrants)
    first, second = Counted(LocalEngine(1), stop_after=after), Counted(LocalEngine(2))
    with pytest.raises(KeyboardInterrupt):
        list(Batch(entrants, folder).run(first))
    kept = {entrant.entry.file for entrant in entrants if folder.kept(entrant.entry)}
    before = {name: (folder.root / name).read_bytes() for name in kept}
    grades = list(Batch(entrants, folder, resumed=True).run(second))

    assert {one.candidate: timeless(one.verdict) for one in grades} == expected
    assert len(grades) == len(entrants)
    assert len(second.jobs) == 6 - len({path for path in kept if "other" not in path})
    assert {name: (folder.root / name).read_bytes() for name in kept} == before


def test_what_changed_or_broke_is_graded_again(question: Question, tmp_path: Path) -> None:
    """On resuming, another content and a verdict that is no mark are done anew."""
    entrants = hand_in(tmp_path / "in", {"ada": WRONG, "bob": RIGHT, "cleo": "LIMIT = 3\n"}, question)
    folder = begin(tmp_path / "out", entrants)
    list(Batch(entrants, folder).run(LocalEngine(2)))
    entrants[0].path.write_text(RIGHT.read_text() + "\n# mended\n")
    broken = folder.verdict(entrants[1].entry).model_copy(update={"status": Status.BROKEN, "points": 0.0})
    folder.keep(entrants[1].entry, broken)
    engine = Counted(LocalEngine(2))
    grades = {one.candidate: one for one in Batch(entrants, folder, resumed=True).run(engine)}

    assert len(engine.jobs) == 2
    assert grades["ada"].verdict.status is grades["bob"].verdict.status is Status.ACCEPTED
    assert folder.verdict(entrants[0].entry).status is Status.ACCEPTED


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "grader.cli.main", "batch", *map(str, words), "--bank", str(QUESTIONS / "bank")]


def children(pid: int) -> set[int]:
    """Every process below one."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError):
            for child in map(int, task.read_text().split()):
                found |= {child, *children(child)}
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_killed_command_goes_on(question: Question, tmp_path: Path, number: signal.Signals) -> None:
    """Ended in the middle, it leaves whole verdicts and no process; with --resume it finishes, and repeats none."""
    content: dict[str, str | Path] = {f"c{n:02}": f"{RIGHT.read_text()}\n# {n}\n" for n in range(12)}
    hand_in(tmp_path / "in", content, question)
    out = tmp_path / "out"
    words = command("interface", tmp_path / "in", "--out", out, "--jobs", "1", "--seed", "3")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert eventually(lambda: len(list(out.glob("verdicts/*/*.json"))) >= 3, 60)
    below = children(process.pid)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    kept = {path: path.read_bytes() for path in out.glob("verdicts/*/*.json")}

    assert 3 <= len(kept) < 12
    assert all(Verdict.model_validate_json(text).status is Status.ACCEPTED for text in kept.values())
    assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), 10)
    if number is signal.SIGINT:
        assert "12 are graded; the same command with --resume goes on" in said
        # the signal may come between the writing of a verdict and its counting: --resume counts it
        assert len((out / "summary.csv").read_text().splitlines()) - 1 in {len(kept) - 1, len(kept)}
    refused = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (refused.returncode, "--resume" in refused.stderr) == (2, True)
    done = subprocess.run(
        [*words, "--resume"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "12 submissions · 12 accepted" in done.stdout
    assert {path: path.read_bytes() for path in kept} == kept
    assert len((out / "summary.csv").read_text().splitlines()) == 13


# --- What is refused ---


def test_a_resumed_batch_is_the_same_batch(question: Question, tmp_path: Path) -> None:
    """Another seed, or another suite, does not go on with what was begun."""
    entrants = hand_in(tmp_path / "in", {"ada": RIGHT}, question)
    left = make_record(entrants, tmp_path, seed=SEED)
    other = left.model_copy(update={"seed": 99})
    assert resumed(left, other, seed=None).seed == SEED
    with pytest.raises(InputError, match="has the seed 11"):
        resumed(left, other, seed=99)
    suite = left.suites["plain/interface"] | {"test_hidden.py": "0" * 64}
    with pytest.raises(InputError, match=r"plain/interface: test_hidden\.py changed"):
        resumed(left.model_copy(update={"suites": {"plain/interface": suite}}), left, seed=None)


def test_a_candidate_with_two_submissions_is_refused(question: Question, tmp_path: Path) -> None:
    """A candidate with two submissions gets a message."""
    entrants = hand_in(tmp_path / "in", {"ada": RIGHT}, question)
    with pytest.raises(InputError, match="'ada' handed in two submissions"):
        make_record([*entrants, *entrants], tmp_path, seed=SEED)


def test_a_spoilt_record_gets_a_message(tmp_path: Path) -> None:
    """A batch.json or a verdict that is none is named, with what to do."""
    folder = BatchFolder(tmp_path)
    with pytest.raises(InputError, match="no batch was graded here"):
        folder.record()
    (tmp_path / "batch.json").write_text("{}")
    with pytest.raises(InputError, match="no record of a batch"):
        folder.record()
    entry = Entry(candidate="ada", question="plain/interface", path="ada.py")
    (tmp_path / entry.file).parent.mkdir(parents=True)
    (tmp_path / entry.file).write_text('{"format": 1')
    with pytest.raises(InputError, match="no verdict"):
        folder.kept(entry)


# --- Warm questions ---


def test_few_questions_are_warm_at_a_time(tmp_path: Path) -> None:
    """A question that comes again after others is made ready anew; what is idle is closed."""
    exams = Exams()
    questions = [BANK.find_code("interface"), BANK.find_code("echo")]
    try:
        for question in [*questions, *questions]:
            plan = make_plan(question, read_submission(question.reference, question.spec), seed=1)
            assert not exams.execute(plan).broken
        assert len(exams._exams) <= WARM
    finally:
        exams.close()
    with pytest.raises(BrokenError, match="ended"):
        exams.execute(plan)


def test_a_question_that_cannot_be_made_ready_is_broken(question: Question, tmp_path: Path) -> None:
    """A package that is missing here makes the verdict `broken`, says which, and stops nobody else."""
    environment = question.spec.environment.model_copy(update={"packages": ("no_such_package",)})
    spoilt = question.__class__(
        question.spec.model_copy(update={"environment": environment}),
        question.folder, question.solutions, question.checks,
    )  # fmt: skip
    entrants = hand_in(tmp_path / "in", {"ada": RIGHT}, spoilt)
    folder = begin(tmp_path / "out", entrants)
    (only,) = Batch(entrants, folder).run(LocalEngine(1))

    assert only.verdict.status is Status.BROKEN
    assert "no_such_package" in only.verdict.message
    assert not only.marked


# --- Pages and tables ---


def test_pages_are_written_for_reviewers_and_candidates(question: Question, tmp_path: Path) -> None:
    """Each submission has two pages, the batch one that leads to them; a candidate's names no hidden check."""
    names = ["someone", "any body #1 100%", "丁一"]
    entrants = hand_in(tmp_path / "in", dict(zip(names, [RIGHT, WRONG, "def f(:"], strict=True)), question)
    folder = begin(tmp_path / "out", entrants)
    book = Gradebook(tuple(Batch(entrants, folder).run(LocalEngine(2))))
    publish(book, entrants, folder, "en")
    index = (folder.root / "index.html").read_text()

    for entrant in entrants:
        page = page_of(entrant.entry, Audience.REVIEWER)
        assert quote(page) in index
        assert "plain/interface" in (folder.root / page).read_text()
        feedback = (folder.root / page_of(entrant.entry, Audience.CANDIDATE)).read_text()
        assert not any(name in feedback for name in names if name != entrant.entry.candidate)
        assert "test_handles" not in feedback
    reviewed = (folder.root / page_of(entrants[1].entry, Audience.REVIEWER)).read_text()
    assert "test_handles_lead_to_handles" in reviewed
    assert "class Account" in re.sub("<[^>]*>", "", reviewed)


def test_tables_hold_every_mark_and_no_formula(question: Question, tmp_path: Path) -> None:
    """One row for each submission and each candidate; a name that a spreadsheet would compute is defused."""
    entrants = hand_in(tmp_path / "in", {"=1+2": RIGHT, "bob": WRONG}, question)
    folder = begin(tmp_path / "out", entrants)
    book = Gradebook(tuple(Batch(entrants, folder).run(LocalEngine(2))))
    summarize(book, folder)
    with open(folder.root / "summary.csv", newline="") as file:
        rows = {row["candidate"]: row for row in csv.DictReader(file)}
    with open(folder.root / "grades.csv", newline="") as file:
        marks = {row["candidate"]: row for row in csv.DictReader(file)}

    assert rows.keys() == marks.keys() == {"'=1+2", "bob"}
    assert rows["bob"]["status"] == "partial"
    assert rows["bob"]["points"] == marks["bob"]["plain/interface"] == marks["bob"]["total"]
    assert marks["bob"]["max"] == f"{question.max_points:g}"
    record = json.loads((folder.root / "batch.json").read_text())
    assert (record["format"], record["seed"], len(record["entries"])) == (1, SEED, 2)
