"""Checks that end by their transcript: the same verdict as when they are run, for less."""

from __future__ import annotations

import copy
import functools
import os
import random
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from bank_sample import BANK, CODE, drawn_by, sample
from small_questions import IDENTITY, submission, write_question

from grader.exam.candidate import UNLIKE
from grader.exam.solution import LocalRespondent, Solution
from grader.exam.supervisor import WarmExam
from grader.exam.transcripts import MAX_TAPE, MAX_WAYS, Exchange, Key, Shelf, Tape, Transcript, Ways
from grader.plan import make_plan
from grader.proof.expectation import Role, exhibits
from grader.question import Visibility
from grader.sandbox import calls, requests, wire
from grader.sandbox.calls import Step
from grader.sandbox.requests import Request
from grader.submission import read_submission
from grader.verdict import Outcome, RawResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from grader.question import Question
    from grader.sandbox.wire import HandleRef
    from grader.submission import Submission
    from grader.verdict import Run

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's"),
    # The examiner is a fork of this process, in which libraries of other tests may have left threads; it uses none.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Question]:
    """Write a question of one's own."""
    return functools.partial(write_question, tmp_path)


def runs(exam: WarmExam, question: Question, *given: Submission, seed: int = 1) -> list[Run]:
    """Run all checks on one submission after the other."""
    return [exam.execute(make_plan(question, each, seed=seed)) for each in given]


def told(run: Run) -> list[RawResult]:
    """What a run says of each check, but for the times."""
    assert not run.broken, run.broken
    return [replace(result, seconds=0.0, waited=0.0) for result in run.results]


def by_name(run: Run) -> dict[str, str]:
    return {result.name.removeprefix("test_"): result.outcome.value for result in run.results}


# --- the same verdict ---


def check_alike(question: Question, given: Sequence[Submission]) -> None:
    """Grade each twice where others came before it, and once alone; the three must say the same."""
    with WarmExam.rehearsed(question) as warm:
        known = [told(run) for run in runs(warm, question, *given, *given)]
    with WarmExam(question) as cold:
        alone = [told(run) for run in runs(cold, question, *given)]

    assert known == alone * 2


def test_a_question_of_the_bank_is_graded_the_same() -> None:
    """Right, wrong and empty answers of a question that each commit draws anew; speed is never replayed."""
    (name,) = sample(f"replay {drawn_by()}", CODE, 1)
    question = BANK.find_code(name)
    found = [each.path for each in exhibits(question) if each.role not in {Role.SLOW, Role.FORBIDDEN}]
    drawn = random.Random(f"replay {drawn_by()}").sample(found, min(7, len(found)))
    ordinary = replace(question, checks=tuple(check for check in question.checks if check.performance is None))

    check_alike(ordinary, [read_submission(path, question.spec) for path in [question.reference, *drawn]])


MANY_WAYS_TO_GO = """
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from grader.exam import assert_close


class Box:
    def __init__(self, inside):
        self.inside = inside


def open_box(submission, content):
    return submission.f(Box(content).inside)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_numbers(solution, n):
    assert solution.f(n) == n
    assert solution.f([n]) == [n]


@given(st.lists(st.integers(0, 9), max_size=5))
def test_lists(solution, given):
    assert solution.f(given) == given


@given(st.integers(0, 9))
def test_even_numbers(solution, number):
    assume(number % 2 == 0)
    assert solution.f(number) == number


def test_a_box(solution, rng):
    content = rng.normal(size=3)
    for _ in range(2):
        assert_close(solution.run(open_box, content), content)


def test_what_is_refused(solution):
    assert solution.f(1.5) == 1.5
    with pytest.raises(TypeError, match="none"):
        solution.f(None)


def test_a_large_array(solution, rng):
    content = rng.normal(size=100_000)
    assert_close(solution.f(content), content)


def test_what_it_holds(solution, reference):
    kept = solution.keep("x")
    assert kept.value == reference.keep("x").value


def test_a_closure(solution):
    assert solution.f(7) == solution.run(lambda submission: submission.f(7))
"""
KEEPS = """
import os
import numpy as np

class Kept:
    def __init__(self, value):
        self.value = value

def keep(x):
    return Kept(x)

def f(x):
    CASE
    if x is None:
        raise TypeError("none is taken")
    return x
"""
CASES = {
    "as it should be": "pass",
    "another message": "assert x is not None or 1; y = x\n    if x is None: raise TypeError('none of this')",
    "wrong in the middle": "if x == [2]: return 3",
    "the last bit": "if isinstance(x, np.ndarray): return np.nextafter(x, 9)",
    "another type": "if isinstance(x, list): return tuple(x)",
    "raises": "if x == [2]: raise KeyError('two')",
    "leaves": "if x == [3]: os._exit(3)",
    "leaves in a probe": "if isinstance(x, np.ndarray) and x.size == 3: os._exit(3)",
    "takes too long": "while isinstance(x, list) and len(x) == 4: pass",
    "answers itself": "os.write(4, (20).to_bytes(8, 'little') + bytes(20))",
    "counts its calls": "globals()['n'] = globals().get('n', 0) + 1\n    if n == 12: return None",
}


def test_whatever_a_submission_does_it_is_told_the_same(make: Callable[..., Question]) -> None:
    """A submission that goes its own way somewhere is judged as if it had been alone from the start."""
    question = make(MANY_WAYS_TO_GO, exports=("f", "keep"), reference=KEEPS.replace("CASE", "pass"),
                    limits={"check": "1s"})  # fmt: skip

    check_alike(question, [submission(KEEPS.replace("CASE", case)) for case in CASES.values()])


def test_who_forges_an_answer_stands_for_nobody(make: Callable[..., Question]) -> None:
    """A check that ends over a forged reply has heard all the answers before it, which others give too."""
    question = make("def test_two(solution):\n    assert solution.f([1]) == [1]\n    assert solution.f(2) == 2\n")
    forger = KEEPS.replace("CASE", "if x == 2: " + CASES["answers itself"])

    check_alike(question, [submission(forger), submission(IDENTITY)])


# --- for less ---

COUNTED = """
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal

HERE = Path({place!r})


def ran(name):
    with open(HERE, "a") as file:
        file.write(name + "\\n")


def test_plain(solution):
    ran("plain")
    assert_equal(solution.f([1, 2]), [1, 2])


@given(st.integers(0, 9))
@settings(max_examples=3)
def test_property(solution, number):
    ran("property")
    assert_equal(solution.f(number), number)


def test_held(solution):
    ran("held")
    assert solution.f is not None
    assert solution.f(print) is not None


def test_large(solution):
    ran("large")
    assert_equal(solution.f([0.5] * 100_000), [0.5] * 100_000)
"""
OTHERWISE = "def f(x):\n    y = x\n    return y\n"
"""The same answers by another program."""


@pytest.fixture
def counted(make: Callable[..., Question], tmp_path: Path) -> Question:
    """A question whose checks write down each run of their bodies."""
    return make(COUNTED.format(place=str(tmp_path / "ran")))


@pytest.fixture
def ran(tmp_path: Path) -> Callable[[], list[str]]:
    """Return which bodies ran since the last look."""

    def look() -> list[str]:
        place = tmp_path / "ran"
        lines = place.read_text().split() if place.exists() else []
        place.write_text("")
        return sorted(set(lines))

    return look


ALL = ["held", "large", "plain", "property"]
ALWAYS = ["held", "large"]


def test_what_is_known_is_not_run(counted: Question, ran: Callable[[], list[str]]) -> None:
    """A right answer spares the next one's checks, but for those that hold objects or take a great deal of memory."""
    with WarmExam.rehearsed(counted) as exam:
        ran()
        (first,) = runs(exam, counted, submission(IDENTITY))
        assert ran() == ALL
        (second,) = runs(exam, counted, submission(OTHERWISE))
        assert ran() == ALWAYS
        (third,) = runs(exam, counted, submission(OTHERWISE), seed=2)
        assert ran() == ALL, "another seed draws other inputs"

    assert told(first) == told(second) == told(third)


def test_another_way_is_known_as_well(counted: Question, ran: Callable[[], list[str]]) -> None:
    """Other answers that are right too, here of another type, are run once and then known beside the first."""
    other = submission(
        "class L(list): ...\n\ndef f(x):\n    return [*x, ] if type(x) is list else x + 0 if x is not print else 1\n"
    )
    with WarmExam.rehearsed(counted) as exam:
        runs(exam, counted, submission(IDENTITY), other)
        ran()
        runs(exam, counted, other, submission(IDENTITY))

    assert ran() == ALWAYS


def test_who_is_wrong_as_others_were_is_told_the_same(counted: Question, ran: Callable[[], list[str]]) -> None:
    """With all its evidence; who is wrong in another way is not."""
    wrong, otherwise = (submission(f"def f(x):\n    return {answer}\n") for answer in ("4", "2 + 3"))
    with WarmExam.rehearsed(counted) as exam:
        (first,) = runs(exam, counted, wrong)
        ran()
        (second,) = runs(exam, counted, wrong)
        assert ran() == ALWAYS
        (third,) = runs(exam, counted, otherwise)
        assert ran() == ALL

    assert told(first) == told(second) != told(third)
    assert by_name(second) == {"plain": "failed", "property": "failed", "held": "passed", "large": "failed"}
    assert second.results[0].detail is not None
    assert second.results[0].detail.actual == "4"


def test_the_wrong_leave_room_for_the_right(counted: Question, ran: Callable[[], list[str]]) -> None:
    """However many ways to be wrong came first."""
    with WarmExam.rehearsed(counted) as exam:
        runs(exam, counted, *(submission(f"def f(x):\n    return {number}\n") for number in range(10, 12 + MAX_WAYS)))
        runs(exam, counted, submission(IDENTITY))
        ran()
        runs(exam, counted, submission(OTHERWISE))

    assert ran() == ALWAYS


def test_what_a_limit_decides_is_never_known(make: Callable[..., Question], tmp_path: Path,
                                             ran: Callable[[], list[str]]) -> None:  # fmt: skip
    """The same words may mean that a limit was met, or not; how a guest ended is no answer either."""
    question = make(
        COUNTED.format(place=str(tmp_path / "ran"))
        + "\n\ndef test_many(solution):\n    ran('many')\n    assert solution.f(0) == 0\n"
        + "\n\ndef test_gone(solution):\n    ran('gone')\n    assert solution.f(-1) == -1\n"
    )
    source = (
        "import os\n\ndef f(x):\n    if x == 0:\n        raise BlockingIOError(11, os.strerror(11))\n"
        "    if x == -1:\n        os._exit(0)\n    return x\n"
    )
    with WarmExam.rehearsed(question) as exam:
        (first,) = runs(exam, question, submission(source))
        ran()
        (second,) = runs(exam, question, submission(source))

    assert told(first) == told(second)
    assert by_name(second) | {"many": "error", "gone": "crashed"} == by_name(second)
    assert {"many", "gone"} <= set(ran())


def test_what_the_examiner_lacked_is_never_known(make: Callable[..., Question], tmp_path: Path) -> None:
    """Somebody may have taken it away: the next one who answers the same is not to pay for that."""
    question = make(
        COUNTED.format(place=str(tmp_path / "ran"))
        + "\n\ndef test_short(solution):\n    found = solution.f(5)\n    ran('short')\n"
        "    if HERE.read_text().count('short') == 2:\n        raise MemoryError\n    assert found == 5\n"
    )
    with WarmExam.rehearsed(question) as exam:
        found = runs(exam, question, *[submission(IDENTITY)] * 3)

    assert [by_name(run)["short"] for run in found] == ["failed", "passed", "passed"]


def test_a_single_grading_runs_all(counted: Question, ran: Callable[[], list[str]]) -> None:
    with WarmExam(counted) as exam:
        runs(exam, counted, submission(IDENTITY), submission(IDENTITY))
        ran()
        runs(exam, counted, submission(IDENTITY))

    assert ran() == ALL


def test_public_checks_are_known_from_the_rehearsal(make: Callable[..., Question], tmp_path: Path,
                                                    ran: Callable[[], list[str]]) -> None:  # fmt: skip
    """Their seed is everybody's."""
    public = COUNTED.format(place=str(tmp_path / "ran"))
    question = make("def test_h(solution):\n    assert solution.f(1) == 1\n", public)
    with WarmExam.rehearsed(question) as exam:
        ran()
        runs(exam, question, submission(IDENTITY), seed=77)

    assert ran() == ALWAYS


def test_a_suite_that_asks_by_chance_is_at_fault(make: Callable[..., Question]) -> None:
    """What a check asks must follow from its seed: else no verdict could be reproduced."""
    question = make("""
    import os

    def test_chance(solution):
        number = int.from_bytes(os.urandom(6))
        assert solution.f(number) == number
        assert solution.f([number]) == [number]
    """)
    with WarmExam.rehearsed(question) as exam:
        right, wrong = runs(exam, question, submission(IDENTITY), submission("def f(x):\n    return 3\n"))

    assert by_name(right) == {"chance": "passed"}
    assert [(result.outcome, result.message) for result in wrong.results] == [(Outcome.BROKEN, UNLIKE)]


def test_what_is_known_is_told_before_a_check_is_run(make: Callable[..., Question]) -> None:
    """That one may end the examiner."""
    question = make("""
    import os

    def test_known(solution):
        assert solution.f(1) == 1

    def test_fatal(solution):
        if solution.f(2) != 2:
            os._exit(3)
    """)
    with WarmExam.rehearsed(question) as exam:
        _, run = runs(exam, question, submission(IDENTITY), submission("def f(x):\n    return 1\n"))

    assert run.broken
    assert by_name(run) == {"known": "passed", "fatal": "broken"}


# --- the parts ---


def unsendable(value: object) -> HandleRef:
    raise AssertionError(value)


def test_a_number_is_taken_out_where_it_stands() -> None:
    """What is left is the same at every call that asks, or is answered, the same."""
    numbers = calls.Numbers()
    number, other = numbers.draw(), numbers.draw()
    asked = [requests.write(each, Request("call", [None, ["f"], (1, 2.5)]), unsendable) for each in (number, other)]
    told = [wire.encode([each, "ok", (1, 2.5)], fallback=unsendable) for each in (number, other)]

    assert [calls.number_of(request) for request in asked] == [number, other]
    assert calls.asks(asked[0]) == calls.asks(asked[1])
    assert calls.answer_to(number, told[0]) == calls.answer_to(other, told[1]) is not None
    assert calls.answer_to(number, told[1]) is None
    assert other + calls.asks(asked[0]) == asked[1]


def test_a_reply_names_its_call() -> None:
    number, other = calls.Numbers().draw(), calls.Numbers().draw()

    assert calls.is_reply([number, "ok", 3], number)
    assert not calls.is_reply([number, "ok", 3], other)


def test_no_number_comes_twice() -> None:
    """However many are drawn at a time."""
    numbers = calls.Numbers()
    drawn = [numbers.draw() for _ in range(3 * calls.MANY)]

    assert len(set(drawn)) == len(drawn)
    assert {len(number) for number in drawn} == {calls.BYTES}


def result(outcome: Outcome = Outcome.PASSED) -> RawResult:
    return RawResult("test_a", Visibility.HIDDEN, outcome)


def transcript(*answers: bytes, outcome: Outcome = Outcome.PASSED) -> Transcript:
    return Transcript((), tuple(Exchange(b"q", answer) for answer in answers), result(outcome))


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """One that brings to itself."""
    shelf = Shelf()
    yield shelf
    shelf.close()


def bring(shelf: Shelf, **found: Transcript) -> bool:
    """Return whether any was new."""
    shelf.bring({Key(name, 1): each for name, each in found.items()})
    news = shelf.take()
    if news is None:
        return False
    os.close(news)
    return True


def test_a_shelf_keeps_what_it_is_brought_once(shelf: Shelf) -> None:
    assert [bring(shelf, a=transcript(answer)) for answer in (b"1", b"2", b"1")] == [True, True, False]

    ways = shelf.find(Key("a", 1))
    assert ways is not None
    assert ways.first == Step(b"q", {b"1": result(), b"2": result()})
    assert shelf.find(Key("a", 2)) is None


def test_a_shelf_keeps_some_ways_of_each_check(shelf: Shelf) -> None:
    for number in range(MAX_WAYS + 2):
        assert shelf.wants(Key("a", 1))
        assert bring(shelf, a=transcript(bytes([number]))) == (number < MAX_WAYS)

    for number in range(MAX_WAYS + 2):
        assert shelf.wants(Key("a", 1)) == (number < MAX_WAYS)
        failed = transcript(b"other", bytes([number, 1]), outcome=Outcome.FAILED)
        assert bring(shelf, a=failed) == (number < MAX_WAYS)


def test_ways_part_where_the_answers_do() -> None:
    """What several ways have in common is kept once."""
    ways = Ways()
    first, second = (transcript(bytes(9), bytes(9), bytes([end])) for end in (1, 2))

    assert ways.add(first)
    assert ways.size == 3 * len(b"q") + 9 + 9 + 1
    assert ways.add(second)
    assert ways.size == 3 * len(b"q") + 9 + 9 + 1 + 1
    at_the_end = Step(b"q", {b"\1": result(), b"\2": result()})
    assert ways.first == Step(b"q", {bytes(9): Step(b"q", {bytes(9): at_the_end})})


@pytest.mark.parametrize(
    "exchanges",
    [
        [(b"q", b"1"), (b"r", b"2")],  # it asks otherwise after the same answer
        [(b"p", b"1")],
        [(b"q", b"1")],  # it ends where the other goes on
        [(b"q", b"1"), (b"q", b"2"), (b"q", b"3")],  # it goes on where the other ended
        [(b"q", b"1"), (b"q", b"2")],  # it is known
    ],
)
def test_a_way_that_does_not_follow_from_the_answers_is_not_known(exchanges: list[tuple[bytes, bytes]]) -> None:
    """The first stays as it is."""
    ways = Ways()
    ways.add(transcript(b"1", b"2"))
    known = copy.deepcopy(ways.first)

    assert not ways.add(Transcript((), tuple(Exchange(*each) for each in exchanges), result()))
    assert ways.first == known


def test_a_full_shelf_lets_go_of_the_oldest(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.exam.transcripts.MAX_SHELF", 250)
    for name in ("a", "b", "c"):
        bring(shelf, **{name: transcript(bytes(99))})

    assert [bool(shelf.find(Key(name, 1))) for name in ("a", "b", "c")] == [False, True, True]


def noted(*exchanges: tuple[bytes, bytes | None]) -> Transcript | None:
    tape = Tape()
    for request, answer in exchanges:
        tape.note(request, answer)
    return tape.transcript(Solution(LocalRespondent("nobody", "")), result())


def test_a_tape_that_does_not_say_all_is_worth_nothing() -> None:
    assert noted((b"q", None), (b"q", b"a")) is None
    assert noted((b"q", b"a"), (b"q", None)) is None
    assert noted((b"q", bytes(MAX_TAPE)), (b"q", b"a")) is None
    assert noted() is None
