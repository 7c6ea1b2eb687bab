"""The trusted process that runs the checks of one plan on one submission, and reports what it saw."""

from __future__ import annotations

import pickle
import sys
from typing import TYPE_CHECKING

from grader.exam.closing import Closing
from grader.exam.desk import Desk, lay_desk
from grader.exam.findings import describe
from grader.exam.plugin import DESK
from grader.exam.replay import Replay
from grader.exam.solution import probes_sent
from grader.exam.tracing import traced
from grader.sandbox.frames import Frames
from grader.sandbox.servant import imported
from grader.verdict import Detail, Isolation, Outcome, PerformanceResult, RawResult, Usage

if TYPE_CHECKING:
    import socket

    import pytest

    from grader.exam.findings import Recorder
    from grader.exam.transcripts import Shelf
    from grader.plan import Plan
    from grader.sandbox.host import Template
    from grader.verdict import Coverage


class Examination:
    """One run of the checks, in a fork of a pytest session that has collected them."""

    def __init__(
        self,
        session: pytest.Session | None,
        recorder: Recorder,
        template: Template,
        sock: socket.socket,
        fault: str,
        shelf: Shelf | None,
    ) -> None:
        self._session = session
        self._recorder = recorder
        self._shelf = shelf
        self._template = template
        self._channel = Frames(sock)
        self._fault = fault
        self._notes: tuple[str, ...] = ()
        self._failing: set[tuple[str, str]] = set()
        self._coverage: list[Coverage] = []
        self._modules: tuple[list[str], list[str]] = ([], [])
        self._free = False
        self._held: list[RawResult] = []

    def say(self, *messages: object) -> None:
        """Report to the supervisor at once, so that nothing already seen is lost; first what was held."""
        told, self._held = (*self._held, *messages), []
        self._channel.send(pickle.dumps(told))

    def _report(self, result: RawResult) -> None:
        """Report what a check showed."""
        self._hold(result)
        self.say()

    def _hold(self, result: RawResult) -> None:
        """Report with what comes next: to tell of each known check alone costs more than to know it."""
        self._held.append(result)
        if result.outcome is not Outcome.PASSED:  # several instances of a parametrised check are one
            self._failing.add((result.visibility.value, result.name))

    def run(self) -> Closing:
        """Receive the plan, load the submission, run the checks, close; return the last words, still to be said."""
        plan: Plan = pickle.loads(self._channel.receive())  # from our own supervisor
        desk = lay_desk(plan.question, plan.submission, plan.seed, self._template, plan.mirror)
        broken = self._fault
        self._template.proof = None  # a verdict names what its own guests have proven
        try:
            if self._load(plan, desk) and not broken and self._session is not None:
                known = set(sys.modules)
                broken = self._examine(plan, desk, self._session)
                if plan.survey:
                    self._modules = _late(known), desk.candidate.ask("modules", (), None)[1]
        finally:
            closing = self._close(desk, broken)
        return closing

    def _load(self, plan: Plan, desk: Desk) -> bool:
        """Load the submission; when that fails, every check fails with it. True when there is something to test."""
        try:
            desk.candidate.begin(plan.seed)
            desk.candidate.open()
        except BaseException as error:  # whatever the submission raised, or ended with
            self.say(*(describe(error, check.name, check.visibility, None, 0.0) for check in plan.checks))
            return False
        loaded = desk.candidate.loaded
        if loaded is not None and loaded.failure is not None:
            self._notes = (f"{loaded.label} raised {loaded.failure.text}; what was defined before is graded",)
        return bool(loaded and loaded.defined)

    def _examine(self, plan: Plan, desk: Desk, session: pytest.Session) -> str:
        if not plan.trace:
            return self._run_checks(plan, desk, session)
        with traced(desk) as self._coverage:
            return self._run_checks(plan, desk, session)

    def _run_checks(self, plan: Plan, desk: Desk, session: pytest.Session) -> str:
        """Run the plan's checks in its order; return why that was not possible, if so."""
        config = session.config
        config.stash[DESK] = lambda _folder: desk
        items = _items_of(plan, session)
        if not items:
            return "there is no such check to run"
        replay = Replay(desk, self._shelf, self._report) if plan.replays and self._shelf is not None else None
        self._recorder.attend(desk, self._report if replay is None else replay.say)
        for item, following in zip(items, [*items[1:], None], strict=True):
            self._settle(item, following, replay)
            if plan.max_failures and len(self._failing) >= plan.max_failures:
                break
        if replay is not None:
            replay.end()
            self._free = not replay.ran
        return ""

    def _settle(self, item: pytest.Item, following: pytest.Item | None, replay: Replay | None) -> None:
        """See that a check is reported: run it, unless it ends as it did for others before."""
        known = None if replay is None else replay.known(item, following)
        if known is not None:
            self._hold(known)
            return
        if self._held:
            self.say()  # it may be the last that is heard of us
        if replay is not None:
            replay.run(item, following)
        else:
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)

    def _close(self, desk: Desk, broken: str) -> Closing:
        limits = desk.question.spec.limits
        candidate = desk.candidate
        desk.close()
        loaded = candidate.loaded
        exports = desk.question.spec.submission.exports
        return Closing(
            isolation=self._template.isolation(),
            usage=Usage(
                wall=round(candidate.wall, 3),
                wall_limit=limits.wall,
                cpu=round(candidate.cpu, 2),
                cpu_limit=limits.cpu,
                memory=candidate.memory,
                memory_limit=limits.memory,
                guests=candidate.guests,
            ),
            performance=tuple(desk.measured),
            output=candidate.output,
            notes=(*self._notes, *desk.notes),
            versions={"python": ".".join(map(str, sys.version_info[:3])), **self._template.versions},
            undefined=tuple(name for name in exports if loaded is not None and name not in loaded.defined),
            names=loaded.names if loaded is not None else (),
            coverage=next(iter(self._coverage), None),
            broken=broken,
            modules=tuple(self._modules[0]),
            guest_modules=tuple(self._modules[1]),
            probes=probes_sent(desk.solution),
            free=self._free and not broken,
        )


def build_validators() -> None:
    """Build what reports are validated with, so that no fork has to."""
    for model in (Detail, Isolation, PerformanceResult, Usage):
        model.model_rebuild()


def _late(known: set[str]) -> list[str]:
    """Name what has been imported since, in that order."""
    return [name for name in imported() if name not in known]


def _items_of(plan: Plan, session: pytest.Session) -> list[pytest.Item]:
    """Return the collected checks of a plan in its order; a parametrised one is several items."""
    by_check: dict[tuple[str, str], list[pytest.Item]] = {}
    for item in session.items:
        key = (item.path.name, getattr(item, "originalname", item.name))
        by_check.setdefault(key, []).append(item)
    return [
        item for check in plan.checks for item in by_check.get((f"test_{check.visibility.value}.py", check.name), [])
    ]
