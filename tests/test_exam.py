"""The exam: real gradings of small questions, in which a fault is put down to whom it belongs."""

from __future__ import annotations

import functools
import gc
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from small_questions import IDENTITY, graded, outcomes, submission, write_question
from waiting import eventually

from grader.bank import load_question
from grader.errors import IsolationError
from grader.exam.candidate import _loaded
from grader.exam.findings import classify
from grader.exam.seeds import derive, make_rng
from grader.exam.solution import (
    Handle,
    LocalRespondent,
    Solution,
    SuiteFaultError,
    describe_last_call,
    remote_exception,
)
from grader.exam.supervisor import WarmExam
from grader.grading import grade
from grader.question import Visibility
from grader.sandbox import tree, wire
from grader.verdict import CheckResult, Detail, Level, Outcome, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.question import Question

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's"),
    # The examiner is a fork of this process, in which libraries of other tests may have left threads; it uses none.
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]

QUESTIONS = Path(__file__).resolve().parent / "questions"
ECHO = QUESTIONS / "bank" / "arrays" / "echo"
ECHOES = QUESTIONS / "solutions" / "arrays" / "echo"
ROOT = QUESTIONS.parent.parent


# --- Small questions, made where they are needed ---


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Question]:
    """Write a question of one's own."""
    return functools.partial(write_question, tmp_path)


def check(verdict: Verdict, name: str) -> CheckResult:
    return next(check for check in verdict.checks if check.name in {name, f"test_{name}"})


def evidence(verdict: Verdict, name: str) -> Detail:
    """What is kept of a check that did not pass."""
    detail = check(verdict, name).detail
    assert detail is not None
    return detail


# --- Seeds ---


def without_times(verdict: Verdict) -> dict[str, Any]:
    document = verdict.as_json()
    for part in (document, *document["checks"]):
        part.pop("seconds")
    return {key: value for key, value in document.items() if key != "usage"}


@pytest.fixture(scope="module")
def says_and_adds() -> dict[int, list[Verdict]]:
    """A submission that shows what it was given, graded under two seeds, under the first of them twice."""
    question, wrong = load_question(ECHO), ECHOES / "wrong" / "says_and_adds.py"
    return {5: [grade(question, wrong, seed=5) for _ in range(2)], 6: [grade(question, wrong, seed=6)]}


def test_the_same_seed_gives_the_same_verdict(says_and_adds: dict[int, list[Verdict]]) -> None:
    """Drawn data, examples of Hypothesis, and the submission's own randomness: all but the times."""
    first, second = says_and_adds[5]

    assert first.status is not Status.BROKEN
    assert without_times(first) == without_times(second)


def test_another_seed_draws_other_data(says_and_adds: dict[int, list[Verdict]]) -> None:
    """What the check draws, what Hypothesis draws, and what the submission draws."""
    first, second = says_and_adds[5][0], says_and_adds[6][0]
    for name in ("test_a_drawn_array", "test_any_list"):
        assert evidence(first, name).call != evidence(second, name).call
    assert first.output != second.output


def test_public_examples_are_made_small(says_and_adds: dict[int, list[Verdict]]) -> None:
    """A candidate sees the smallest list that fails; nobody sees a hidden one, and shrinking it would cost time."""
    hidden = set()
    for verdict in (says_and_adds[5][0], says_and_adds[6][0]):
        hidden.add(evidence(verdict, "test_any_list").call)

        assert evidence(verdict, "test_any_list_seen").call == "total([101])"
    assert hidden != {"total([101])"}


def test_what_a_mismatch_shows(says_and_adds: dict[int, list[Verdict]]) -> None:
    """Call, expectation, result and difference stand apart."""
    detail = evidence(says_and_adds[5][0], "test_a_drawn_array")

    assert str(detail.call).startswith("echo(array(3,) float64 [0.")
    assert str(detail.expected).startswith("array(3,) float64 [0.")
    assert str(detail.actual).startswith("array(3,) float64 [1.")
    assert str(detail.difference).startswith("3 of 3 values differ; first at [0]: 1.")


def test_seeds_follow_from_their_parts_alone() -> None:
    """The same parts give the same seed, any other part another, of 64 bits."""
    seeds = [derive(1, "a", "b"), derive(2, "a", "b"), derive(1, "ab"), derive(1, "b", "a"), derive(-1, "a", "b")]

    assert len(set(seeds)) == len(seeds)
    assert derive(1, "a", "b") == 10_839_309_650_536_449_098
    assert all(0 <= seed < 2**64 for seed in seeds)


def test_a_generator_repeats_itself() -> None:
    """It is numpy's own, and draws the same from the same seed."""
    first, second = make_rng(3), make_rng(3)

    assert first.random(4).tolist() == second.random(4).tolist()
    assert isinstance(first, np.random.Generator)
    assert make_rng(4).random() != make_rng(5).random()


DRAWN = """
import importlib, sys
from hypothesis import given, settings, strategies as st
from grader.exam.properties import steer, use_profile
use_profile()
for name in sys.argv[1:]:
    importlib.import_module(name)
seen = []
@given(st.integers(), st.lists(st.floats()))
@settings(max_examples=300)
def draw(number, numbers):
    seen.append((number, numbers))
steer(draw, 5, shrink=False)
draw()
print(seen)
"""


def test_a_seed_draws_the_same_whatever_else_is_imported() -> None:
    """Hypothesis takes literals from local modules, and `grade submit` and `grade batch` import different ones."""
    alone, with_more = (
        subprocess.run([sys.executable, "-c", DRAWN, *names], cwd=ROOT, check=True, capture_output=True, text=True)
        for names in ((), ("grader.batch", "grader.report.terminal"))
    )
    assert alone.stdout.count("(") >= 300
    assert alone.stdout == with_more.stdout


# --- Made ready for many ---

IMPORTS_LATE = """
import sys

def test_there(solution):
    assert solution.f(0)

def test_here(solution):
    early = "imaplib" in sys.modules
    import imaplib
    assert early
"""
TELLS_WHAT_WAS_THERE = "import sys\nearly = 'colorsys' in sys.modules\ndef f(x):\n    return early\n"


def test_what_the_reference_imports_late_is_imported_once(make: Callable[..., Question]) -> None:
    """After a rehearsal examiners and guests find it there, and again where the warm processes had to be replaced."""
    question = make(IMPORTS_LATE, reference="def f(x):\n    import colorsys\n    return True\n")
    asks = submission(TELLS_WHAT_WAS_THERE)
    with WarmExam(question) as exam:
        before = grade(question, asks, exam=exam)
        exam.rehearse()
        after = grade(question, asks, exam=exam)
        os.kill(exam._server._pid, signal.SIGKILL)
        assert eventually(lambda: not exam._server.alive)
        renewed = grade(question, asks, exam=exam)
    assert set(outcomes(before).values()) == {"failed"}
    assert set(outcomes(after).values()) == {"passed"}
    assert set(outcomes(renewed).values()) == {"passed"}


def test_warm_processes_hold_nothing_of_others(make: Callable[..., Question]) -> None:
    """A pipe that is open when they are started is at its end as soon as it is closed here.

    On every start of a program `subprocess` waits for such an end: two questions that are made ready by two threads
    would wait for each other's end.
    """
    question = make("def test_one(solution): assert solution.f(1) == 1\n")
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as end:
        with os.fdopen(writing, "wb"):
            exam = WarmExam(question)
        with exam:
            assert eventually(lambda: bool(select.select([end], [], [], 0)[0]))
            assert set(outcomes(grade(question, submission(IDENTITY), exam=exam)).values()) == {"passed"}


# --- Faults of a suite ---

FAULTY = """
    import threading

    import pytest
    from hypothesis import given
    from hypothesis import strategies as st

    @pytest.fixture
    def falls():
        raise RuntimeError("not ready")

    @pytest.fixture
    def falls_later():
        yield
        raise RuntimeError("not tidy")

    def test_sound(solution): assert solution.f(1) == 1
    def test_wrong(solution): assert solution.f(1) == 2
    def test_skips(solution): solution.f(1); pytest.skip("not today")
    @pytest.mark.skip(reason="never")
    def test_marked(solution): ...
    def test_expects_to_fail(solution): pytest.xfail("it is known")
    def test_wants_an_unknown_fixture(solution, no_such_fixture): ...
    def test_falls_in_setup(solution, falls): ...
    def test_falls_in_teardown(solution, falls_later): assert solution.f(1) == 1
    @pytest.mark.parametrize("case", [])
    def test_has_no_cases(solution, case): ...
    @given(st.integers().filter(lambda number: False))
    def test_has_nothing_to_draw(solution, number): ...
    def test_is_not_collected(solution): ...
    del test_is_not_collected
    def test_misspells(solution): assert solution.f(1) == on
    def test_imports_what_is_not_there(solution): import no_such_module
    def test_sends_what_cannot_be_sent(solution): solution.f(threading.Lock())
    def test_asks_the_reference_for_too_much(solution, reference): reference.no_such_name()
"""


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    return graded(write_question(tmp_path_factory.mktemp("faulty"), FAULTY))


@pytest.mark.parametrize(
    "name",
    re.findall(r"def test_(\w+)", FAULTY.replace("def test_sound", "").replace("def test_wrong", "")),
)
def test_a_fault_of_the_suite_is_broken(faulty: Verdict, name: str) -> None:
    """Skipped, not collected, not set up or raising by itself: never passed, and never the candidate's fault."""
    assert check(faulty, name).outcome is Outcome.BROKEN


def test_a_broken_check_breaks_the_verdict(faulty: Verdict) -> None:
    """The others keep what they are, and the message names the first fault."""
    assert (check(faulty, "sound").outcome, check(faulty, "sound").points) == (Outcome.PASSED, 1)
    assert (check(faulty, "wrong").outcome, check(faulty, "wrong").points) == (Outcome.FAILED, 0)
    assert faulty.status is Status.BROKEN
    assert faulty.message.startswith("test_skips: the suite skipped the check: not today")


RUINOUS = {
    "import of nothing": "import no_such_module\ndef test_a(solution): ...",
    "raising at its top": "raise RuntimeError('no suite')\ndef test_a(solution): ...",
    "skipping itself": "import pytest\npytest.skip('all', allow_module_level=True)\ndef test_a(solution): ...",
    "leaving at its top": "import sys\nsys.exit(0)\ndef test_a(solution): ...",
    "leaving in a check": "import pytest\ndef test_a(solution): pytest.exit('enough')",
    "ending in a check": "import os\ndef test_a(solution): solution.f(1); os._exit(0)",
    "killed in a check": "import os\ndef test_a(solution): solution.f(1); os.kill(os.getpid(), 9)",
    "interrupted in a check": "def test_a(solution): raise KeyboardInterrupt",
}


@pytest.mark.parametrize("suite", RUINOUS.values(), ids=RUINOUS.keys())
def test_a_ruined_suite_is_broken(make: Callable[..., Question], suite: str) -> None:
    """Whatever ends the suite or its process, no check counts, and the verdict says why."""
    verdict = graded(make(f"{suite}\ndef test_b(solution): assert solution.f(1) == 1"))

    assert verdict.status is Status.BROKEN
    assert verdict.message
    assert outcomes(verdict)["a"] == outcomes(verdict)["b"] == "broken"
    assert verdict.points == 0


@pytest.fixture
def scratch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files that others may pass, as /tmp is."""
    with tempfile.TemporaryDirectory(prefix="test-exam-") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def groups() -> set[Path]:
    return set(Path("/sys/fs/cgroup").glob("**/grader-*"))


@pytest.mark.parametrize("end", ["", "import os; os.kill(os.getpid(), 9)"], ids=["ended", "killed"])
def test_a_grading_leaves_nothing_behind(make: Callable[..., Question], scratch: Path, end: str) -> None:
    """No process of ours, no folder, no control group; even of an examiner that was killed."""
    before, children = groups(), tree.children(os.getpid())
    verdict = graded(make(f"def test_a(solution): assert solution.f(1) == 1\ndef test_b(solution): {end or '...'}"))

    assert verdict.status is (Status.BROKEN if end else Status.ACCEPTED)
    assert tree.children(os.getpid()) == children
    assert list(scratch.iterdir()) == []
    assert {path for path in groups() - before if not is_of_another(path)} == set()


def is_of_another(group: Path) -> bool:
    """Whether a grader that runs beside this test made it."""
    grader = int(group.name.split("-")[1])
    return grader != os.getpid() and not tree.is_dead(grader)


def test_a_parametrised_check_counts_once(make: Callable[..., Question]) -> None:
    """All of its cases must pass for its points."""
    suite = """
        import pytest
        from grader.exam import points

        @points(4)
        @pytest.mark.parametrize("x", [1, 2, 3])
        def test_all(solution, x): assert solution.f(x) == x

        @points(2)
        @pytest.mark.parametrize("x", [1, 2, 3])
        def test_most(solution, x): assert solution.f(x) == min(x, 2)
    """
    verdict = graded(make(suite))

    assert [(each.name, each.points, each.max_points) for each in verdict.checks] == [
        ("test_all", 4, 4),
        ("test_most", 0, 2),
    ]
    assert (verdict.points, verdict.max_points, verdict.status) == (4, 6, Status.PARTIAL)


def install_plugin(folder: Path, name: str, module: str) -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    info.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    info.joinpath("entry_points.txt").write_text(f"[pytest11]\n{name} = {module}\n", encoding="utf-8")
    folder.joinpath("meddler.py").write_text("raise RuntimeError('a plugin')", encoding="utf-8")


@pytest.mark.parametrize("module", ["meddler", "grader.exam.plugin"])
def test_installed_plugins_take_no_part(
    make: Callable[..., Question], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    """Another's is not loaded, and our own, which is installed with the package, not twice."""
    install_plugin(tmp_path / "site", "meddler", module)
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))

    assert graded(make("def test_a(solution): assert solution.f(1) == 1")).status is Status.ACCEPTED


@pytest.mark.parametrize(("name", "value"), [("PYTEST_ADDOPTS", "-k nothing"), ("PYTEST_PLUGINS", "no_such_plugin")])
def test_the_environment_takes_no_part(
    make: Callable[..., Question], monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """What is set for somebody's own tests does not choose the checks of an exam."""
    monkeypatch.setenv(name, value)

    assert graded(make("def test_a(solution): assert solution.f(1) == 1")).status is Status.ACCEPTED


def test_files_around_the_suite_take_no_part(make: Callable[..., Question]) -> None:
    """Neither a conftest nor a configuration."""
    question = make("def test_a(solution): assert solution.f(1) == 1")
    (question.folder / "conftest.py").write_text("raise RuntimeError('conftest')", encoding="utf-8")
    (question.folder / "pytest.ini").write_text("[pytest]\naddopts = -k nothing\n", encoding="utf-8")

    assert graded(question).status is Status.ACCEPTED


def test_no_checks_are_no_acceptance(make: Callable[..., Question]) -> None:
    """Where a question has no public checks, grading those alone says so."""
    verdict = graded(make("def test_a(solution): assert solution.f(1) == 1"), only=Visibility.PUBLIC)

    assert verdict.status is not Status.ACCEPTED
    assert "IndexError" not in verdict.message


# --- Performance ---


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("reference.py", Outcome.PASSED),
        ("slow/again_and_again.py", Outcome.SLOW),
        ("wrong/says_and_adds.py", Outcome.FAILED),
    ],
)
def test_a_performance_check(name: str, outcome: Outcome) -> None:
    """As fast passes, slower is called slow, and a fast wrong result is a wrong result."""
    verdict = grade(load_question(ECHO), ECHOES / name, seed=2)
    measured = check(verdict, "many_pairs")

    assert measured.outcome is outcome
    assert measured.points == (3 if outcome is Outcome.PASSED else 0)
    if outcome is Outcome.FAILED:
        assert "values differ" in measured.message
    else:
        assert [(each.name, each.limit, each.against) for each in verdict.performance] == [
            ("many_pairs", 2.0, "reference")
        ]
        assert (verdict.performance[0].ratio > 2.0) == (outcome is Outcome.SLOW)


WEIGHED = """
    from grader.exam import memory

    @memory(points=1, at_most=1.5, times_of="opponent")
    def lean(rng):
        return (bytes(24 * 2**20),), {}
"""
ONE_COPY = "def f(x):\n    return len(bytearray(x))\n"
"""Holds its argument, which is copied out of the wire, and a copy of that."""


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        (ONE_COPY, Outcome.PASSED),
        ("def f(x):\n    return len([bytearray(x) for _ in range(4)][0])\n", Outcome.HEAVY),
        ("def f(x):\n    return 1\n", Outcome.FAILED),
    ],
    ids=["the same", "four copies", "wrong"],
)
def test_a_memory_check(make: Callable[..., Question], source: str, outcome: Outcome) -> None:
    """As lean passes, heavier is called heavy, and a lean wrong result is a wrong result."""
    verdict = graded(make(WEIGHED, opponent=ONE_COPY), source)

    assert check(verdict, "lean").outcome is outcome
    if outcome is not Outcome.FAILED:
        (weighed,) = verdict.performance
        assert (weighed.quantity, weighed.pairs, weighed.decided) == ("memory", 6, True)
        assert weighed.ratio == pytest.approx(1.0 if outcome is Outcome.PASSED else 2.5, rel=0.1)
        assert verdict.usage.guests == 1


@pytest.mark.parametrize(
    "opponent",
    [
        "def f(x):\n    raise ValueError('ours')\n",
        "import os\ndef f(x):\n    os._exit(1)\n",
        "import time\ndef f(x):\n    time.sleep(60)\n",
        "def g(x):\n    return x\n",
    ],
    ids=["raises", "ends", "sleeps", "lacks the export"],
)
def test_a_fault_of_our_own_solution_is_broken(make: Callable[..., Question], opponent: str) -> None:
    """What the submission is measured against must work; if it does not, that is not the candidate's fault."""
    suite = """
        from grader.exam import performance

        @performance(points=1, at_most=2.0, times_slower_than="opponent")
        def fast(rng):
            return (1,), {}
    """
    verdict = graded(make(suite, opponent=opponent, limits={"check": "500ms", "wall": "1s"}))

    assert verdict.status is Status.BROKEN
    assert check(verdict, "fast").outcome is Outcome.BROKEN


# --- Exceptions ---

RAISER = """
    import sys

    class Own(LookupError): pass
    class Skipped(BaseException): pass

    def f(kind):
        if kind == "pytest":
            import pytest
            pytest.skip("let me off")
        if kind == "hypothesis":
            import hypothesis
            hypothesis.reject()
        raise {
            "own": Own("mine"), "assertion": AssertionError("no"), "exit": SystemExit(0),
            "interrupt": KeyboardInterrupt(),
            "skipped": Skipped("x"), "stop": StopIteration(), "closed": GeneratorExit(), "memory": MemoryError("much"),
            "key": KeyError("k"), "unicode": UnicodeDecodeError("utf-8", b"x", 0, 1, "odd"),
            "system": OSError(2, "No such file"), "group": ExceptionGroup("g", [ValueError("v")]),
        }[kind]
"""
RAISED = """
    import pytest
    from hypothesis import given
    from hypothesis import strategies as st

    def test_own(solution): solution.f("own")
    def test_assertion(solution): solution.f("assertion")
    def test_exit(solution): solution.f("exit")
    def test_interrupt(solution): solution.f("interrupt")
    def test_skipped(solution): solution.f("skipped")
    def test_stop(solution): solution.f("stop")
    def test_closed(solution): solution.f("closed")
    def test_pytest(solution): solution.f("pytest")
    def test_hypothesis(solution): solution.f("hypothesis")
    def test_group(solution): solution.f("group")
    def test_memory(solution): solution.f("memory")

    @given(st.integers())
    def test_property(solution, number): solution.f("hypothesis")

    @pytest.mark.parametrize("kind", ["exit", "interrupt", "skipped", "pytest", "closed"])
    def test_control_is_plain(solution, kind):
        with pytest.raises(Exception) as caught:
            solution.f(kind)
        assert type(caught.value) is Exception

    @pytest.mark.parametrize(("kind", "base"), [
        ("own", LookupError), ("key", KeyError), ("unicode", ValueError), ("system", FileNotFoundError),
        ("assertion", AssertionError),
    ])
    def test_builtins_can_be_expected(solution, kind, base):
        with pytest.raises(base) as caught:
            solution.f(kind)
        assert type(caught.value) is base

    def test_messages_can_be_matched(solution):
        with pytest.raises(LookupError, match=r"^Own: mine$"):
            solution.f("own")
        with pytest.raises(KeyError, match=r"'k'"):
            solution.f("key")

    def test_the_wrong_one_is_an_error(solution):
        with pytest.raises(ValueError):
            solution.f("own")

    def test_none_at_all_is_a_failure(solution):
        with pytest.raises(ValueError):
            len([])
"""


@pytest.fixture(scope="module")
def raised(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    return graded(write_question(tmp_path_factory.mktemp("raised"), RAISED), RAISER)


@pytest.mark.parametrize(
    "name",
    ["own", "assertion", "exit", "interrupt", "skipped", "stop", "closed", "pytest", "hypothesis", "group", "property"],
)
def test_what_the_submission_raises_is_an_error(raised: Verdict, name: str) -> None:
    """Whatever it raises, pytest's and Hypothesis's own among it: an error with its lines, never skip, exit or pass."""
    assert check(raised, name).outcome is Outcome.ERROR
    assert evidence(raised, name).traceback[-1].file == "solution.py"


@pytest.mark.parametrize("name", ["control_is_plain", "builtins_can_be_expected", "messages_can_be_matched"])
def test_a_suite_may_expect_exceptions(raised: Verdict, name: str) -> None:
    """Of the nearest builtin class, with the message; control exceptions are plain ones."""
    assert check(raised, name).outcome is Outcome.PASSED


def test_other_outcomes_of_exceptions(raised: Verdict) -> None:
    """MemoryError is memory; another exception than the expected one is an error, none at all a failure."""
    assert check(raised, "memory").outcome is Outcome.MEMORY
    assert check(raised, "the_wrong_one_is_an_error").outcome is Outcome.ERROR
    assert check(raised, "none_at_all_is_a_failure").outcome is Outcome.FAILED
    assert check(raised, "none_at_all_is_a_failure").message == "DID NOT RAISE ValueError"


# --- Loading ---


def test_a_missing_export_is_an_error_of_its_checks(make: Callable[..., Question]) -> None:
    """The others are graded; a note says what is missing, and what was probably meant."""
    suite = "def test_f(solution): assert solution.f(1) == 1\ndef test_g(solution): assert solution.transform(1) == 1"
    verdict = graded(make(suite, exports=("f", "transform")), IDENTITY + "def transfrom(x): ...\n")

    assert outcomes(verdict) == {"f": "passed", "g": "error"}
    assert verdict.status is Status.PARTIAL
    assert any("'transfrom'" in note and "'transform'" in note for note in verdict.notes)


def test_none_of_the_names_is_invalid(make: Callable[..., Question]) -> None:
    """Nothing is run; the message says what is asked for and what is near."""
    verdict = graded(make("def test_a(solution): ...", exports=("solve",)), "def slove(x): ...\n")

    assert (verdict.status, verdict.points) == (Status.INVALID, 0)
    assert "solve" in verdict.message
    assert "It defines 'slove'; rename it to 'solve'." in verdict.message


def test_an_error_while_loading(make: Callable[..., Question]) -> None:
    """Every check says what was raised, and in which line."""
    verdict = graded(make("def test_a(solution): ...\ndef test_b(solution): ..."), "import math\n\nmath.sqrt(-1)\n")

    assert outcomes(verdict) == {"a": "error", "b": "error"}
    assert verdict.status is Status.REJECTED
    detail = evidence(verdict, "a")
    assert (detail.traceback[0].file, detail.traceback[0].line, detail.traceback[0].text) == (
        "solution.py", 3, "math.sqrt(-1)",
    )  # fmt: skip
    assert detail.exception == "ValueError: math domain error"


def test_an_error_at_the_end_of_loading(make: Callable[..., Question]) -> None:
    """When all names were defined before, they are graded, and a note tells of it."""
    verdict = graded(make("def test_a(solution): assert solution.f(1) == 1"), f"{IDENTITY}\nprint(f(1) / 0)\n")

    assert verdict.status is Status.ACCEPTED
    assert verdict.notes == (
        "solution.py raised ZeroDivisionError: division by zero; what was defined before is graded",
    )


def test_an_error_in_a_cell_names_the_cell(make: Callable[..., Question], tmp_path: Path) -> None:
    """A notebook is read cell by cell, and so is what it raises."""
    question = make("def test_a(solution): ...")
    sources = ["x = 1", "y = 2", "def helper():\n    return missing\n\nhelper()", IDENTITY]
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
    notebook = tmp_path / "answer.ipynb"
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    notebook.write_text(json.dumps(document), encoding="utf-8")
    verdict = grade(question, notebook, seed=1)
    lines = [(each.file, each.line, each.function) for each in evidence(verdict, "a").traceback]

    assert check(verdict, "a").outcome is Outcome.ERROR
    assert lines == [("answer.ipynb cell 3", 4, "<module>"), ("answer.ipynb cell 3", 2, "helper")]


THREADS = "import threading, time\ndef start(): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("import os\nos._exit(0)", "crashed"),
        ("while True: pass", "timeout"),
        ("while True: print('x' * 1000)", "output"),
        ("x = bytearray(b'x') * 2**30", "memory"),
        ("raise SystemExit(0)", "error"),
        ("import ctypes\nctypes.string_at(0)", "crashed"),
        (f"import os, time\nwhile os.fork(): pass\ntime.sleep({60})", "processes"),
        (f"{THREADS}\nwhile True: start()", "processes"),
        ("import os\nkept = []\nwhile True: kept.append(os.open('/dev/null', os.O_RDONLY))", "descriptors"),
    ],
    ids=["ends", "hangs", "floods", "eats", "exits", "segfaults", "forks", "threads", "opens"],
)
def test_a_submission_that_ends_while_it_is_loaded(make: Callable[..., Question], source: str, outcome: str) -> None:
    """Every check has the outcome that the loading had."""
    question = make("def test_a(solution): ...\ndef test_b(solution): ...", limits={"check": "500ms"})
    verdict = graded(question, source)

    assert outcomes(verdict) == {"a": outcome, "b": outcome}
    assert verdict.status is Status.REJECTED


GREEDY = f"""
{THREADS}

import os, socket

kept = []

def f(what):
    while what == "threads":
        start()
    while what == "children":
        if os.fork() == 0:
            time.sleep(60)
    while what == "files":
        kept.append(os.open("/dev/null", os.O_RDONLY))
    while what == "pairs":
        kept.append(socket.socketpair())
    if what == "nothing there":
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        ours.recv(1)
    raise RuntimeError("can't start new thread")
"""


@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        ("threads", "processes"),
        ("children", "processes"),
        ("files", "descriptors"),
        ("pairs", "descriptors"),
        ("nothing there", "error"),
        ("lies", "error"),
    ],
)
def test_a_limit_that_was_met_is_named(make: Callable[..., Question], what: str, outcome: str) -> None:
    """Processes and threads, files and sockets; what only looks like the first is an error as any other."""
    verdict = graded(make(f"def test_a(solution): solution.f({what!r})"), GREEDY)

    assert outcomes(verdict) == {"a": outcome}
    assert verdict.points == 0


# --- One guest for all checks, and a fresh one after a crash ---

STATEFUL = """
    import os, random, threading, time

    calls = []

    class Box:
        def __init__(self, value): self.value = value

    def f(kind, value=None):
        calls.append(kind)
        if kind == "end": os._exit(3)
        if kind == "sleep": time.sleep(value)
        if kind == "box": return Box(value)
        if kind == "unseedable": random.seed = lambda seed: os._exit(4)
        return len(calls)
"""


def test_a_fresh_guest_after_a_crash(make: Callable[..., Question]) -> None:
    """The check that crashed says so; those after it are graded as if nothing had been."""
    suite = """
        def test_a(solution): assert solution.f("count") == 1
        def test_b(solution): assert solution.f("count") == 2
        def test_c(solution): assert solution.f("end") == 3
        def test_d(solution): assert solution.f("count") == 1
        def test_e(solution): assert solution.f("count") == 2
    """
    verdict = graded(make(suite), STATEFUL)

    assert outcomes(verdict) == {"a": "passed", "b": "passed", "c": "crashed", "d": "passed", "e": "passed"}
    assert verdict.usage.guests == 2
    assert check(verdict, "c").message == "ended its own process with exit code 3"


def test_after_a_crash_the_rest_of_the_check_is_not_believed(make: Callable[..., Question]) -> None:
    """The end of its guest ends a check, whatever it catches."""
    suite = """
        import pytest

        def test_a(solution):
            try:
                solution.f("end")
            except Exception:
                pass
        def test_b(solution):
            with pytest.raises(Exception):
                solution.f("end")
    """

    assert set(outcomes(graded(make(suite), STATEFUL)).values()) == {"crashed"}


def test_a_guest_that_dies_between_checks_is_replaced(make: Callable[..., Question]) -> None:
    """Dying while the next check is prepared is no fault of ours: a submission could choose to be ungraded."""
    suite = """
        def test_a(solution): assert solution.f("unseedable") == 1
        def test_b(solution): assert solution.f("count") == 1
        def test_c(solution): assert solution.f("count") == 2
    """
    verdict = graded(make(suite), STATEFUL)

    assert "broken" not in outcomes(verdict).values()
    assert (outcomes(verdict)["a"], outcomes(verdict)["c"]) == ("passed", "passed")
    assert verdict.status is not Status.BROKEN


def test_handles_of_a_dead_guest_do_no_harm(make: Callable[..., Question]) -> None:
    """Forgetting one does not make its successor forget, and using one does not reach another object."""
    suite = """
        kept = []

        def test_a(solution): kept.append(solution.f("box", "old"))
        def test_b(solution): solution.f("end")
        def test_c(solution):
            new = solution.f("box", "new")
            kept.append(solution.f("box", "newer"))
            stale = kept.pop(0)
            del stale
            assert (new.value, new.value) == ("new", "new")
        def test_d(solution): solution.f("end")
        def test_e(solution):
            first, second = solution.f("box", "another"), solution.f("box", "another")
            assert kept[0].value == "another"
    """
    verdict = graded(make(suite), STATEFUL)

    assert outcomes(verdict)["c"] == "passed"
    assert outcomes(verdict)["e"] not in {"passed", "broken"}


def test_each_check_has_its_share_of_the_clock(make: Callable[..., Question]) -> None:
    """A check that takes too long is ended; when the whole is used up, the rest is not run."""
    suite = "\n".join(f"def test_{name}(solution): solution.f('sleep', 9)" for name in "abcde")
    limits = {"wall": "1200ms", "check": "450ms"}
    verdict = graded(make(f"def test_quick(solution): ...\n{suite}", limits=limits), textwrap.dedent(STATEFUL))

    assert list(outcomes(verdict).values()) == ["passed", "timeout", "timeout", "timeout", "not-run", "not-run"]
    assert verdict.usage.wall <= 1.5
    assert check(verdict, "d").message == "the limits were used up before"


def test_a_submission_that_keeps_crashing_is_given_up(make: Callable[..., Question]) -> None:
    """Guests are not endless."""
    suite = "import pytest\n" + "\n".join(f"def test_{number}(solution): solution.f('end')" for number in range(14))
    verdict = graded(make(suite), STATEFUL)

    assert list(outcomes(verdict).values()) == ["crashed"] * 12 + ["not-run"] * 2
    assert verdict.status is Status.REJECTED


def test_what_it_prints_is_shown_and_not_believed(make: Callable[..., Question]) -> None:
    """Whatever it says about itself."""
    source = 'import os\ndef f(x):\n    print("test_a PASSED")\n    os.write(2, b"1 passed")\n    return None\n'
    verdict = graded(make("def test_a(solution): assert solution.f(1) == 1"), source)

    assert outcomes(verdict) == {"a": "failed"}
    assert "test_a PASSED" in verdict.output
    assert "1 passed" in verdict.output


def test_what_was_used_is_told(make: Callable[..., Question]) -> None:
    """Time, memory and guests, each beside its limit; the versions, python's among them."""
    source = "import time\ndata = bytearray(b'x') * 2**25\ndef f(x):\n    time.sleep(0.05)\n    return x\n"
    verdict = graded(make("def test_a(solution): assert solution.f(1) == 1"), source)
    usage = verdict.usage

    assert 0.05 <= usage.wall < usage.wall_limit == 20
    assert 2**25 <= usage.memory < usage.memory_limit == 2**28
    assert usage.guests == 1
    assert verdict.environment["python"] == ".".join(map(str, sys.version_info[:3]))


def test_what_is_forbidden(make: Callable[..., Question]) -> None:
    """What the syntax shows is refused unread; what only shows when it runs is refused there."""
    question = load_question(QUESTIONS / "bank" / "plain" / "interface")
    own = QUESTIONS / "solutions" / "plain" / "interface"
    disguised = grade(question, own / "forbidden" / "fsum_in_disguise.py", seed=1)
    plain = grade(question, submission("import ctypes\nLIMIT = 3\n"), seed=1)

    assert {each.outcome for each in plain.checks} == {Outcome.FORBIDDEN}
    assert (plain.status, plain.usage.guests) == (Status.REJECTED, 0)
    assert check(disguised, "handles_are_passed_back").outcome is Outcome.FORBIDDEN
    assert check(disguised, "handles_are_passed_back").message == "this question forbids math.fsum"


# --- Values no honest submission returns ---


class Oracle:
    """Answers every request with the same value."""

    generation = 0

    def __init__(self, value: object, status: str = "ok") -> None:
        self.value, self.status = value, status

    def ask(self, *_request: object) -> tuple[str, Any]:
        return self.status, self.value

    def forget(self, number: int) -> None: ...


NONSENSE: list[Any] = [
    None,
    5,
    -1,
    2**70,
    10**5000,
    1.5,
    "text",
    "\ud800",
    b"bytes",
    [],
    [1, 2],
    {},
    {1: 2},
    {10**5000},
]
ODD_FAILURES: list[Any] = [
    *NONSENSE,
    {"types": 5, "name": ["x"], "message": {}, "kind": None, "traceback": 5},
    {"types": ["SystemExit"], "name": "x", "message": "y", "traceback": [["f", "1", "g", "h"], [1], 7, None]},
    {"types": ["BaseException", 5, None], "message": 10**5000, "name": 10**5000, "kind": 10**5000},
    {"types": ["__import__"], "traceback": {"a": 1}},
    {"types": ["ValueError"], "traceback": [["\ud800", 10**5000, "\ud800", "\ud800"]]},
]


@pytest.mark.parametrize("failure", ODD_FAILURES, ids=range(len(ODD_FAILURES)))
def test_an_odd_failure_is_a_failure(failure: object) -> None:
    """An exception that is no proper data is one all the same, put down to the submission, and can be reported."""
    error = remote_exception(failure)

    assert isinstance(error, Exception)
    assert not isinstance(error, StopIteration | BaseExceptionGroup)
    assert classify(error)[0] is Outcome.ERROR
    assert json.dumps(classify(error)[1]).encode()
    for line in vars(error)["remote"].traceback:
        assert line.model_dump_json()


@pytest.mark.parametrize("value", NONSENSE, ids=range(len(NONSENSE)))
@pytest.mark.parametrize(
    "use", [len, list, lambda handle: handle.name, lambda handle: handle(1), lambda handle: handle[0]]
)
def test_an_odd_answer_about_a_handle_is_no_fault_of_ours(use: Callable[[Handle], object], value: object) -> None:
    """A length that is none, an item that is none: the check fails, and nothing is broken."""
    handle = Handle(Solution(Oracle(value)), wire.HandleRef(1, "Thing"))
    try:
        use(handle)
    except BaseException as error:  # whatever it is, it must not be called broken
        assert classify(error)[0] in {Outcome.FAILED, Outcome.ERROR}  # noqa: PT017  nor need it raise


ODD_LOADS = [*NONSENSE, {"defined": 5, "names": 7, "failure": []}, {"defined": [[1]], "failure": {}}]


@pytest.mark.parametrize("value", ODD_LOADS, ids=range(len(ODD_LOADS)))
def test_an_odd_answer_to_loading_is_nothing(value: object) -> None:
    """What is malformed counts as nothing defined."""
    loaded = _loaded(value)

    assert all(isinstance(name, str) for name in loaded.defined + loaded.names)


# --- Stand-ins ---


def stand_in(source: str) -> Solution:
    return Solution(LocalRespondent("sample", textwrap.dedent(source)))


def test_a_stand_in_remembers_its_last_call() -> None:
    """As source, with its arguments summarised; a probe by its name."""
    solution = stand_in(STATEFUL)
    box = solution.f("box", value=[1, 2])

    assert describe_last_call(solution) == "f('box', value=[1, 2])"
    solution.run(len_of_calls, 3, end=box)
    assert describe_last_call(solution) == "probe len_of_calls(3, end=<Box in the guest>)"
    assert describe_last_call(stand_in(IDENTITY)) is None


def len_of_calls(module: Any, *args: object, **kwargs: object) -> int:
    return len(module.calls)


def test_the_reference_sees_copies_too() -> None:
    """It is asked through the same wire, so that it cannot change what a test holds."""
    values = [3, 1, 2]

    assert stand_in("def f(x):\n    x.sort()\n    return x\n").f(values) == [1, 2, 3]
    assert values == [3, 1, 2]


@pytest.mark.parametrize(
    ("types", "caught"),
    [
        (["KeyError", "ValueError"], [KeyError, ValueError, LookupError]),
        (["OSError", "ValueError"], [OSError, ValueError]),
        (["Exception", "TypeError"], [TypeError]),
        (["OSError", "KeyError"], [OSError]),
        (["SystemExit", "StopIteration"], [Exception]),
    ],
)
def test_an_exception_of_several_kinds_is_all_of_them(types: list[str], caught: list[type[Exception]]) -> None:
    """As far as Python has a class of both, and never one that steers the interpreter."""
    error = remote_exception({"types": types, "name": "Mine", "message": "no"})

    assert all(isinstance(error, kind) for kind in caught)
    assert not isinstance(error, SystemExit | StopIteration)
    assert "no" in str(error)


def test_an_object_of_one_side_is_not_passed_to_the_other() -> None:
    """Its number would stand for another object there."""
    reference = Solution(LocalRespondent("reference", "def f(x):\n    return x\n"))
    foreign = Handle(Solution(Oracle(None)), wire.HandleRef(1, "Thing"))

    with pytest.raises(SuiteFaultError, match="cannot be passed to the other"):
        reference.f(foreign)


def test_a_reference_that_cannot_be_loaded_is_our_fault() -> None:
    """It says which, and why."""
    with pytest.raises(RuntimeError, match=r"sample\.py cannot be loaded: ZeroDivisionError") as caught:
        stand_in("1 / 0")

    assert classify(caught.value)[0] is Outcome.BROKEN


def test_a_message_does_not_say_where_an_object_lay() -> None:
    """It would be another place every time, and the same submission would not get the same verdict."""
    error = AssertionError(
        "assert False\n +  where False = all(<generator object f.<locals>.<genexpr> at 0x7f59fe8d1460>)"
    )

    assert classify(error) == (
        Outcome.FAILED,
        "assert False\n +  where False = all(<generator object f.<locals>.<genexpr>>)",
    )


def test_stand_ins_are_curious_about_nothing() -> None:
    """What pytest, Hypothesis and copy ask of any object does not become a request."""
    solution = Solution(Oracle(None))
    handle = Handle(solution, wire.HandleRef(1, "Thing"))
    for thing in (solution, solution.f, handle):
        assert not hasattr(thing, "__wrapped__")
        assert not hasattr(thing, "__array__")
        assert repr(thing)
    assert bool(handle)
    assert describe_last_call(solution) is None


# --- Isolation ---


def test_weaker_isolation_is_used_and_told(
    make: Callable[..., Question], scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without bubblewrap, and where it fails: graded all the same, at the next level, with a note; nothing stays."""
    question = make("def test_a(solution): assert solution.f(1) == 1")
    helpless = scratch / "bwrap"
    helpless.write_text("#!/bin/sh\necho bwrap: no permission >&2\nexit 1\n", encoding="utf-8")
    helpless.chmod(0o755)
    for found in (None, str(helpless)):
        monkeypatch.setattr("grader.sandbox.launch.find_bubblewrap", lambda found=found: found)
        try:
            verdict = graded(question)
        except IsolationError as error:
            pytest.skip(str(error))

        assert verdict.status is Status.ACCEPTED
        assert verdict.isolation is not None
        assert verdict.isolation.level is Level.RESTRICTED
        assert any("isolation is restricted" in note for note in verdict.notes)
        assert list(scratch.iterdir()) == [helpless]


def test_isolation_that_is_demanded_is_not_weakened(
    make: Callable[..., Question], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather no verdict than one without the walls that were asked for."""
    question = make("def test_a(solution): ...")
    monkeypatch.setattr("grader.sandbox.launch.find_bubblewrap", lambda: "/bin/false")
    with pytest.raises(IsolationError):
        graded(question, isolation=Level.FULL)


# --- Many submissions, one warm exam ---


def test_a_warm_exam_grades_one_after_the_other(make: Callable[..., Question]) -> None:
    """Each submission starts from nothing; a template that died is replaced."""
    question, children = make("def test_a(solution): assert solution.f('count') == 1"), tree.children(os.getpid())
    try:
        with WarmExam(question) as exam:
            verdicts = [graded(question, STATEFUL, exam=exam), graded(question, IDENTITY, exam=exam)]
            exam._template._process.kill()
            exam._template._process.wait()
            verdicts.append(graded(question, STATEFUL, exam=exam))
    finally:
        gc.unfreeze()

    assert [verdict.status for verdict in verdicts] == [Status.ACCEPTED, Status.REJECTED, Status.ACCEPTED]
    assert tree.children(os.getpid()) == children


def test_a_ruined_grading_does_not_ruin_the_next(make: Callable[..., Question]) -> None:
    """An examiner that is killed leaves the exam as it was."""
    suite = "import os\ndef test_a(solution):\n    if solution.f(9) == 9:\n        os.kill(os.getpid(), 9)"
    question = make(suite)
    try:
        with WarmExam(question) as exam:
            statuses = [
                graded(question, source, exam=exam).status for source in (IDENTITY, "f = abs and str", IDENTITY)
            ]
            template = exam._template._process.pid

            assert statuses == [Status.BROKEN, Status.ACCEPTED, Status.BROKEN]
            assert eventually(lambda: len(tree.family(template)) <= 2)  # bubblewrap and Python
    finally:
        gc.unfreeze()


# --- The author's way ---


def author(suite: Path, solution: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", str(suite), "-p", "grader.exam.plugin", "--solution", str(solution)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    quiet = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(suite.parent), "--noconftest"]
    return subprocess.run(
        [*command, *quiet], env=environment, cwd=suite.parent, capture_output=True, text=True, check=False, timeout=100
    )


def test_an_author_runs_the_suite_as_it_is() -> None:
    """Plain pytest, through the same boundary: passes on the reference, and shows why on a wrong solution."""
    right = author(ECHO / "test_hidden.py", ECHOES / "reference.py")
    wrong = author(ECHO / "test_hidden.py", ECHOES / "wrong" / "says_and_adds.py")

    assert (right.returncode, right.stdout.splitlines()[-1].split(" in ")[0]) == (0, "4 passed"), right.stdout
    assert (wrong.returncode, wrong.stdout.splitlines()[-1].split(" in ")[0]) == (1, "3 failed, 1 passed"), wrong.stdout
    assert "3 of 3 values differ" in wrong.stdout


def test_an_author_without_a_solution_is_told() -> None:
    """The option is named."""
    suite = ECHO / "test_public.py"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(suite), "-p", "grader.exam.plugin", "-p", "no:cacheprovider", "-q"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=suite.parent, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip

    assert done.returncode == 1
    assert "--solution FILE" in done.stdout
