"""Examiners that take one submission after the other, and those that must not."""

from __future__ import annotations

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import waiting
from small_questions import IDENTITY, submission, write_question

from grader.exam.supervisor import WarmExam
from grader.plan import make_plan
from grader.sandbox import tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.question import Question
    from grader.submission import Submission
    from grader.verdict import RawResult

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's"),
    # The examiner is a fork of this process, in which libraries of other tests may have left threads; it uses none.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

SUITE = """
from hypothesis import given
from hypothesis import strategies as st

from grader.exam import assert_equal


def test_plain(solution):
    assert_equal(solution.f([1, 2]), [1, 2])


@given(st.integers(0, 9))
def test_property(solution, number):
    assert_equal(solution.f(number), number)
"""
RIGHT, WRONG = submission(IDENTITY), submission("def f(x):\n    return 4\n")


def new_answer(number: int) -> Submission:
    """Return a submission that answers as nobody before it."""
    return submission(f"def f(x):\n    return [1.0, {number}] if x == [1, 2] else x\n")


NEW = new_answer(2)
CRASHES = submission("import os\n\ndef f(x):\n    os._exit(1) if x == [1, 2] else None\n    return x\n")
SEED = 5


@pytest.fixture
def question(tmp_path: Path) -> Question:
    """A question of two checks, in which all answers are data."""
    return write_question(tmp_path, SUITE)


@pytest.fixture
def exam(question: Question) -> Iterator[WarmExam]:
    """An exam that knows how right and wrong answers end at this seed."""
    with WarmExam.rehearsed(question) as exam:
        for each in (RIGHT, WRONG):
            grade(exam, question, each)
        yield exam


def grade(exam: WarmExam, question: Question, given: object, seed: int = SEED) -> list[RawResult]:
    run = exam.execute(make_plan(question, given, seed=seed))  # type: ignore[arg-type]
    assert not run.broken, run.broken
    return [replace(result, seconds=0.0, waited=0.0) for result in run.results]


def examiners(exam: WarmExam) -> list[int]:
    """Return the living examiners."""
    return [pid for pid in tree.children(exam._server._pid) if not tree.is_dead(pid)]


def test_one_that_ran_nothing_takes_the_next(exam: WarmExam, question: Question) -> None:
    """Right or wrong, as long as it is known; each is told what it would be told alone."""
    found = [grade(exam, question, RIGHT)]
    first = examiners(exam)
    found += [grade(exam, question, given) for given in (WRONG, RIGHT, WRONG)]

    assert len(first) == 1
    assert examiners(exam) == first
    with WarmExam(question) as alone:
        right, wrong = grade(alone, question, RIGHT), grade(alone, question, WRONG)
    assert found == [right, wrong, right, wrong]


@pytest.mark.parametrize("given", [NEW, CRASHES], ids=["a new answer", "a crash"])
def test_one_that_ran_a_check_ends(exam: WarmExam, question: Question, given: object) -> None:
    grade(exam, question, RIGHT)
    (first,) = examiners(exam)
    grade(exam, question, given)

    assert tree.is_dead(first)
    grade(exam, question, RIGHT)
    assert first not in examiners(exam)


def two_free(exam: WarmExam, question: Question) -> set[int]:
    """Return two examiners who wait for a submission."""
    with ThreadPoolExecutor(2) as two:
        while len(examiners(exam)) < 2:
            list(two.map(lambda _: grade(exam, question, RIGHT), range(4)))
    return set(examiners(exam))


def test_one_that_is_free_hears_what_others_find(exam: WarmExam, question: Question) -> None:
    """One runs what is new to it and ends; the other then knows it, as often as that happens."""
    for given in map(new_answer, range(3)):
        free = two_free(exam, question)
        found = grade(exam, question, given)
        (left,) = set(examiners(exam)) & free

        assert [grade(exam, question, other) for other in (given, given)] == [found, found]
        assert examiners(exam) == [left]


def test_one_that_would_have_to_hear_too_much_is_dismissed(monkeypatch: pytest.MonkeyPatch, question: Question) -> None:
    """Whoever comes then is examined by one that knows it."""
    monkeypatch.setattr("grader.exam.staff.MAX_LEARNT", 1)
    with WarmExam.rehearsed(question) as exam:
        grade(exam, question, RIGHT)
        free = two_free(exam, question)
        grade(exam, question, NEW)
        grade(exam, question, NEW)

        assert waiting.eventually(lambda: len(examiners(exam)) == 1, seconds=10.0)
        assert not set(examiners(exam)) & free


def test_at_another_seed_it_is_dismissed(exam: WarmExam, question: Question) -> None:
    grade(exam, question, RIGHT)
    (first,) = examiners(exam)
    for _ in range(3):
        grade(exam, question, RIGHT, seed=6)

    assert waiting.eventually(lambda: len(examiners(exam)) == 1, seconds=10.0)
    assert first not in examiners(exam)


def test_one_that_dies_while_it_is_free_is_replaced(exam: WarmExam, question: Question) -> None:
    right = grade(exam, question, RIGHT)
    (first,) = examiners(exam)
    os.kill(first, signal.SIGKILL)

    assert waiting.eventually(lambda: not examiners(exam), seconds=10.0)
    assert grade(exam, question, RIGHT) == right


def test_it_holds_on_to_nothing(exam: WarmExam, question: Question) -> None:
    """No descriptor and no thread of a submission that is over."""

    def held() -> tuple[int, int]:
        (pid,) = examiners(exam)
        return len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task"))

    grade(exam, question, RIGHT)
    first = held()
    for given in (RIGHT, WRONG) * 4:
        grade(exam, question, given)

    assert waiting.eventually(lambda: all(now <= then for now, then in zip(held(), first, strict=True)), seconds=10.0)


def test_nobody_is_left_when_the_exam_is_over(question: Question) -> None:
    with WarmExam.rehearsed(question) as exam:
        for given in (RIGHT, WRONG, RIGHT):
            grade(exam, question, given)
        family = tree.family(exam._server._pid)
        assert len(family) == 2

    assert all(map(tree.is_dead, family))


def test_what_one_printed_is_not_told_of_another(tmp_path: Path) -> None:
    """Each submission has a log of its own."""
    question = write_question(tmp_path, "def test_a(solution):\n    assert solution.f(1) == 1\n")
    loud = submission("print('loud')\n" + IDENTITY)
    with WarmExam.rehearsed(question) as exam:
        runs = [exam.execute(make_plan(question, given, seed=SEED)) for given in (loud, loud, RIGHT, loud)]

    assert [run.output for run in runs] == ["loud\n", "loud\n", "", "loud\n"]
