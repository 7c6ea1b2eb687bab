"""The process that collects a question's suites once, and from which an examiner is forked for every submission.

    grade (command)   holds a `ForkServer`: asks for examiners, supervises them
     └ fork server    pytest, after collection: waits in its run loop, knows no submission
        └ examiner    runs the checks of a plan; one that had to run none takes another, see `staff`

It serves from within pytest's own run loop, so that an examiner starts with everything imported and collected.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import pickle
import select
import signal
import socket
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

from grader.errors import BrokenError, GraderError
from grader.exam.staff import Line, Staff, Standing
from grader.sandbox import kernel
from grader.sandbox.host import NAMES_AT_A_TIME
from grader.sandbox.hugepages import HugePages
from grader.sandbox.servant import import_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

    from grader.exam.examples import Supply
    from grader.exam.findings import Recorder
    from grader.exam.staff import Examiner
    from grader.exam.transcripts import Shelf
    from grader.sandbox.host import Template

READY_SECONDS = 180.0
GOODBYE_SECONDS = 2.0
MAX_CONTROL = 2**16


class ForkServer:
    """The server, seen from the grader. Examiners may be asked for by several threads at once."""

    def __init__(self, suites: list[Path], template: Template) -> None:
        """Start it; `wait` until it has collected and the template is ready."""
        self._lock = threading.Lock()
        self._log = os.memfd_create("fork-server-log", os.MFD_CLOEXEC)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._pid = os.fork()
            if self._pid == 0:
                self._control.close()
                _be_server(suites, template, theirs, self._log)
        self._pidfd = os.pidfd_open(self._pid)

    def wait(self) -> None:
        """Wait until examiners can be forked.

        Raises:
            GraderError: what the template or the server said went wrong.
        """
        self._control.settimeout(READY_SECONDS)
        try:
            answer = self._control.recv(MAX_CONTROL)
        except TimeoutError as error:
            raise BrokenError(f"the suites were not collected within {READY_SECONDS:.0f} s") from error
        if not answer:
            raise BrokenError(self._last_words())
        fault = pickle.loads(answer)  # from our own fork
        if fault is not None:
            raise fault

    def fork(self, sock: socket.socket, log: int, seed: int) -> int:
        """Have an examiner read its plan, with this seed, from `sock`; return a descriptor of the process."""
        with self._lock:
            try:
                socket.send_fds(self._control, [str(seed).encode()], [sock.fileno(), log])
                message, descriptors, _, _ = socket.recv_fds(self._control, 1, 1)
            except TimeoutError as error:
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)  # whoever comes next starts another
                raise BrokenError(f"no examples were drawn within {READY_SECONDS:.0f} s") from error
            except OSError as error:
                raise BrokenError(self._last_words()) from error
        if not message:
            raise BrokenError(self._last_words())
        return descriptors[0]

    def prepare(self, modules: Sequence[str], probes: Sequence[tuple[str, str]]) -> None:
        """Have it import and pickle what examiners were seen to, so that each finds it there.

        Args:
            modules: what to import.
            probes: functions of the suites to pickle, by module and name.

        Raises:
            BrokenError: it is gone.
        """
        chunks = [modules[start : start + NAMES_AT_A_TIME] for start in range(0, len(modules), NAMES_AT_A_TIME)]
        with self._lock:
            for chunk in chunks:
                self._order({"import": list(chunk)})
            self._order({"pickle": list(probes)})

    def _order(self, order: dict[str, object]) -> None:
        try:
            self._control.send(json.dumps(order).encode())
            answer = self._control.recv(1)
        except OSError as error:
            raise BrokenError(self._last_words()) from error
        if not answer:
            raise BrokenError(self._last_words())

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return not select.select([self._pidfd], [], [], 0)[0]

    def close(self) -> None:
        """End it, and with it every examiner."""
        with contextlib.suppress(OSError):  # not close alone: another fork of ours may hold this end too
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        if not select.select([self._pidfd], [], [], GOODBYE_SECONDS)[0]:
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._pidfd)
        os.close(self._log)

    def _last_words(self) -> str:
        said = read_log(self._log)
        return f"the process that collects the suites has ended: {said.splitlines()[-1] if said else 'without a word'}"


def read_log(descriptor: int) -> str:
    """Return the first of what a process of ours printed."""
    return os.pread(descriptor, 2**16, 0).decode(errors="replace").strip()


def _be_server(suites: list[Path], template: Template, control: socket.socket, log: int) -> None:
    """Collect and serve in this fork; never returns."""
    code = 1
    try:
        _let_go_of_all_but(control.fileno(), log, *template.descriptors)
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _print_to(log)
        _have_streams_of_our_own()
        _forget_the_environment()
        _collect(suites, template, control)
        code = 0
    except BaseException:  # whatever it is, it must not go on as a second grader
        traceback.print_exc()
    finally:
        os._exit(code)


def _let_go_of_all_but(*descriptors: int) -> None:
    """Close what this fork has inherited from other threads: whoever waits for its end would wait for ours.

    `subprocess` does, for the pipe on which a program that cannot be started would say so.
    """
    gc.freeze()  # no object of theirs is ever collected here, to close a number that means something else by then
    kept = {0, 1, 2, *descriptors}
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            with contextlib.suppress(OSError):  # that of the listing itself is closed by now
                os.close(int(name))


def _print_to(log: int) -> None:
    os.dup2(log, 1)
    os.dup2(log, 2)


def _have_streams_of_our_own() -> None:
    """Print to 1 and 2, here and in every examiner: the grader's streams may be somebody's objects, as in pytest."""
    sys.stdout, sys.stderr = (
        os.fdopen(number, "w", 1, "utf-8", errors="backslashreplace", closefd=False) for number in (1, 2)
    )


def _forget_the_environment() -> None:
    """Take nothing from what is set or installed for somebody's own tests."""
    for name in [name for name in os.environ if name.startswith(("PYTEST_", "HYPOTHESIS_"))]:
        del os.environ[name]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"


def _collect(suites: list[Path], template: Template, control: socket.socket) -> None:
    """Have pytest collect the suites and hand over to the service."""
    import hypothesis  # noqa: F401  before pytest, whose import hook would rewrite it anew

    gc.freeze()  # Hypothesis and pytest ask for collections, which need not walk all that was imported
    import pytest

    from grader.exam import examiner, plugin
    from grader.exam.findings import Recorder
    from grader.exam.properties import use_profile

    use_profile()
    examiner.build_validators()
    recorder = Recorder()
    service = Service(recorder, template, control)
    try:
        status = pytest.main(arguments(suites), plugins=[plugin, recorder, service])
        fault = f"pytest ended with {pytest.ExitCode(status).name}"
    except BaseException as error:  # a suite that leaves while it is imported
        traceback.print_exc()
        fault = f"the suite cannot be collected: {type(error).__name__}: {error}"
    service.serve_fault(fault)


# The last two collect garbage twice at the end, for a tenth of a second, to find what a suite of ours forgot to close.
_UNUSED = (
    "cacheprovider", "terminal", "doctest", "junitxml", "pastebin", "stepwise", "logging", "faulthandler", "warnings",
    "setuponly", "setupplan", "unraisableexception", "threadexception",
)  # fmt: skip


def arguments(suites: list[Path]) -> list[str]:
    """Return pytest's arguments: no configuration, no conftest, no plugin that is not needed."""
    flags = [word for name in _UNUSED for word in ("-p", f"no:{name}")]
    place = ["--rootdir", str(suites[0].parent), "-c", os.devnull, "--noconftest", "--import-mode=importlib"]
    return [*map(str, suites), *place, *flags, "--capture=no", "--strict-markers"]


class Service:
    """The plugin that serves where pytest would run the checks."""

    def __init__(self, recorder: Recorder, template: Template, control: socket.socket) -> None:
        self._served = False
        self._recorder = recorder
        self._template = template
        self._control = control
        self._fault = ""
        self._staff = Staff()
        self._pages = HugePages()
        self._edition = 0
        """Changes with what an examiner finds in this process when it is forked."""
        self._supply: Supply | None = None
        self._shelf: Shelf | None = None

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A suite that cannot be collected is our fault."""
        if report.failed and not self._fault:
            self._fault = f"the suite cannot be collected: {str(report.longrepr)[-4000:]}"

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Fork an examiner at every request, until the grader hangs up."""
        self._serve(session)
        return True

    def serve_fault(self, fault: str) -> None:
        """Where it never came to the run loop, serve all the same: every run says why."""
        if not self._served:
            self._fault = self._fault or fault
            self._serve(None)

    def _serve(self, session: pytest.Session | None) -> None:
        self._served = True
        fault = None
        try:
            self._template.wait()
        except GraderError as error:
            fault = error
        if session is not None:
            from grader.exam.examples import Supply
            from grader.exam.transcripts import Shelf

            self._supply, self._shelf = Supply(session), Shelf()
        gc.freeze()  # a collection in an examiner would touch, and so copy, every shared page
        self._control.send(pickle.dumps(fault))
        while self._serve_once(session):
            pass
        self._staff.dismiss_all()

    def _serve_once(self, session: pytest.Session | None) -> bool:
        """Take what examiners bring and say, then do what the grader asks; False when it has hung up."""
        poll = select.poll()
        shelf = () if self._shelf is None else (self._shelf.fileno(),)
        for descriptor in (*shelf, self._control.fileno(), *self._staff.descriptors):
            poll.register(descriptor, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll()}
        if self._shelf is not None and self._shelf.fileno() in ready:
            self._take_news(self._shelf)
        for descriptor in ready.difference(shelf, [self._control.fileno()]):
            self._staff.hear(descriptor)
        return self._control.fileno() not in ready or self._answer(session)

    def _take_news(self, shelf: Shelf) -> None:
        """Know what an examiner brings, and have those know it who are to take another submission."""
        news = shelf.take()
        if news is not None:
            self._staff.spread(news, self._edition, self._edition + 1)
            self._edition += 1
            os.close(news)

    def _answer(self, session: pytest.Session | None) -> bool:
        """Do what the grader asks; False when it has hung up."""
        message, descriptors, _, _ = socket.recv_fds(self._control, MAX_CONTROL, 2)
        if descriptors:
            self._assign(session, int(message), descriptors)
        elif message:
            self._prepare(json.loads(message))
        return bool(message)

    def _prepare(self, order: dict[str, Any]) -> None:
        from grader.exam.solution import pickle_probes

        import_all(order.get("import", ()))
        pickle_probes(order.get("pickle", ()))
        gc.freeze()
        self._edition += 1
        self._control.send(b"!")

    def _draw(self, session: pytest.Session | None, seed: int) -> None:
        """Have the examples ready on which an examiner runs the properties."""
        if session is None or self._supply is None:
            return
        from grader.exam.examples import EXAMPLES

        session.config.stash[EXAMPLES] = self._supply.for_seed(seed)

    def _assign(self, session: pytest.Session | None, seed: int, descriptors: list[int]) -> None:
        """Give a submission to an examiner that is free, else to a fresh one."""
        standing = Standing(seed, self._edition)
        examiner = self._staff.take(standing, descriptors)
        is_fresh = examiner is None
        if examiner is None:
            self._draw(session, seed)
            examiner = self._fork(session, standing, descriptors)
        for descriptor in descriptors:
            os.close(descriptor)
        socket.send_fds(self._control, [b"!"], [examiner.pidfd])
        if is_fresh:
            self._pages.gather()

    def _fork(self, session: pytest.Session | None, standing: Standing, descriptors: list[int]) -> Examiner:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            pid = os.fork()
            if pid == 0:
                self._control.close()
                ours.close()
                self._be_examiner(session, Line(theirs), descriptors)
        return self._staff.hire(pid, ours, standing)

    def _be_examiner(self, session: pytest.Session | None, line: Line, descriptors: list[int]) -> None:
        """Grade submissions in this fork, as long as it stays as it was; never returns."""
        code = 1
        try:
            kernel.die_with_parent(signal.SIGKILL)
            while descriptors and self._examine(session, line, *descriptors):
                descriptors = line.await_order(self._learn)
            code = 0
        except BaseException:  # whatever it is, it must not go on as a second server
            with contextlib.suppress(OSError):
                os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(code)

    def _learn(self, news: int) -> None:
        """Know, in an examiner, what another one has brought."""
        assert self._shelf is not None, "who takes another submission has replayed one"
        self._shelf.learn(news)

    def _examine(self, session: pytest.Session | None, line: Line, connection: int, log: int) -> bool:
        """Grade one submission; return whether another may come."""
        from grader.exam.examiner import Examination

        _print_to(log)
        os.close(log)
        with socket.socket(fileno=connection) as sock:
            examination = Examination(session, self._recorder, self._template, sock, self._fault, self._shelf)
            closing = examination.run()
            if closing.free:
                line.report_free()  # before the grader hears that it is: so the next one finds it free
            examination.say(closing)
            return closing.free
