"""What became of each check: an exception seen in the examiner becomes an outcome with its evidence."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from pickle import PicklingError
from typing import TYPE_CHECKING, Any, Literal

import pytest
from _pytest.assertion import util

from grader.exam.compare import Mismatch, summary
from grader.exam.examples import PROGRESS, UNTRIED
from grader.exam.solution import OURS, CheckEnded, RemoteFailure, SuiteFaultError, describe_last_call
from grader.question import Visibility
from grader.sandbox.wire import WireError
from grader.verdict import Detail, Outcome, RawResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.exam.desk import Desk

MAX_TEXT = 4000
UNSTEADY = "the same input gave another result the second time"
_LIMITS = {
    "memory": Outcome.MEMORY,
    "disk": Outcome.OUTPUT,
    "processes": Outcome.PROCESSES,
    "descriptors": Outcome.DESCRIPTORS,
}
"""The limit that an exception tells of, by its kind."""
_PACKAGE = str(Path(__file__).resolve().parent.parent) + os.sep
_ADDRESS = re.compile(r" at 0x[0-9a-f]+(?=>)")
"""Where an object lies, as its repr tells: another place in every run, so that no verdict would be the same twice."""


class Recorder:
    """Listens to pytest and reports each check as it ends.

    The fork server registers one for all examiners, which takes pytest some time; each has it report to itself.
    """

    _desk: Desk
    _say: Callable[[RawResult], None]

    def attend(self, desk: Desk, say: Callable[[RawResult], None]) -> None:
        """Report to `say` what becomes of the checks at a desk, from now on."""
        self._desk = desk
        self._say = say

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Turn one phase of one check into a result.

        The report, which goes nowhere, tells pytest to go on and no more: its own would parse the suite's source.
        """
        result = self._result(item, call)
        if result is not None:
            tried, drawn = item.stash.get(PROGRESS, UNTRIED)
            self._say(replace(result, waited=self._desk.candidate.waited, tried=tried, drawn=drawn))
        assert call.when != "collect", "a check is set up, called and torn down"
        outcome: Literal["passed", "failed"] = "passed" if call.excinfo is None else "failed"
        return pytest.TestReport(item.nodeid, item.location, {}, outcome, None, call.when)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        """Explain a plain assert in our own words: pytest's may take minutes over long texts that differ everywhere."""
        before, util._reprcompare = util._reprcompare, explain
        try:
            return (yield)
        finally:
            util._reprcompare = before

    def _result(self, item: pytest.Item, call: pytest.CallInfo[None]) -> RawResult | None:
        name = getattr(item, "originalname", item.name)
        visibility = Visibility(item.path.stem.removeprefix("test_"))
        if call.excinfo is None:
            # only a call that ran and raised nothing is positive evidence
            return RawResult(name, visibility, Outcome.PASSED, seconds=call.duration) if call.when == "call" else None
        error = call.excinfo.value
        if _is_by_the_machine(error):
            self._desk.candidate.spoil()  # whoever answers the same next may be told otherwise
        last_call = describe_last_call(self._desk.solution)
        result = describe(error, name, visibility, last_call, call.duration)
        if call.when != "call" and result.outcome is Outcome.FAILED:
            return RawResult(name, visibility, Outcome.BROKEN, f"{call.when} failed: {_text(error)}")
        return result


def explain(operator: str, left: object, right: object) -> str:
    """Write a comparison that failed, both sides summarised."""
    return f"{summary(left)} {operator} {summary(right)}".replace("\n", "\\n")


def describe(error: BaseException, name: str, visibility: Visibility, call: str | None, seconds: float) -> RawResult:
    """Return what an exception means for the check it ended."""
    outcome, message = classify(error)
    remote = getattr(error, "remote", None)
    detail = Detail(
        call=call,
        expected=error.expected if isinstance(error, Mismatch) else None,
        actual=error.actual if isinstance(error, Mismatch) else None,
        difference=error.difference if isinstance(error, Mismatch) else None,
        example=_example(error),
        exception=remote.text if isinstance(remote, RemoteFailure) else None,
        traceback=remote.traceback if isinstance(remote, RemoteFailure) else (),
    )
    return RawResult(name, visibility, outcome, message, seconds, detail)


def classify(error: BaseException) -> tuple[Outcome, str]:
    """Return outcome and message. Only what names the submission as the cause may count against it."""
    if isinstance(error, CheckEnded):
        return error.outcome, error.reason
    remote = getattr(error, "remote", None)
    if isinstance(remote, RemoteFailure):
        if remote.kind == OURS:
            return Outcome.BROKEN, f"the reference raised {remote.text}"
        usual = Outcome.MEMORY if isinstance(error, MemoryError) else Outcome.ERROR
        return _LIMITS.get(remote.kind, usual), remote.text
    if isinstance(error, pytest.skip.Exception | pytest.xfail.Exception):
        return Outcome.BROKEN, f"the suite skipped the check: {error}"
    if _is_hypothesis_fault(error) or _is_our_fault(error):
        return Outcome.BROKEN, _text(error)
    return Outcome.FAILED, UNSTEADY if _is_unsteady(error) else _text(error)


def _is_unsteady(error: BaseException) -> bool:
    """Whether Hypothesis says that a failure does not repeat itself; its own words name files of ours."""
    from hypothesis.errors import Flaky

    return isinstance(error, Flaky)


def _is_hypothesis_fault(error: BaseException) -> bool:
    """Whether the suite's own strategies are at fault."""
    from hypothesis.errors import FailedHealthCheck, InvalidArgument, Unsatisfiable

    return isinstance(error, FailedHealthCheck | Unsatisfiable | InvalidArgument)


def _is_by_the_machine(error: BaseException) -> bool:
    """Whether the examiner itself ran short of something, which no answer tells."""
    return isinstance(error, MemoryError | OSError) and not hasattr(error, "remote")


def _is_our_fault(error: BaseException) -> bool:
    """Whether no submission can be the cause: a name or module the suite lacks, or the grader's own code failing."""
    if isinstance(error, NameError | ImportError | PicklingError | SuiteFaultError):
        return True
    if isinstance(error, AssertionError | WireError):
        return False
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return step is not None and step.tb_frame.f_code.co_filename.startswith(_PACKAGE)


def _text(error: BaseException) -> str:
    """Write an exception for a person: an assertion as it is, anything else with its type."""
    if isinstance(error, Mismatch):
        return error.difference[:MAX_TEXT]
    message = _ADDRESS.sub("", str(error)[:MAX_TEXT])
    if isinstance(error, AssertionError | pytest.fail.Exception):
        return message or "an assertion failed"
    return f"the result could not be used: {type(error).__name__}: {message}"


def _example(error: BaseException) -> str | None:
    notes: list[Any] = getattr(error, "__notes__", [])
    lines = [str(note) for note in notes if "alsifying" in str(note)]
    return "\n".join(lines)[:MAX_TEXT] or None
