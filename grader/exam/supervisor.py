"""Makes a question ready, hands plans to examiners, and gathers what they report.

An examiner that dies or hangs makes the run broken, never the submission failed. What it reports comes through a
socket that no guest has ever seen.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import signal
import socket
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from grader.errors import BrokenError
from grader.exam.closing import Closing
from grader.exam.desk import at_strongest, wants
from grader.exam.forkserver import ForkServer, read_log
from grader.plan import make_plan
from grader.question import Visibility
from grader.sandbox import wire
from grader.sandbox.frames import Frames
from grader.sandbox.host import Template, clear_stale_groups
from grader.submission import read_submission
from grader.verdict import Outcome, RawResult, Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.plan import Plan
    from grader.question import Question
    from grader.verdict import Level

SLACK_SECONDS = 180.0
"""What the grader itself may take beside waiting for the submission: the suite's own work."""


def execute(plan: Plan) -> Run:
    """Run every check of the plan on its submission, from cold.

    Raises:
        IsolationError: the isolation that is demanded cannot be had.
    """
    with WarmExam(plan.question, plan.level, plan.visibilities or (Visibility.HIDDEN,)) as exam:
        return exam.execute(plan)


class WarmExam:
    """One question, made ready: a template that waits, and suites that are collected. A submission costs two forks."""

    def __init__(
        self,
        question: Question,
        level: Level | None = None,
        visibilities: Sequence[Visibility] = tuple(Visibility),
    ) -> None:
        """Start the template, and collect the suites while that one imports.

        Raises:
            IsolationError: the isolation that is demanded cannot be had.
        """
        self._question, self._level = question, level
        self._suites = [question.suite(visibility) for visibility in visibilities]
        self._lock = threading.Lock()
        self._closed = False
        self._seen: Closing | None = None
        _use_one_thread()
        self._open()

    def execute(self, plan: Plan) -> Run:
        """Run the checks of a plan of this question; may be called by several threads at once.

        Raises:
            GraderError: it was closed, or what had died meanwhile cannot be started anew.
        """
        with self._lock:
            if self._closed:
                raise BrokenError("the exam has been closed")
            self._renew()
        started = time.monotonic()
        # one submission alone has nobody to learn from; in a rehearsed exam many come
        replays = self._seen is not None and plan.mirror is None and not plan.trace
        messages = list(self._supervise(replace(plan, replays=replays)))
        run = _gather(plan, messages, time.monotonic() - started)
        return replace(run, notes=self._notes + run.notes)

    @classmethod
    def rehearsed(cls, question: Question, level: Level | None = None) -> Self:
        """Make a question ready for many submissions; what `rehearse` raises leaves nothing running."""
        exam = cls(question, level)
        try:
            exam.rehearse()
        except BaseException:
            exam.close()
            raise
        return exam

    def rehearse(self) -> None:
        """Run all checks on the reference once, and do in advance what both sides did on the way.

        Many packages import a part of themselves at first use. Every examiner and every guest is a fork, so that each
        would pay for that anew: torch's optimizers take most of a second. The suites' probes are pickled in advance
        too. Call it before submissions are executed.

        Raises:
            GraderError: what had died meanwhile cannot be started anew.
        """
        reference = read_submission(self._question.reference, self._question.spec)
        plan = replace(make_plan(self._question, reference, seed=0, level=self._level), survey=True, replays=True)
        for message in self._supervise(plan):
            if isinstance(message, Closing):
                self._seen = message
        self._prepare()

    def _prepare(self) -> None:
        """Do in advance what was seen in the rehearsal, if there was one."""
        if self._seen is not None:
            self._server.prepare(self._seen.modules, self._seen.probes)
            self._template.import_in_advance(self._seen.guest_modules)

    def _renew(self) -> None:
        """Start anew what has died meanwhile."""
        if not (self._template.alive and self._server.alive):
            self._undo.close()
            self._open()
            self._prepare()

    def close(self) -> None:
        """End the template and the fork server, and with them what runs in them; nothing is executed after that."""
        with self._lock:
            self._closed = True
            self._undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _open(self) -> None:
        (self._template, self._server, self._undo), self._notes = at_strongest(self._level, self._start)

    def _start(self, level: Level) -> tuple[Template, ForkServer, contextlib.ExitStack]:
        with contextlib.ExitStack() as undo:
            template = Template(wants(self._question, level))
            undo.callback(template.close)
            server = ForkServer(self._suites, template)
            undo.callback(server.close)
            server.wait()
            return template, server, undo.pop_all()

    def _supervise(self, plan: Plan) -> Iterator[object]:
        """Have an examiner forked and yield what it reports."""
        log = os.memfd_create("examiner-log", os.MFD_CLOEXEC)
        closed = False
        try:
            for message in self._hear(plan, log):
                closed = closed or isinstance(message, Closing)
                yield message
        except BrokenError as error:  # the fork server died just now
            yield str(error)
        finally:
            text = read_log(log)
            os.close(log)
        if not closed:
            clear_stale_groups()
        if text:
            yield text

    def _hear(self, plan: Plan, log: int) -> Iterator[object]:
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                pidfd = self._server.fork(theirs, log, plan.seed)
            channel, free = Frames(ours), False
            try:
                channel.send(pickle.dumps(plan))
                for message in _messages(
                    channel, time.monotonic() + 3 * plan.question.spec.limits.wall + SLACK_SECONDS
                ):
                    free = isinstance(message, Closing) and message.free
                    yield message
            except wire.PeerClosedError:
                pass  # it died before it had read the plan: its log says why
            finally:
                if not free:
                    _end(pidfd)
                os.close(pidfd)


def _end(pidfd: int) -> None:
    """Kill an examiner, unless it has ended, and wait until it is gone."""
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    select.select([pidfd], [], [])


def _use_one_thread() -> None:
    """Have numeric libraries of this process compute in one thread: results repeat, and the guest keeps its core."""
    for name in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{name}_NUM_THREADS", "1")


def _messages(channel: Frames, deadline: float) -> Iterator[object]:
    """Yield what the examiner pickled, until its last words, its end or the deadline. Both ends are ours."""
    while True:
        try:
            messages = pickle.loads(channel.receive(deadline=deadline))
        except (wire.PeerClosedError, TimeoutError):
            return
        yield from messages
        if any(isinstance(message, Closing) for message in messages):
            return


def _gather(plan: Plan, messages: Sequence[object], seconds: float) -> Run:
    """Put the examiner's reports together, in the order of the plan."""
    seen: dict[tuple[str, str], RawResult] = {}
    for message in messages:
        if isinstance(message, RawResult):
            key = (message.visibility.value, message.name)
            seen[key] = _worse(seen[key], message) if key in seen else message
    closing = next((message for message in messages if isinstance(message, Closing)), None)
    said = next((message for message in reversed(messages) if isinstance(message, str)), "")
    results = _in_order(plan, seen)
    if closing is None:
        reason = said.splitlines()[-1] if said else "the examiner ended without a word"
        return Run(results, seconds=seconds, broken=reason)
    return Run(
        results,
        performance=closing.performance,
        isolation=closing.isolation,
        usage=closing.usage,
        output=closing.output,
        notes=closing.notes,
        versions=closing.versions,
        undefined=closing.undefined,
        names=closing.names,
        seconds=seconds,
        coverage=closing.coverage,
        broken=closing.broken,
    )


def _in_order(plan: Plan, seen: dict[tuple[str, str], RawResult]) -> tuple[RawResult, ...]:
    """Return a result for every check: one that was not executed is our fault, unless the run was cut short."""
    failures = sum(result.outcome is not Outcome.PASSED for result in seen.values())
    stopped = plan.max_failures is not None and failures >= plan.max_failures
    missing = (
        (Outcome.NOT_RUN, "the run was stopped before") if stopped else (Outcome.BROKEN, "the check was not executed")
    )
    return tuple(
        seen.get((check.visibility.value, check.name)) or RawResult(check.name, check.visibility, *missing)
        for check in plan.checks
    )


def _worse(first: RawResult, second: RawResult) -> RawResult:
    """Of two instances of one parametrised check, keep the one that did not pass; time adds up."""
    kept = first if first.outcome is not Outcome.PASSED else second
    return replace(kept, seconds=first.seconds + second.seconds, waited=max(first.waited, second.waited))
