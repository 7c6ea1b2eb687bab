"""The trusted side of the boundary: start a template, fork guests from it, call, time and kill them.

A `Template` is warm and knows no submission; a `Guest` is one process tree with one submission. A guest's `Keeper`
thread drains its output, watches its limits and learns how it ended. What a guest says is believed in one place only:
as the value of a reply that carries the id of the call just made.
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from grader.errors import BrokenError, IsolationError
from grader.sandbox import calls, cgroup, launch, requests, scratch, tree, wire
from grader.sandbox.calls import Step
from grader.sandbox.frames import Frames, one_way
from grader.sandbox.isolation import Confinement
from grader.sandbox.requests import Request
from grader.verdict import Isolation, Level, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.sandbox.requests import Fallback

ARENA_BYTES = 64 * 2**20
READY_SECONDS = 120.0
START_SECONDS = 20.0
GOODBYE_SECONDS = 1.0
WATCH_SECONDS = 0.02
"""Between two looks at a guest that only we count."""
WATCH_COUNTED_SECONDS = 0.05
"""Between two looks at one that the kernel limits in all but CPU time, and counts that."""
KEPT_OUTPUT = 16 * 2**10
MAX_REPLY = 512 * 2**20
MAX_CONTROL = 2**16
NAMES_AT_A_TIME = 200


Note = Callable[[bytes, bytes | None], None]
T = TypeVar("T")


@dataclass(frozen=True)
class Wants:
    """What a template is made for."""

    packages: tuple[str, ...] = ()
    threads: int = 1
    forbidden: tuple[str, ...] = ()
    device: str = "cpu"
    level: Level = Level.FULL


@dataclass(frozen=True)
class Allowance:
    """What one guest may use."""

    cpu: float
    memory: int
    processes: int
    output: int
    disk: int


class GuestEnded(BaseException):
    """The guest ended, or was ended, while a reply was awaited."""

    def __init__(self, outcome: Outcome, reason: str) -> None:
        self.outcome, self.reason = outcome, reason
        super().__init__(f"{outcome.value}: {reason}")


@dataclass
class Ending:
    """How a guest ended; filled in by its keeper."""

    outcome: Outcome | None = None
    reason: str = ""
    cpu: float = 0.0
    memory: int = 0


class Template:
    """A warm process inside the outer walls, from which guests are forked."""

    def __init__(self, wants: Wants) -> None:
        """Start it; `wait` until it has imported everything."""
        self.wants = wants
        self.versions: dict[str, str] = {}
        self.proof: dict[str, str] | None = None
        self._ready = False
        # inside the outer walls guests have their own /tmp; a folder of ours would outlive a killed grader
        self._scratch = "" if wants.level is Level.FULL else scratch.make()
        self._devices = launch.accelerators() if wants.device != "cpu" else ()
        self._groups = _groups()
        try:
            self._process, self._control = self._start()
        except BaseException:
            self._remove_scratch()
            raise

    def _start(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        level = self.wants.level.value
        command = launch.command(level, self.wants.threads, self._devices)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            process = subprocess.Popen(
                [*command, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=launch.environment(self.wants.threads),
                cwd=self._scratch or "/",
                start_new_session=True,
            )
        order = {
            "path": launch.package_paths(level),
            "packages": self.wants.packages,
            "threads": self.wants.threads,
            "forbidden": self.wants.forbidden,
            "level": level,
        }
        with contextlib.suppress(BrokenPipeError):  # `wait` reads why it died
            ours.send(json.dumps(order).encode())
        return process, ours

    def wait(self) -> None:
        """Wait until the template is ready.

        Raises:
            IsolationError: the outer walls cannot be built here.
            BrokenError: a package of the environment is missing, or the template does not answer.
        """
        if self._ready:
            return
        self._control.settimeout(READY_SECONDS)
        try:
            answer = self._control.recv(MAX_CONTROL)
        except TimeoutError as error:
            raise BrokenError(f"the guest template did not start within {READY_SECONDS:.0f} s") from error
        except ConnectionResetError:
            answer = b""
        if not answer:
            raise IsolationError(
                f"{self.wants.level.value} isolation cannot be had here: {self._last_words()}. "
                "`grade doctor` says what this machine can enforce."
            )
        reply = json.loads(answer)
        if "error" in reply:
            raise BrokenError(reply["error"])
        self.versions = reply["versions"]
        self._ready = True

    def _last_words(self) -> str:
        _, said = self._process.communicate(timeout=5)
        text = said.decode(errors="replace").strip()
        return text.splitlines()[-1] if text else f"it ended with status {self._process.returncode}"

    def guest(self, allowance: Allowance, files: Sequence[tuple[str, bytes]] = ()) -> Guest:
        """Fork a guest and hand it the submission's further files.

        Raises:
            BrokenError: the template is gone, or the machine lacks room or permission for a guest.
        """
        self.wait()
        try:
            guest = self._begin(allowance, files)
        except OSError as error:
            raise BrokenError(f"a guest could not be started: {error}") from error
        self._believe(guest.proof)
        return guest

    def _believe(self, proof: dict[str, str]) -> None:
        """Add what a guest's own proof says: a layer that failed in one has not held."""
        known = self.proof or {}
        self.proof = known | {layer: known.get(layer) or fault for layer, fault in proof.items()}

    def _begin(self, allowance: Allowance, files: Sequence[tuple[str, bytes]]) -> Guest:
        guest = Guest(self, allowance)
        try:
            guest.start(files)
        except BaseException:
            guest.close()
            raise
        return guest

    def import_in_advance(self, names: Sequence[str]) -> None:
        """Have it import what guests were seen to import, so that each finds it there.

        Args:
            names: of modules, in the order in which they were imported, as a run of our own code told them.

        Raises:
            BrokenError: the template is gone, or does not answer.
        """
        self._control.settimeout(READY_SECONDS)
        for start in range(0, len(names), NAMES_AT_A_TIME):
            order = {"import": list(names[start : start + NAMES_AT_A_TIME])}
            try:
                self._control.send(json.dumps(order).encode())
                answer = self._control.recv(MAX_CONTROL)
            except OSError as error:
                raise BrokenError(f"the guest template is gone: {error}") from error
            if not answer:
                raise BrokenError("the guest template is gone")

    def fork(self, order: dict[str, Any], descriptors: Sequence[int]) -> None:
        """Ask the template to fork one guest."""
        try:
            socket.send_fds(self._control, [json.dumps(order).encode()], list(descriptors))
        except OSError as error:
            raise BrokenError("the guest template is gone") from error

    def confinement(self, allowance: Allowance, scratch: str) -> Confinement:
        """Return the inner walls of one guest."""
        level = self.wants.level.value
        return Confinement(
            level=level,
            uid=launch.guest_uid(level),
            cpu_seconds=int(allowance.cpu) + 2,
            memory=allowance.memory,
            # where a group counts, it is the first to refuse: it tells afterwards that it did
            processes=allowance.processes + (0 if self._groups is None else 2),
            disk=allowance.disk,
            limit_data=self._groups is None,
            read=launch.readable(level, scratch),
            scratch=scratch,
            devices=self._devices,
            outside_file=__file__,
            outside_pid=os.getpid(),
        )

    def group(self, allowance: Allowance) -> cgroup.Group | None:
        """Return a fresh control group for one guest, or None where there are none."""
        if self._groups is None:
            return None
        # one process is the init's
        return self._groups.create(cgroup.new_name(), allowance.memory, allowance.processes + 1)

    def folder(self) -> str:
        """Return a scratch folder for one guest; inside the outer walls it is the guest's own /tmp."""
        if self.wants.level is Level.FULL:
            return "/tmp"
        folder = tempfile.mkdtemp(prefix="guest-", dir=self._scratch)
        uid = launch.guest_uid(self.wants.level.value)
        if uid is not None:
            os.chmod(self._scratch, 0o711)
            os.chown(folder, uid, uid)
        return folder

    def isolation(self) -> Isolation:
        """Return the layers that every guest so far has proven, and what is missing and why."""
        proof = self.proof or {}
        held = [layer for layer, fault in proof.items() if not fault]
        missing = {layer: fault for layer, fault in proof.items() if fault}
        if self.wants.level is Level.FULL:
            held.append("bubblewrap")
        if self._groups is None:
            held.append("memory watchdog")
            missing["cgroup"] = "no writable control group"
        else:
            held.append(f"cgroup {self._groups.version}")
        return Isolation(level=self.wants.level, layers=tuple(sorted(held)), missing=missing)

    @property
    def alive(self) -> bool:
        """Whether it still runs. Around it bubblewrap may outlive it by a moment, but does not hold its socket."""
        return self._process.poll() is None and not self.has_hung_up

    @property
    def has_hung_up(self) -> bool:
        """Whether the warm process is gone; told in every fork of ours too."""
        poll = select.poll()
        poll.register(self._control, 0)  # a hang-up is told unasked
        return bool(poll.poll(0))

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What a fork of ours needs to have guests of this template."""
        said = () if self._process.stderr is None else (self._process.stderr.fileno(),)
        return (self._control.fileno(), *said)

    def close(self) -> None:
        """End the template and with it every guest; leave nothing behind."""
        with contextlib.suppress(OSError):  # not close alone: a fork of ours may hold this end too
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GOODBYE_SECONDS)  # it ends by itself; so its CPU time is counted as ours
        if self._process.poll() is None:
            if self.wants.level is not Level.FULL:
                tree.kill_family(self._process.pid)
            self._process.kill()
        self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()
        self._remove_scratch()

    def _remove_scratch(self) -> None:
        if self._scratch:
            scratch.remove(self._scratch)


class Heard(NamedTuple):
    """What a request came back with."""

    request: bytes
    """Without its number; empty where it did not say everything itself, and is not noted."""
    number: bytes
    reply: bytearray


class Guest:
    """One submission's process tree, seen from the trusted side."""

    def __init__(self, template: Template, allowance: Allowance) -> None:
        self.proof: dict[str, str] = {}
        self.busy = 0.0
        """Seconds spent on requests: packing, waiting, unpacking."""
        self._template = template
        self._allowance = allowance
        self._dropped: list[int] = []
        self._numbers = calls.Numbers()
        self._their_requests, self._requests = one_way()
        self._replies, self._their_replies = one_way()
        self._frames = Frames(self._replies, self._requests)
        self._arena = os.memfd_create("arena", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self._arena, ARENA_BYTES)
        _seal_size(self._arena)
        self._shared = mmap.mmap(self._arena, ARENA_BYTES)
        view = memoryview(self._shared)
        self._arena_out, self._arena_in = view[: ARENA_BYTES // 2], view[ARENA_BYTES // 2 :]
        self._keeper: Keeper | None = None

    def start(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Have the guest forked, placed under its limits, given its files, and proven."""
        report, their_report = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        report.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        out, their_out = os.pipe()
        err, their_err = os.pipe()
        folder = self._template.folder()
        keeper = Keeper(report, (out, err), self._allowance, self._template, folder)
        ends = self._their_requests.fileno(), self._their_replies.fileno()
        given = [*ends, self._arena, their_out, their_err, their_report.fileno()]
        try:
            walls = asdict(self._template.confinement(self._allowance, folder))
            self._template.fork({"confinement": walls}, given)
        except BaseException:
            keeper.stop()
            raise
        finally:
            for sock in (self._their_requests, self._their_replies, their_report):
                sock.close()
            for descriptor in (their_out, their_err, self._arena):
                os.close(descriptor)
        keeper.admit()
        self._keeper = keeper
        keeper.start()
        body, deadline = wire.encode([list(pair) for pair in files], fallback=_refuse), time.monotonic() + START_SECONDS
        try:
            self._frames.send(body, deadline)
            self.proof = wire.decode(self._frames.receive(MAX_CONTROL, deadline))
        except wire.PeerClosedError:  # the first request finds out why
            pass
        except TimeoutError:
            raise BrokenError(f"a guest did not start within {START_SECONDS:.0f} s") from None

    def request(
        self,
        operation: str,
        arguments: Sequence[object],
        *,
        deadline: float,
        fallback: Fallback,
        on_handle: Callable[[wire.HandleRef], object],
        note: Note | None = None,
    ) -> tuple[str, Any]:
        """Make one request and return its status and value.

        Args:
            operation: what the servant should do.
            arguments: its arguments.
            deadline: moment of time.monotonic when patience ends.
            fallback: how to send what is no data.
            on_handle: what to make of an object that stays in the guest.
            note: told of the request and of the reply, which is None where it does not say everything.

        Raises:
            GuestEnded: the guest died, was killed for exceeding a limit, or broke the protocol.
        """
        number = self._numbers.draw()
        with self._at_work():  # packing counts too: a test may make a great many small calls
            if note is None:
                dropped, self._dropped = self._dropped, []
                body = requests.write(number, Request(operation, arguments, dropped), fallback, self._arena_out)
            else:  # it says everything itself: nothing lies in the arena, nothing is dropped with it
                body = requests.write(number, Request(operation, arguments), fallback)
            heard = Heard(calls.asks(body) if note else b"", number, self._exchange(body, deadline))
        return self.read(heard, deadline=deadline, on_handle=on_handle, note=note)

    def walk(self, step: Step[T], deadline: float, heard: Callable[[Heard], object]) -> T | None:
        """Make requests that were made before, each by the answer to the one before it, as far as answers are known.

        Args:
            step: the first of them.
            deadline: moment of time.monotonic when patience with all of them ends.
            heard: told what each came back with, unread.

        Returns:
            The end that was reached, or None after an answer that is not known.

        Raises:
            GuestEnded: as `request` does.
        """
        reached: Step[T] | T | None = step
        with self._at_work():
            while isinstance(reached, Step):
                number = self._numbers.draw()
                reply = self._exchange(number + reached.request, deadline)
                heard(Heard(reached.request, number, reply))
                answer = calls.answer_to(number, reply)
                reached = None if answer is None else reached.after.get(answer)
        return reached

    def read(
        self,
        heard: Heard,
        *,
        deadline: float,
        on_handle: Callable[[wire.HandleRef], object],
        note: Note | None,
    ) -> tuple[str, Any]:
        """Return status and value of what a request came back with; before the next one is made.

        Raises:
            GuestEnded: it is no answer to that request.
        """
        beside: list[None] = []
        with self._at_work():
            told = self._read(heard, deadline, on_handle, (lambda: beside.append(None)) if note else None)
        if note is not None:
            note(heard.request, None if beside else calls.answer_to(heard.number, heard.reply))
        return told

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self.busy += time.monotonic() - started

    def _exchange(self, body: bytes | bytearray, deadline: float) -> bytearray:
        try:
            self._frames.send(body, deadline)
            return self._frames.receive(min(MAX_REPLY, self._allowance.memory // 2), deadline)
        except TimeoutError:
            raise self._end(Outcome.TIMEOUT, "gave no answer in time") from None
        except wire.PeerClosedError:
            raise self._ended() from None
        except wire.WireError as error:
            raise self._faulty(error, deadline) from None

    def _read(
        self,
        heard: Heard,
        deadline: float,
        on_handle: Callable[[wire.HandleRef], object],
        on_arena: Callable[[], None] | None,
    ) -> tuple[str, Any]:
        try:
            value = wire.decode(
                heard.reply, on_handle=on_handle, arena=self._arena_in, on_arena=on_arena, deadline=deadline
            )
        except wire.WireError as error:
            raise self._faulty(error, deadline) from None
        if not calls.is_reply(value, heard.number):
            raise self._end(Outcome.FAILED, "sent something that is no answer to the call that was made")
        return value[1], value[2]

    def _faulty(self, error: wire.WireError, deadline: float) -> GuestEnded:
        if time.monotonic() >= deadline:
            return self._end(Outcome.TIMEOUT, "gave an answer that takes too long to read")
        return self._end(Outcome.FAILED, f"sent something that is no answer: {error}")

    def drop(self, number: int) -> None:
        """Let the guest forget an object, with the next request."""
        self._dropped.append(number)

    @property
    def alive(self) -> bool:
        """Whether the guest can still be called."""
        return self._keeper is not None and not self._keeper.over.is_set()

    @property
    def ending(self) -> Ending:
        """How it ended, and what it has used so far."""
        return self._keeper.ending if self._keeper is not None else Ending()

    @property
    def output(self) -> str:
        """The first of what it printed."""
        return self._keeper.text if self._keeper is not None else ""

    def use(self) -> tuple[float, int]:
        """Return CPU seconds and peak bytes so far."""
        return self._keeper.use() if self._keeper is not None else (0.0, 0)

    def kept_waiting(self) -> float:
        """Return the seconds for which the process that answers was ready to run, and others ran."""
        return tree.waited(str(self._keeper.main)) if self._keeper is not None else 0.0

    def ran(self) -> float:
        """Return the CPU seconds of all its processes, to the microsecond while they stand still."""
        return self._keeper.ran() if self._keeper is not None else 0.0

    def footprint(self) -> tree.Footprint | None:
        """Return what all its processes hold, and have held at most; None when it has ended."""
        return self._keeper.footprint() if self._keeper is not None else None

    def met_the_limit_of_processes(self) -> bool:
        """Whether it has as many processes and threads as it may, or had when it wanted one more."""
        return self._keeper is not None and self._keeper.met_the_limit_of_processes()

    def rest(self) -> bool:
        """Stop all its processes until `wake`; return whether they do stand still."""
        return self._keeper is None or self._keeper.rest()

    def wake(self) -> None:
        """Let all its processes go on."""
        if self._keeper is not None:
            self._keeper.wake()

    def close(self) -> None:
        """End the guest and all its descendants; wait until they are gone."""
        if self._keeper is not None:
            self._keeper.stop()
        self._requests.close()
        self._replies.close()
        self._arena_in.release()
        self._arena_out.release()
        with contextlib.suppress(BufferError):  # a view of ours is still alive; the map goes with it
            self._shared.close()

    def _end(self, outcome: Outcome, reason: str) -> GuestEnded:
        keeper = self._the_keeper()
        keeper.kill(outcome, reason)
        return self._ended()

    def _ended(self) -> GuestEnded:
        keeper = self._the_keeper()
        keeper.finish()
        ending = keeper.ending
        return GuestEnded(ending.outcome or Outcome.CRASHED, ending.reason or "ended without a word")

    def _the_keeper(self) -> Keeper:
        if self._keeper is None:
            raise BrokenError("a guest was called before it was started")
        return self._keeper


class Keeper(threading.Thread):
    """Watches one guest: drains what it prints, measures what it uses, ends it at a limit, learns how it ended."""

    def __init__(
        self, report: socket.socket, outputs: tuple[int, int], allowance: Allowance, template: Template, folder: str
    ) -> None:
        super().__init__(name="keeper", daemon=True)
        self.ending = Ending()
        self.over = threading.Event()
        self.main = 0
        """The process that answers, as a number of our own namespace."""
        self._report = report
        self._outputs = list(outputs)
        self._allowance = allowance
        self._group = template.group(allowance)
        self._template = template
        self._level = template.wants.level
        self._full = self._level is Level.FULL
        self._folder = folder
        self._killed_before = tree.oom_kills()
        self._pid = 0
        self._pidfd = -1
        self._kept = bytearray()
        self._printed = 0
        self._most_tasks = 0
        self._lock = threading.Lock()
        self._holding = threading.RLock()
        """What one thread gives back, the other must not be signalling."""

    def admit(self) -> None:
        """Meet the init, place it under the limits, and let it go on."""
        self._report.settimeout(START_SECONDS)
        try:
            self._pid = self._meet()
            self._pidfd = os.pidfd_open(self._pid)
            if self._group is not None:
                self._group.add(self._pid)
            self._report.send(b"{}")
            self._hear()
            self.main = next(iter(tree.children(self._pid)), 0)
        except (OSError, ValueError) as error:
            self._release()
            raise BrokenError(f"a guest could not be started: {error}") from error

    def _meet(self) -> int:
        """Receive the hello; the kernel says who sent it, as a process number of our own namespace."""
        size = socket.CMSG_SPACE(12)
        message, extra, _, _ = self._report.recvmsg(MAX_CONTROL, size)
        hello = json.loads(message or b"{}")
        if "hello" not in hello:
            raise ValueError(hello.get("failed", "it ended at once"))
        pid = int.from_bytes(extra[0][2][:4], "little")
        if pid <= 0:
            raise ValueError("its process is not visible from here")
        return pid

    def _hear(self) -> None:
        answer = json.loads(self._report.recv(MAX_CONTROL) or b"{}")
        if "started" not in answer:
            raise ValueError(answer.get("failed", "its init ended at once"))

    def run(self) -> None:
        """Watch until the init is gone."""
        poll = select.poll()
        poll.register(self._report.fileno(), select.POLLIN)
        for descriptor in self._outputs:
            poll.register(descriptor, select.POLLIN)
        try:
            self._watch(poll)
        except OSError as error:
            self._lose_sight(error)
        finally:
            self._wind_up()

    def _watch(self, poll: select.poll) -> None:
        pause = WATCH_COUNTED_SECONDS if self._full and self._group is not None else WATCH_SECONDS
        next_look = 0.0
        while not self.over.is_set():
            for descriptor, _ in poll.poll(pause * 1000):
                if descriptor == self._report.fileno():
                    self._learn()
                elif not self._drain(descriptor):
                    poll.unregister(descriptor)
            if time.monotonic() >= next_look:
                next_look = time.monotonic() + pause
                self._look()

    def _lose_sight(self, error: OSError) -> None:
        """End what nobody limits any more, because somebody took away its control group."""
        self.kill(Outcome.BROKEN, f"could no longer be watched: {error}")

    def _learn(self) -> None:
        """The init speaks once more, at the end, or is gone without a word."""
        try:
            message = self._report.recv(MAX_CONTROL, socket.MSG_DONTWAIT)
        except OSError:
            message = b""
        if message:
            said = json.loads(message)
            self.ending.cpu = max(self.ending.cpu, float(said.get("cpu", 0.0)))
            self._conclude(*self._explain(int(said.get("ended", 0))))
        else:
            self._conclude(*(self._memory_fault() or self._killing()))
        self.over.set()

    def _killing(self) -> tuple[Outcome, str]:
        """Say what the end of an init means that nobody here ended."""
        if self._level is not Level.FULL and not self._template.has_hung_up:  # there a submission may kill its own
            return Outcome.CRASHED, "was killed"
        return Outcome.BROKEN, "was killed from outside: with its template, by hand, or for want of memory"

    def _explain(self, status: int) -> tuple[Outcome, str]:
        """Say in words what a wait status means."""
        number = os.waitstatus_to_exitcode(status)
        if fault := self._memory_fault():
            return fault
        if number == -signal.SIGXCPU:
            return self._too_long()
        if number == -signal.SIGKILL:
            return self._killed()
        if number < 0:
            return Outcome.CRASHED, f"was ended by {_signal_name(-number)}"
        return Outcome.CRASHED, f"ended its own process with exit code {number}"

    def _killed(self) -> tuple[Outcome, str]:
        """Say who may have killed it: a signal has no sender, but the kernel counts whom it kills for memory."""
        if self._group is None and tree.oom_kills() > self._killed_before:
            return Outcome.BROKEN, "was killed while the machine ran out of memory"
        return Outcome.CRASHED, "was killed by SIGKILL, which it sent itself or somebody from outside"

    def _memory_fault(self) -> tuple[Outcome, str] | None:
        """Say whose fault it is that the kernel ran out of memory and killed, if it did."""
        if self._group is None or self._group.oom_kills() == 0:
            return None
        if self._group.met_its_limit():
            return self._too_large()
        return Outcome.BROKEN, "was killed because the machine ran out of memory, within its own limit"

    def _drain(self, descriptor: int) -> bool:
        """Read what was printed; False at its end."""
        part = os.read(descriptor, 2**16)
        self._printed += len(part)
        self._kept += part[: KEPT_OUTPUT - len(self._kept)]
        if self._printed > self._allowance.output:
            self.kill(Outcome.OUTPUT, f"printed more than {self._allowance.output // 1024} KiB")
        return bool(part)

    def _look(self) -> None:
        """See what it uses, and end it where that is too much."""
        fault = self._fault_seen() if self._group is None else self._fault_counted(self._group)
        if fault is None and not self._full and (excess := scratch.fault_of(self._folder, self._allowance.disk)):
            fault = Outcome.OUTPUT, excess
        if fault is not None:
            self.kill(*fault)

    def _fault_seen(self) -> tuple[Outcome, str] | None:
        """Say what /proc shows that is too much."""
        usage = tree.measure(self._pid, exact_above=self._allowance.memory)
        self._most_tasks = max(self._most_tasks, usage.tasks)
        self._note_use(usage.cpu, usage.memory)
        if usage.cpu > self._allowance.cpu:
            return self._too_long()
        if usage.memory > self._allowance.memory:
            return self._too_large()
        if usage.processes > self._allowance.processes + 1:
            return Outcome.PROCESSES, f"started more than {self._allowance.processes} processes"
        return None

    def _fault_counted(self, group: cgroup.Group) -> tuple[Outcome, str] | None:
        """Say what its group counts that is too much; memory and processes the kernel refuses by itself."""
        cpu = group.cpu_seconds()  # also of children that nobody waited for
        if cpu is None:
            cpu = tree.measure(self._pid, exact_above=self._allowance.memory).cpu
        self._note_use(cpu, group.current_memory())
        return self._too_long() if cpu > self._allowance.cpu else self._memory_fault()

    def _note_use(self, cpu: float, memory: int) -> None:
        self.ending.cpu = max(self.ending.cpu, cpu)
        self.ending.memory = max(self.ending.memory, memory)

    def _too_long(self) -> tuple[Outcome, str]:
        return Outcome.TIMEOUT, f"used more than {self._allowance.cpu:.0f} s of CPU time"

    def _too_large(self) -> tuple[Outcome, str]:
        return Outcome.MEMORY, f"needed more than {self._allowance.memory // 2**20} MiB of memory"

    def kill(self, outcome: Outcome, reason: str) -> None:
        """End the whole tree at once; the first reason given stays."""
        self._conclude(outcome, reason)
        with self._holding:
            if self._group is not None:
                self._group.kill()
            if self._pidfd < 0:
                return
            if not self._full and not select.select([self._pidfd], [], [], 0)[0]:  # else its number may be another's
                tree.kill_family(self._pid)
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def _conclude(self, outcome: Outcome, reason: str) -> None:
        with self._lock:
            if self.ending.outcome is None:
                self.ending.outcome, self.ending.reason = outcome, reason

    def finish(self) -> None:
        """Wait until the end is known; kill what lingers."""
        self.over.wait(1.0)
        if not self.over.is_set():
            self.kill(Outcome.CRASHED, "closed its connection")
        self.join(5.0)

    def stop(self) -> None:
        """End the guest, because it is no longer needed."""
        if self.is_alive():
            self.kill(Outcome.CRASHED, "was ended by the grader")
            self.join(5.0)
        else:
            self._release()

    def rest(self) -> bool:
        """Stop all processes of the guest; return whether they do stand still."""
        with self._holding:
            return self.over.is_set() or tree.stop_family(self._pid)

    def wake(self) -> None:
        """Let all processes of the guest go on."""
        with self._holding:
            if not self.over.is_set():
                tree.continue_family(self._pid)

    def ran(self) -> float:
        """Return the CPU time: as its control group counts it, where one does, else of the processes that live."""
        with self._holding:
            counted = self._group.cpu_seconds() if self._group is not None else None
            return tree.ran(self._pid) if counted is None else counted

    def footprint(self) -> tree.Footprint | None:
        """Return what the guest holds: as its control group counts it, where one keeps the peak, else as /proc does."""
        with self._holding:
            if self.over.is_set():
                return None
            if self._group is not None and "peak" not in self._group.where.missing:
                return tree.Footprint(self._group.current_memory(), self._group.peak_memory())
            found = tree.footprint(self._pid, seen=self.ending.memory)
            return None if tree.is_dead(self.main) else found  # with a process its peak is gone

    def met_the_limit_of_processes(self) -> bool:
        """Whether the control group refused one; where there is none, whether as many were seen as are allowed."""
        self.use()
        with self._holding:
            if self._group is not None:
                return self._group.refused_processes() > 0
        return self._most_tasks >= self._allowance.processes

    def use(self) -> tuple[float, int]:
        """Return CPU seconds and peak bytes, looked at now."""
        with self._holding:
            if not self.over.is_set():
                try:
                    self._look()
                except OSError as error:
                    self._lose_sight(error)
        return self.ending.cpu, self.ending.memory

    @property
    def text(self) -> str:
        """The first of what was printed."""
        return bytes(self._kept).decode("utf-8", "replace")

    def _wind_up(self) -> None:
        """Everything is dead or dying: wait for the init, take the last figures, give back what we hold."""
        self.over.set()
        select.select([self._pidfd], [], [], 5.0)
        for descriptor in self._outputs:
            os.set_blocking(descriptor, False)
            with contextlib.suppress(BlockingIOError):
                while self._drain(descriptor) and self._printed <= self._allowance.output + 2**20:
                    pass
        if self._group is not None:
            with contextlib.suppress(FileNotFoundError):  # somebody removed the group: the last look stands
                self.ending.memory = max(self.ending.memory, self._group.peak_memory())
        self._release()

    def _release(self) -> None:
        """Close what is ours, once."""
        with self._holding:
            if self._group is not None:
                self._group.kill()
                self._group.remove()
                self._group = None
            if self._pidfd >= 0:
                os.close(self._pidfd)
                self._pidfd = -1
            for descriptor in self._outputs:
                os.close(descriptor)
            self._outputs = []
            self._report.close()
            if not self._full:
                scratch.remove(self._folder)


@cache
def _groups() -> cgroup.Cgroups | None:
    """Find the control groups once per process, and clear away those of graders that were killed."""
    found = cgroup.find_controllers()
    if found is not None:
        cgroup.remove_stale(found)
    return found


def clear_stale_groups() -> None:
    """Remove the control groups an examiner left that was killed."""
    found = _groups()
    if found is not None:
        cgroup.remove_stale(found)


def remove_leftovers() -> list[str]:
    """Remove what graders that are dead have left, and nothing of a living one; name each thing that was removed."""
    found = cgroup.find_controllers()
    groups = cgroup.remove_stale(found) if found is not None else []
    return [*(f"control group {name}" for name in groups), *(f"folder {path}" for path in scratch.remove_stale())]


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal has none
        return f"signal {number}"


def _seal_size(descriptor: int) -> None:
    """Fix the arena's size for good: a guest that could shrink it would end us with SIGBUS."""
    import fcntl

    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)


def _refuse(value: object) -> wire.HandleRef:
    raise wire.WireError(f"a {type(value).__name__} cannot be sent")
