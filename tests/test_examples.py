"""Examples drawn in advance: the same that Hypothesis would run on, and never told apart by what a body does."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from small_questions import graded, submission, write_question

from grader.exam import examples, supervisor
from grader.exam.supervisor import WarmExam
from grader.grading import grade
from grader.verdict import Outcome, Status

if TYPE_CHECKING:
    from pathlib import Path

    from grader.question import Question
    from grader.verdict import CheckResult, Verdict

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's"),
    # The examiner is a fork of this process, in which libraries of other tests may have left threads; it uses none.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

PROPERTIES = """
    import random

    import pytest
    from hypothesis import assume, example, given, settings
    from hypothesis import strategies as st

    @given(number=st.integers(), words=st.lists(st.text(max_size=3), max_size=4))
    @settings(max_examples=40)
    def test_plain(solution, number, words): solution.f(["plain", number, words])

    @pytest.mark.parametrize("side", ["left", "right"])
    @example(number=7)
    @given(number=st.floats(allow_nan=False))
    @settings(max_examples=10)
    def test_each(solution, side, number): solution.f([side, number])

    @given(st.integers(0, 99))
    @settings(max_examples=10)
    def test_positional(solution, last): solution.f(["positional", last])

    @given(number=st.integers(0, 9))
    @settings(max_examples=8)
    def test_assumes(solution, number):
        assume(number % 2)
        solution.f(["assumes", number])

    @given(data=st.data())
    @settings(max_examples=8)
    def test_draws_more(solution, data): solution.f(["data", data.draw(st.integers(0, 9)), random.random()])
"""
PRINTS = "def f(x):\n    print(ascii(x))\n"


def check(verdict: Verdict, name: str) -> CheckResult:
    return next(check for check in verdict.checks if check.name == name)


def called(question: Question, seed: int = 1) -> list[object]:
    """What a submission was called with in all checks, as it says itself."""
    verdict = grade(question, submission(PRINTS), seed=seed)
    assert verdict.status is Status.ACCEPTED, verdict
    return [ast.literal_eval(line) for line in verdict.output.splitlines()]


def test_they_are_those_hypothesis_would_run_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each property meets the same examples in the same order, drawn before or not."""
    question = write_question(tmp_path, PROPERTIES)
    drawn = called(question)
    monkeypatch.setattr(examples, "draw_all", lambda *_: {})
    by_hypothesis = called(question)

    assert drawn == by_hypothesis
    kinds = Counter(call[0] for call in drawn if isinstance(call, list))
    assert kinds == {"plain": 40, "left": 11, "right": 11, "positional": 10, "assumes": 5, "data": 8}


def test_they_follow_from_the_seed(tmp_path: Path) -> None:
    """The same for every submission under one seed, others under another."""
    question = write_question(tmp_path, PROPERTIES)
    first, again, other = called(question), called(question), called(question, seed=2)

    assert first == again
    assert [call for call in first if call not in other]


SPOILED = """
    from hypothesis import given, settings
    from hypothesis import strategies as st

    @given(numbers=st.lists(st.integers(0, 9), min_size=1))
    @settings(max_examples=10)
    def test_spoils_its_example(solution, numbers):
        total = sum(numbers)
        assert solution.f(numbers) == numbers
        numbers.append(1)
        assert sum(numbers) == total + 1
        assert len(numbers) <= 40

    @given(number=st.integers(0, 1000))
    def test_fails_from_a_hundred(solution, number): assert solution.f(number) < 100
"""


def test_a_body_spoils_only_its_own(tmp_path: Path) -> None:
    """What one grading does to an example, the next under the same seed does not see."""
    question = write_question(tmp_path, SPOILED)
    with WarmExam(question) as exam:
        verdicts = [graded(question, exam=exam) for _ in range(3)]

    assert {check(each, "test_spoils_its_example").outcome for each in verdicts} == {Outcome.PASSED}
    assert len({check(each, "test_fails_from_a_hundred").model_copy(update={"seconds": 0}) for each in verdicts}) == 1


def test_a_failing_example_is_told_and_made_small_where_it_is_shown(tmp_path: Path) -> None:
    """A hidden one as it was drawn, to a reviewer; a public one as small as can be."""
    question = write_question(tmp_path, SPOILED, public=SPOILED.replace("def test_", "def test_public_"))
    verdict = graded(question)
    hidden, public = (check(verdict, f"test_{which}fails_from_a_hundred") for which in ("", "public_"))

    assert (hidden.outcome, public.outcome) == (Outcome.FAILED, Outcome.FAILED)
    assert hidden.detail is not None
    assert public.detail is not None
    assert public.detail.call == "f(100)"
    assert re.fullmatch(r"Falsifying example: number=[1-9]\d\d+", hidden.detail.example or "")


MOODY = "calls = 0\ndef f(x):\n    global calls\n    calls += 1\n    return 100 if calls % 7 == 3 else 0\n"


def test_what_does_not_repeat_itself_is_told_in_our_words(tmp_path: Path) -> None:
    """Hypothesis names the suite's file where a failure does not come again; a candidate is told what happened."""
    question = write_question(tmp_path, SPOILED, public=SPOILED.replace("def test_", "def test_public_"))
    verdict = grade(question, submission(MOODY), seed=1)
    found = check(verdict, "test_public_fails_from_a_hundred")

    assert (found.outcome, found.message) == (Outcome.FAILED, "the same input gave another result the second time")


ENDLESS = """
    from hypothesis import given
    from hypothesis import strategies as st

    def never(number):
        while True:
            number += 1

    @given(number=st.integers().map(never))
    def test_never_drawn(solution, number): solution.f(number)
"""


def test_drawing_that_never_ends_ends_the_grading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fork server gives up, and the examiner that then draws for itself is ended by its supervisor."""
    monkeypatch.setattr(examples, "DRAW_SECONDS", 0.2)
    monkeypatch.setattr(supervisor, "SLACK_SECONDS", 0.2)
    question = write_question(tmp_path, ENDLESS, limits={"wall": "100ms", "check": "100ms"})
    verdict = graded(question)

    assert verdict.status is Status.BROKEN
    assert "without a word" in verdict.message


def test_of_many_seeds_the_last_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory does not grow with the number of gradings."""
    monkeypatch.setattr(examples, "draw_all", lambda _items, seed: {str(seed): ({},)})
    supply = examples.Supply(SimpleNamespace(items=[]))  # type: ignore[arg-type]  # of a session it asks for the items
    kept = [supply.for_seed(seed) for seed in range(examples.SEEDS_KEPT)]

    assert supply.for_seed(0) is kept[0]
    supply.for_seed(-1)
    assert supply.for_seed(0) is kept[0]
    assert supply.for_seed(1) is not kept[1]


# --- Probes ---

PROBES = """
    calls = []

    def count(module, number):
        calls.append(module.f(number))
        return len(calls)

    def dies(module):
        import os
        os._exit(3)

    def test_first(solution): assert [solution.run(count, 1) for _ in range(3)] == [1, 2, 3]
    def test_second(solution): assert solution.run(count, 1) == 4
    def test_third(solution): solution.run(dies)
    def test_fourth(solution): assert solution.run(count, 1) == 1
    def test_fifth(solution):
        many = [solution.run(lambda module, n=n: module.f(n)) for n in range(50)]
        assert many == list(range(50))
"""


def test_a_probe_travels_once_for_each_guest(tmp_path: Path) -> None:
    """What it keeps stays until the guest ends; one written within a test is new each time."""
    verdict = graded(write_question(tmp_path, PROBES))

    assert [each.outcome.value for each in verdict.checks] == ["passed", "passed", "crashed", "passed", "passed"]


def test_probes_are_pickled_before_the_first_submission(tmp_path: Path) -> None:
    """After a rehearsal the verdict is the same."""
    question = write_question(tmp_path, PROBES)
    with WarmExam.rehearsed(question) as exam:
        verdict = graded(question, exam=exam)

    assert verdict.points == graded(question).points
