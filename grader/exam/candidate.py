"""The submission under examination: one guest at a time, its budget, its restarts."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from grader.errors import BrokenError
from grader.exam.seeds import derive
from grader.exam.solution import (
    TEACH,
    CheckEnded,
    Handle,
    RemoteFailure,
    Solution,
    clean,
    remote_exception,
    send_other,
    with_failure,
)
from grader.sandbox import calls, requests
from grader.sandbox.host import Allowance, Ending, Guest, GuestEnded, Template
from grader.sandbox.requests import Request
from grader.sandbox.tree import Footprint
from grader.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.exam.transcripts import Tape
    from grader.question import Limits
    from grader.sandbox.calls import Step
    from grader.sandbox.host import Heard
    from grader.sandbox.requests import Fallback
    from grader.sandbox.wire import HandleRef
    from grader.submission import Unit

T = TypeVar("T")

MAX_GUESTS = 12
MAX_NAMES = 200
MAX_NAME = 100
UNLIKE = "the suite asks something else than before, at the same seed and after the same answers"


@dataclass(frozen=True)
class Source:
    """What is loaded into a guest."""

    units: tuple[Unit, ...]
    files: tuple[tuple[str, bytes], ...]
    exports: tuple[str, ...]


@dataclass(frozen=True)
class Loaded:
    """What loading the submission said."""

    defined: tuple[str, ...]
    names: tuple[str, ...]
    failure: RemoteFailure | None
    label: str = ""
    """The file or cell that raised."""


class Candidate:
    """Holds a submission in guests; a dead guest is replaced when the next check begins."""

    def __init__(
        self, template: Template, source: Source, limits: Limits, *, speaks_for: Candidate | None = None
    ) -> None:
        """Hold a submission that is not loaded yet.

        Args:
            template: where its guests come from.
            source: what is loaded into them.
            limits: of the whole grading.
            speaks_for: whom the handles belong to that are passed to this one; itself unless given.
        """
        self._addressee = speaks_for or self
        self.loaded: Loaded | None = None
        self.guests = 0
        self.generation = 0
        """Number of the guest that handles belong to now."""
        self.bare = Footprint(0, 0)
        """What the present guest held before the submission was loaded."""
        self._template = template
        self._source = source
        self._limits = limits
        self._guest: Guest | None = None
        self._spent_wall = 0.0
        self._spent_cpu = 0.0
        self._peak = 0
        self._output = ""
        self._busy_at_start = 0.0
        self._seed = 0
        self._allowed = limits.check_wall
        self._tape: Tape | None = None
        self._heard: deque[Heard | GuestEnded] = deque()
        """What the guest has answered already to requests that this check has yet to make."""
        self._begun = False
        """Whether this check was begun before it is run."""

    @property
    def wall(self) -> float:
        """Seconds spent waiting for the submission so far."""
        return self._spent_wall + (self._guest.busy if self._guest else 0.0)

    @property
    def waited(self) -> float:
        """Seconds spent waiting for the submission in this check."""
        return self.wall - self._busy_at_start

    @property
    def cpu(self) -> float:
        """CPU seconds of all its processes so far."""
        return self._spent_cpu + (self._guest.use()[0] if self._guest else 0.0)

    @property
    def memory(self) -> int:
        """Peak bytes of its process tree."""
        return max(self._peak, self._guest.use()[1] if self._guest else 0)

    @property
    def output(self) -> str:
        """The first of what it printed."""
        return self._output + (self._guest.output if self._guest else "")

    def begin(self, seed: int, *, allowed: float | None = None) -> None:
        """Begin a check: its own seed and its own share of the wall clock."""
        if self._begun:
            self._begun = False
            return
        self._heard.clear()
        self._seed = seed
        self._allowed = allowed or self._limits.check_wall
        self._busy_at_start = self.wall
        if self._guest is not None and not self._guest.alive:
            self._retire()
        if self._guest is not None:
            try:
                self._request("seed", [derive(seed, "guest")])
            except (GuestEnded, CheckEnded):  # it died between two checks: the next gets a fresh one
                self._retire()

    @property
    def threads(self) -> int:
        """Threads a measured call may use."""
        return self._template.wants.threads

    def ask(self, operation: str, arguments: Sequence[object], stand_in: Solution | None) -> tuple[str, Any]:
        """Make one request of the present guest, or of a fresh one."""
        self.open()
        known = operation == TEACH  # what a probe is follows from the suite: neither noted nor repeated
        try:
            if self._heard and not known:
                return self._hear_again(operation, arguments, stand_in)
            tape = self._tape if self._tape is not None and self._tape.counts and not known else None
            return self._request(operation, arguments, stand_in, tape)
        except GuestEnded as end:
            self.spoil()  # how it ended is no answer
            raise CheckEnded(end.outcome, end.reason) from None

    def note(self, tape: Tape | None) -> None:
        """Write what is asked and answered on a tape from now on; None ends it."""
        self._tape = tape

    def spoil(self) -> None:
        """Say that what this check asks does not follow from its seed and the answers alone."""
        if self._tape is not None:
            self._tape.spoil()

    @property
    def ready(self) -> bool:
        """Whether there is a guest with the submission loaded."""
        return self._guest is not None and self._guest.alive

    def follow(self, step: Step[T]) -> T | None:
        """Make requests that were noted before; return the end to which all the answers lead, None where they do not.

        What is heard is kept, for a check that is run after all: see `resume`.
        """
        guest = self._guest
        assert guest is not None, "the check has a guest that is ready"
        try:
            return guest.walk(step, time.monotonic() + self._patience(), self._heard.append)
        except GuestEnded as end:
            self._heard.append(end)
            return None

    def settle(self) -> None:
        """Forget what was heard: the check need not be run."""
        self._heard.clear()

    def resume(self) -> None:
        """Have the check, which has begun, run from its start: it hears again what was answered so far."""
        self._begun = True

    def forget(self, number: int) -> None:
        """Let the guest forget an object."""
        if self._guest is not None:
            self._guest.drop(number)

    def rest(self) -> None:
        """Stop the guest until `wake`.

        Raises:
            CheckEnded: it does not let itself be stopped.
        """
        if self._guest is not None and not self._guest.rest():
            raise CheckEnded(Outcome.FAILED, "could not be stopped between two measured calls")

    def wake(self) -> None:
        """Let the guest go on."""
        if self._guest is not None:
            self._guest.wake()

    def renew(self) -> None:
        """Go on in a fresh guest, though the present one may be well: one that is counts no further."""
        if self._guest is not None and self._guest.alive:
            self.guests -= 1
        self._retire()
        self.open()

    def kept_waiting(self) -> float:
        """Return the seconds for which the present guest was ready to answer, and others ran."""
        return self._guest.kept_waiting() if self._guest is not None else 0.0

    def ran(self) -> float:
        """Return the CPU seconds of all processes of the present guest; exact while it rests."""
        return self._guest.ran() if self._guest is not None else 0.0

    def footprint(self) -> Footprint:
        """Return what all processes of the present guest hold, and have held at most.

        Raises:
            CheckEnded: it has ended.
        """
        found = self._guest.footprint() if self._guest is not None else None
        if found is None:
            raise self._had_ended()
        return found

    def close(self) -> None:
        """End the guest."""
        self._retire()

    def _request(
        self,
        operation: str,
        arguments: Sequence[object],
        stand_in: Solution | None = None,
        tape: Tape | None = None,
    ) -> tuple[str, Any]:
        guest = self._guest
        if guest is None or not guest.alive:
            raise self._had_ended()
        answer = guest.request(
            operation,
            arguments,
            deadline=time.monotonic() + self._patience(),
            fallback=self._fallback(tape),
            on_handle=partial(self._handle, stand_in, tape),
            note=tape.note if tape is not None else None,
        )
        return self._examined(answer, guest)

    def _examined(self, answer: tuple[str, Any], guest: Guest) -> tuple[str, Any]:
        status, value = answer
        if status == "raise" and _examine(value, guest):
            self.spoil()  # whether a limit was met is no answer
        return answer

    @staticmethod
    def _handle(stand_in: Solution | None, tape: Tape | None, ref: HandleRef) -> object:
        if tape is not None:
            tape.spoil()  # its number depends on what was asked before
        return Handle(stand_in, ref) if stand_in else ref

    def _hear_again(self, operation: str, arguments: Sequence[object], stand_in: Solution | None) -> tuple[str, Any]:
        """Answer a request that has been repeated already.

        Raises:
            CheckEnded: it is another one.
            GuestEnded: over it.
        """
        heard, guest, tape = self._heard.popleft(), self._guest, self._tape
        if isinstance(heard, GuestEnded):
            raise heard
        assert guest is not None, "it has answered"
        body = requests.write(heard.number, Request(operation, arguments), self._fallback(tape))
        if calls.asks(body) != heard.request:
            raise CheckEnded(Outcome.BROKEN, UNLIKE)
        answer = guest.read(
            heard,
            deadline=time.monotonic() + self._patience(),
            on_handle=partial(self._handle, stand_in, tape),
            note=tape.note if tape is not None else None,
        )
        return self._examined(answer, guest)

    def _fallback(self, tape: Tape | None) -> Fallback:
        send = partial(send_other, to=self._addressee)
        return send if tape is None else partial(_send_noted, tape, send)

    def _had_ended(self) -> CheckEnded:
        ending = self._guest.ending if self._guest is not None else Ending()
        reason = f"its process had already ended: it {ending.reason}" if ending.reason else "its process had ended"
        return CheckEnded(ending.outcome or Outcome.CRASHED, reason)

    def _patience(self) -> float:
        """Seconds left in this check, and in the whole."""
        in_check = self._allowed - self.waited
        return max(min(in_check, self._limits.wall - self.wall), 0.0)

    def open(self) -> None:
        """Start a guest and load the submission into it, unless there is one.

        Raises:
            CheckEnded: the limits are used up, or the guest ended while it was loading.
            Exception: the submission raised while it was loading, before every export was defined.
        """
        if self._guest is not None:
            return
        cpu_left = self._limits.cpu - self._spent_cpu
        if self.wall >= self._limits.wall or cpu_left <= 0 or self.guests >= MAX_GUESTS:
            raise CheckEnded(Outcome.NOT_RUN, "the limits were used up before")
        allowance = Allowance(
            cpu_left, self._limits.memory, self._limits.processes, self._limits.output, self._limits.disk
        )
        self._guest = self._welcome(allowance)
        self.guests += 1
        self.bare = self.footprint()
        try:
            units = [[unit.label, unit.source] for unit in self._source.units]
            status, value = self._request("load", [units, list(self._source.exports)])
        except GuestEnded as end:
            raise CheckEnded(end.outcome, f"while it was imported, it {end.reason}") from None
        if status != "ok":
            raise remote_exception(value)
        if isinstance(value, dict):
            _examine(value.get("failure"), self._guest)
        self.loaded = _loaded(value)
        if self.loaded.failure is not None and set(self._source.exports) - set(self.loaded.defined):
            raise load_error(self.loaded)

    def _welcome(self, allowance: Allowance) -> Guest:
        """Start a guest and hear it answer. It holds no code of the submission yet: its end is none of its doing."""
        try:
            self._guest = self._template.guest(allowance, self._source.files)
            self._request("seed", [derive(self._seed, "guest")])
        except BrokenError as error:  # an Exception, which a check could take for the submission's
            raise CheckEnded(Outcome.BROKEN, str(error)) from error
        except (GuestEnded, CheckEnded) as end:
            outcome = Outcome.BROKEN if end.outcome is Outcome.CRASHED else end.outcome
            raise CheckEnded(outcome, f"before it was imported, it {end.reason}") from None
        return self._guest

    def _retire(self) -> None:
        """Close the guest and add what it used."""
        guest = self._guest
        if guest is None:
            return
        guest.use()  # a last look: what it used since the previous one counts too
        guest.close()
        cpu, memory = guest.ending.cpu, guest.ending.memory
        self._spent_wall += guest.busy
        self._spent_cpu += cpu
        self._peak = max(self._peak, memory)
        self._output = (self._output + guest.output)[: 2**14]
        self._guest = None
        self.generation += 1


def _send_noted(tape: Tape, send: Fallback, value: object) -> HandleRef | bytes:
    sent = send(value)
    tape.refer(sent)
    return sent


def load_error(loaded: Loaded) -> BaseException:
    """Return what to raise when loading failed before every export was defined."""
    failure = loaded.failure or RemoteFailure("Exception", "", (), "")
    if failure.kind == "forbidden":
        return CheckEnded(Outcome.FORBIDDEN, failure.message)
    return with_failure(Exception(f"{loaded.label} raised {failure.text}"), failure)


def _names(value: object) -> tuple[str, ...]:
    return tuple(clean(name)[:MAX_NAME] for name in value[:MAX_NAMES]) if isinstance(value, list) else ()


def _examine(told: Any, guest: Guest) -> bool:
    """Take from an exception that names the limit of processes its kind, where that limit was not met.

    Much else is unavailable for the moment (EAGAIN), and a thread's stack may find no room. True if it names it.
    """
    if not isinstance(told, dict) or told.get("kind") != "processes":
        return False
    if not guest.met_the_limit_of_processes():
        told["kind"] = ""
    return True


def _loaded(value: Any) -> Loaded:
    """Read the answer to `load`; what is malformed counts as nothing."""
    data = value if isinstance(value, dict) else {}
    failure = data.get("failure")
    error = remote_exception(failure) if isinstance(failure, dict) else None
    remote = getattr(error, "remote", None)
    if isinstance(error, CheckEnded):
        remote = RemoteFailure("ForbiddenUse", error.reason, (), "forbidden")
    return Loaded(
        _names(data.get("defined")),
        _names(data.get("names")),
        remote,
        clean(failure.get("label", "")) if isinstance(failure, dict) else "",
    )
