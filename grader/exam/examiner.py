"""The trusted process: runs the suites of one question on one submission, and reports what it saw.

`execute` starts the guest template, forks the examiner while that one imports, and supervises: an examiner that dies or
hangs makes the run broken, never the submission failed. What the examiner reports comes through a pipe that no guest
has ever seen.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import os
import pickle
import signal
import socket
import sys
import time
import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from grader.errors import BrokenError, GraderError, IsolationError
from grader.exam.desk import Desk, degraded, lay_desk, open_template, wants
from grader.question import Visibility
from grader.sandbox import kernel, wire
from grader.sandbox.host import Template, clear_stale_groups
from grader.verdict import Isolation, Level, Outcome, PerformanceResult, RawResult, Run, Usage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from grader.plan import Plan
    from grader.question import Question

SLACK_SECONDS = 180.0
"""What the grader itself may take beside waiting for the submission: cold imports, the suite's own work."""


@dataclass(frozen=True)
class Closing:
    """The examiner's last words: what is known only at the end."""

    isolation: Isolation
    usage: Usage
    performance: tuple[PerformanceResult, ...]
    output: str
    notes: tuple[str, ...]
    versions: dict[str, str]
    undefined: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    broken: str = ""


def execute(plan: Plan) -> Run:
    """Run every check of the plan on its submission, from cold.

    Raises:
        IsolationError: the isolation that is demanded cannot be had.
    """
    template, notes = _start_template(plan)
    try:
        return _run(plan, template, notes)
    finally:
        template.close()


class WarmExam:
    """One question, made ready: a template that waits, and all that its suites import. A submission costs a fork."""

    def __init__(self, question: Question, level: Level | None = None) -> None:
        """Start the template, and import in this process while that one imports in its own.

        Raises:
            IsolationError: the isolation that is demanded cannot be had.
        """
        self._question, self._level = question, level
        use_one_thread()
        self._template, self.notes = open_template(question, level)
        import hypothesis  # noqa: F401  before pytest, whose import hook would rewrite it anew
        import pytest  # noqa: F401  what an examiner needs, imported once for all

        for visibility in Visibility:
            _import_what_it_imports(question.suite(visibility))
        gc.collect()
        gc.freeze()  # a collection in an examiner would touch, and so copy, every shared page

    def execute(self, plan: Plan) -> Run:
        """Run every check of a plan of this question; a template that died meanwhile is replaced."""
        if not self._template.alive:
            self._template.close()
            self._template, self.notes = open_template(self._question, self._level)
        return _run(plan, self._template, self.notes)

    def close(self) -> None:
        """End the template."""
        self._template.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def _import_what_it_imports(suite: Path) -> None:
    """Import every module a suite names, inside functions too, so that its examiners need not."""
    for node in ast.walk(ast.parse(suite.read_bytes())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                importlib.import_module(alias.name)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            module = importlib.import_module(node.module)
            for alias in node.names:
                getattr(module, alias.name, None)  # packages like transformers load a name when it is asked for


def use_one_thread() -> None:
    """Have numeric libraries of this process compute in one thread: results repeat, and the guest keeps its core."""
    for name in ("OMP", "OPENBLAS", "MKL"):
        os.environ.setdefault(f"{name}_NUM_THREADS", "1")


def _run(plan: Plan, template: Template, notes: tuple[str, ...]) -> Run:
    started = time.monotonic()
    messages = list(_supervise(plan, template, notes))
    return _gather(plan, messages, time.monotonic() - started)


def _start_template(plan: Plan) -> tuple[Template, tuple[str, ...]]:
    """Start the template at the level demanded, or the strongest that starts at all, and say if that is not full."""
    use_one_thread()
    try:
        return Template(wants(plan.question, plan.level or Level.FULL)), ()
    except IsolationError as error:
        if plan.level is not None:
            raise
        return Template(wants(plan.question, Level.RESTRICTED)), degraded(str(error))


# --- The parent: supervise ---


def _supervise(plan: Plan, template: Template, notes: tuple[str, ...]) -> Iterator[object]:
    """Fork the examiner and yield what it reports."""
    ours, theirs = socket.socketpair()
    log = os.memfd_create("examiner-log")
    examiner = os.fork()
    if examiner == 0:
        ours.close()
        _be_examiner(Examiner(plan, template, theirs, notes), log)
    theirs.close()
    try:
        with ours:
            yield from _messages(ours, time.monotonic() + 3 * plan.question.spec.limits.wall + SLACK_SECONDS)
    finally:
        os.kill(examiner, signal.SIGKILL)
        os.waitpid(examiner, 0)
        clear_stale_groups()
        text = os.pread(log, 2**16, 0).decode(errors="replace").strip()
        os.close(log)
    if text:
        yield text


def _messages(sock: socket.socket, deadline: float) -> Iterator[object]:
    """Yield what the examiner pickled, until its last words, its end or the deadline. Both ends are ours."""
    while True:
        try:
            message = pickle.loads(wire.receive_frame(sock, deadline=deadline))
        except (wire.PeerClosedError, TimeoutError):
            return
        yield message
        if isinstance(message, Closing):
            return


def _gather(plan: Plan, messages: list[object], seconds: float) -> Run:
    """Put the examiner's reports together, in the order of the plan."""
    seen: dict[tuple[str, str], RawResult] = {}
    for message in messages:
        if isinstance(message, RawResult):
            key = (message.visibility.value, message.name)
            seen[key] = _worse(seen[key], message) if key in seen else message
        elif isinstance(message, GraderError):
            raise message
    closing = next((message for message in messages if isinstance(message, Closing)), None)
    said = next((message for message in reversed(messages) if isinstance(message, str)), "")
    results = tuple(
        seen.get((check.visibility.value, check.name))
        or RawResult(check.name, check.visibility, Outcome.BROKEN, "the check was not executed")
        for check in plan.checks
    )
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
        broken=closing.broken,
    )


def _worse(first: RawResult, second: RawResult) -> RawResult:
    """Of two instances of one parametrised check, keep the one that did not pass; time adds up."""
    kept = first if first.outcome is not Outcome.PASSED else second
    return replace(kept, seconds=first.seconds + second.seconds)


# --- The child: examine ---


def _be_examiner(examiner: Examiner, log: int) -> None:
    """Run the suites in this fork; never returns."""
    code = 1
    try:
        kernel.die_with_parent(signal.SIGKILL)
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.dup2(log, 1)
        os.dup2(log, 2)
        examiner.run()
        code = 0
    except BaseException:
        with contextlib.suppress(OSError):
            os.write(log, traceback.format_exc().encode())
    finally:
        os._exit(code)


class Examiner:
    """One run of the suites."""

    def __init__(self, plan: Plan, template: Template, sock: socket.socket, notes: tuple[str, ...]) -> None:
        self._plan = plan
        self._template = template
        self._sock = sock
        self._notes = notes
        self._replaced = False

    def say(self, message: object) -> None:
        """Report to the supervisor at once, so that nothing already seen is lost."""
        wire.send_frame(self._sock, pickle.dumps(message))

    def run(self) -> None:
        """Import, load the submission, run the suites, close."""
        import hypothesis  # noqa: F401  before pytest, whose import hook would rewrite it anew

        gc.freeze()  # Hypothesis and pytest ask for collections, which need not walk all that was imported
        _forget_the_environment()
        try:
            self._make_ready()
        except GraderError as error:
            self.say(error)
            return
        desk = lay_desk(self._plan.question, self._plan.submission, self._plan.seed, self._template)
        broken = ""
        try:
            if self._load(desk):
                broken = self._run_suites(desk)
        finally:
            closing = self._close(desk, broken)
        if self._replaced:
            self._template.close()
        self.say(closing)

    def _make_ready(self) -> None:
        """Wait for the template; where full isolation turns out not to be had, take the next best, and say so."""
        try:
            self._template.wait()
        except IsolationError as error:
            if self._plan.level is not None or self._template.wants.level is not Level.FULL:
                raise
            self._template, _ = open_template(self._plan.question, Level.RESTRICTED)
            self._replaced = True
            self._notes = degraded(str(error))

    def _load(self, desk: Desk) -> bool:
        """Load the submission; when that fails, every check fails with it. True when there is something to test."""
        from grader.exam.findings import describe

        try:
            desk.candidate.begin(self._plan.seed)
            desk.candidate.open()
        except BrokenError:
            raise
        except BaseException as error:
            for check in self._plan.checks:
                self.say(describe(error, check.name, check.visibility, None, 0.0))
            return False
        loaded = desk.candidate.loaded
        if loaded is not None and loaded.failure is not None:
            self._notes += (f"{loaded.label} raised {loaded.failure.text}; what was defined before is graded",)
        return bool(loaded and loaded.defined)

    def _run_suites(self, desk: Desk) -> str:
        """Run pytest over the suites the plan needs; return why it could not, if it could not."""
        import pytest

        from grader.exam import plugin
        from grader.exam.findings import Recorder
        from grader.exam.properties import use_profile

        if not self._plan.checks:
            return "there is no such check to run"
        use_profile()
        recorder = Recorder(desk, self.say)
        suites = [desk.question.suite(visibility) for visibility in self._plan.visibilities]
        status = pytest.main(_arguments(suites), plugins=[plugin, Setting(desk), recorder])
        if not recorder.fault and status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            return f"pytest ended with {pytest.ExitCode(status).name}"
        return recorder.fault

    def _close(self, desk: Desk, broken: str) -> Closing:
        limits = self._plan.question.spec.limits
        candidate = desk.candidate
        candidate.close()
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
            notes=self._notes,
            versions={"python": ".".join(map(str, sys.version_info[:3])), **self._template.versions},
            undefined=tuple(name for name in exports if loaded is not None and name not in loaded.defined),
            names=loaded.names if loaded is not None else (),
            broken=broken,
        )


def _forget_the_environment() -> None:
    """Take nothing from what is set or installed for somebody's own tests."""
    for name in [name for name in os.environ if name.startswith(("PYTEST_", "HYPOTHESIS_"))]:
        del os.environ[name]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"


class Setting:
    """Hands the desk to the plugin's fixtures."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def pytest_configure(self, config: Any) -> None:
        """Put the desk where the fixtures look."""
        from grader.exam.plugin import DESK

        config.stash[DESK] = lambda _folder: self._desk


# The last two collect garbage twice at the end, for a tenth of a second, to find what a suite of ours forgot to close.
_UNUSED = (
    "cacheprovider", "terminal", "doctest", "junitxml", "pastebin", "stepwise", "logging", "faulthandler", "warnings",
    "setuponly", "setupplan", "unraisableexception", "threadexception",
)  # fmt: skip


def _arguments(suites: list[Path]) -> list[str]:
    """Return pytest's arguments: no configuration, no conftest, no plugin that is not needed."""
    flags = [word for name in _UNUSED for word in ("-p", f"no:{name}")]
    place = ["--rootdir", str(suites[0].parent), "-c", os.devnull, "--noconftest", "--import-mode=importlib"]
    return [*map(str, suites), *place, *flags, "--capture=no", "--strict-markers"]
