"""Real guests behind real walls: what they may do works, what they must not do is named, nothing of them stays."""

from __future__ import annotations

import contextlib
import operator
import os
import pickle
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from waiting import eventually

from grader.errors import BrokenError, IsolationError
from grader.sandbox import launch, tree, wire
from grader.sandbox.host import Allowance, Guest, GuestEnded, Template, Wants
from grader.verdict import Level, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")

ROOT = Path(__file__).resolve().parent.parent
KIB, MIB = 2**10, 2**20
PATIENCE = 20.0
AMPLE = Allowance(cpu=20.0, memory=256 * MIB, processes=8, output=64 * KIB, disk=4 * MIB)

WALLS = {
    "bubblewrap", "ipc namespace", "landlock", "mount namespace", "network namespace", "no new privileges",
    "pid namespace", "rlimits", "seccomp", "user",
}  # fmt: skip


# --- Helpers: one template per level, and guests that are closed ---


def skip_without_restricted() -> None:
    """Skip where a guest at this level could not give up root."""
    try:
        launch.guest_uid("restricted")
    except IsolationError as error:
        pytest.skip(str(error))


def start(wants: Wants) -> Template:
    if wants.level is Level.RESTRICTED:
        skip_without_restricted()
    template = Template(wants)
    try:
        template.wait()
    except BaseException:
        template.close()
        raise
    return template


@pytest.fixture(scope="module", params=[Level.FULL, Level.RESTRICTED], ids=lambda level: str(level.value))
def template(request: pytest.FixtureRequest) -> Iterator[Template]:
    """A template at each level this machine offers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADER_TEST_SECRET", "not for guests")
        try:
            template = start(Wants(packages=("json", "math"), forbidden=("math.prod",), level=request.param))
        except IsolationError as error:
            pytest.skip(f"this machine has no such isolation: {error}")
    yield template
    template.close()


class Visit:
    """A guest with a submission in it."""

    def __init__(self, guest: Guest, source: str) -> None:
        self.guest = guest
        self.refs: list[wire.HandleRef] = []
        status, self.loaded = self.ask("load", [["solution.py", source]], [])
        assert status == "ok"

    def ask(self, operation: str, *arguments: object, patience: float = PATIENCE) -> tuple[str, Any]:
        return self.guest.request(
            operation,
            arguments,
            deadline=time.monotonic() + patience,
            fallback=lambda value: value if isinstance(value, wire.HandleRef) else pickle.dumps(value),
            on_handle=lambda ref: ref,
        )

    def call(self, name: str, *args: object, patience: float = PATIENCE) -> Any:
        """Call a function that is expected to return."""
        status, value = self.ask("call", None, [name], args, {}, patience=patience)
        assert status == "ok", value
        return value

    def fault(self, name: str, *args: object) -> dict[str, Any]:
        """Call a function that is expected to raise; return what is told of it."""
        status, value = self.ask("call", None, [name], args, {})
        assert status == "raise", value
        return dict(value)

    def end(self, name: str, *args: object, patience: float = PATIENCE) -> GuestEnded:
        """Call a function that is expected to end the guest; return how."""
        with pytest.raises(GuestEnded) as caught:
            self.ask("call", None, [name], args, {}, patience=patience)
        return caught.value

    @property
    def init(self) -> int:
        """The init of the guest, by the number it has here."""
        keeper = self.guest._keeper
        assert keeper is not None
        return keeper._pid

    @property
    def processes(self) -> set[int]:
        """All processes of the guest, by the numbers they have here."""
        return set(tree.family(self.init))


@pytest.fixture
def visit(template: Template) -> Iterator[Callable[..., Visit]]:
    """Open guests; whatever they did, all of their processes are gone at the end, and the template still works."""
    opened: list[Visit] = []
    seen: set[int] = set()

    def open_guest(source: str, files: Sequence[tuple[str, bytes]] = (), **limits: Any) -> Visit:
        opened.append(Visit(template.guest(replace(AMPLE, **limits), files), source))
        seen.update(opened[-1].processes)
        return opened[-1]

    yield open_guest
    for each in opened:
        each.guest.close()
    assert all_gone(seen)
    assert answers(template)


def all_gone(pids: set[int]) -> bool:
    return eventually(lambda: not any(map(lives, pids)))


def lives(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    return not tree.is_dead(pid)


def answers(template: Template) -> bool:
    """Whether a fresh guest of the template does its work."""
    guest = template.guest(AMPLE)
    try:
        return bool(Visit(guest, "def two(): return 2").call("two") == 2)
    finally:
        guest.close()


# --- What a submission may do ---

HONEST = """
import weakref

alive = weakref.WeakSet()
constant = (1, "two")


class Thing:
    def __init__(self, value):
        self.value = value
        alive.add(self)

    def add(self, number):
        self.value += number
        return self.value

    def __getitem__(self, key):
        return self.value * key

    def __len__(self):
        return 5


def identity(value):
    return value


def make(value):
    return Thing(value)


def both(things, *, factor=1):
    return [thing.value * factor for thing in things]


def count():
    return len(alive)


def numbers(end):
    for number in range(end):
        yield number
    raise ValueError("no more numbers")
"""


def test_a_call_returns_its_value(visit: Callable[..., Visit]) -> None:
    """Arguments go over, the value comes back, a thousand times."""
    here = visit(HONEST)

    assert here.call("identity", [1, "two", {3.0: None}, b"4"]) == [1, "two", {3.0: None}, b"4"]
    for number in range(1000):
        assert here.call("identity", number) == number


def test_large_values_go_through_the_arena_and_beyond(visit: Callable[..., Visit]) -> None:
    """Below, around and above what the shared memory holds, both ways."""
    here = visit(HONEST)
    for size in (31 * KIB, 33 * KIB, 8 * MIB, 40 * MIB):
        data = os.urandom(KIB) * (size // KIB)

        assert here.call("identity", data) == data


def test_loading_says_what_is_defined(visit: Callable[..., Visit]) -> None:
    """The names of the question that are there, and all public names."""
    here = visit("import os\n_hidden = f = g = 1")
    _, loaded = here.ask("load", [["more.py", "h = 2"]], ["f", "h", "k"])

    assert loaded["defined"] == ["f", "h"]
    assert {"os", "f", "g", "h"} <= set(loaded["names"])
    assert loaded["failure"] is None


def test_loading_stops_at_the_unit_that_raises(visit: Callable[..., Visit]) -> None:
    """What was defined before stays; label and line say where it was."""
    here = visit("")
    units = [["book cell 1", "a = 1"], ["book cell 2", "b = 2\nb / 0\nc = 3"], ["book cell 3", "d = 4"]]
    _, loaded = here.ask("load", units, ["a", "b", "c", "d"])

    assert loaded["defined"] == ["a", "b"]
    assert (loaded["failure"]["label"], loaded["failure"]["types"][0]) == ("book cell 2", "ZeroDivisionError")
    assert loaded["failure"]["traceback"] == [["book cell 2", 2, "<module>", "b / 0"]]


def test_what_is_no_data_comes_back_as_a_handle(visit: Callable[..., Visit]) -> None:
    """It can be called, read, indexed, measured and passed back, also within a list and by keyword."""
    here = visit(HONEST)
    thing, other = here.call("make", 3), here.call("make", 4)

    assert (type(thing), thing.type_name) == (wire.HandleRef, "Thing")
    assert here.ask("call", thing, ["add"], [2], {}) == ("ok", 5)
    assert here.ask("get", thing, ["value"]) == ("ok", 5)
    assert here.ask("item", thing, 2) == ("ok", 10)
    assert here.ask("length", thing) == ("ok", 5)
    assert here.ask("call", None, ["both"], [[thing, other]], {"factor": 2}) == ("ok", [10, 8])


def test_exports_that_are_no_functions_can_be_read(visit: Callable[..., Visit]) -> None:
    """A constant is data, a class a handle that makes instances."""
    here = visit(HONEST)
    _, kind = here.ask("get", None, ["Thing"])
    _, thing = here.ask("call", kind, [], [7], {})

    assert here.ask("get", None, ["constant"]) == ("ok", (1, "two"))
    assert here.ask("get", thing, ["value"]) == ("ok", 7)


def test_a_handle_that_is_dropped_frees_its_object(visit: Callable[..., Visit]) -> None:
    """The guest forgets it with the next request."""
    here = visit(HONEST)
    kept, dropped = here.call("make", 1), here.call("make", 2)
    before = here.call("count")
    here.guest.drop(dropped.number)

    assert (before, here.call("count")) == (2, 1)
    assert here.ask("get", kept, ["value"]) == ("ok", 1)


def test_a_handle_that_is_gone_is_an_exception(visit: Callable[..., Visit]) -> None:
    """Whoever uses one is told so; the guest lives on."""
    here = visit(HONEST)
    status, _ = here.ask("call", None, ["identity"], [wire.HandleRef(999, "Thing")], {})

    assert status == "raise"
    assert here.call("identity", 1) == 1


def test_an_object_is_put_into_the_guest(visit: Callable[..., Visit]) -> None:
    """By pickle, for what the examiner sends endangers nobody; it stays there as a handle."""
    here = visit(HONEST)
    _, handle = here.ask("put", operator.itemgetter(1))

    assert handle.type_name == "itemgetter"
    assert here.ask("call", handle, [], [[5, 6]], {}) == ("ok", 6)


class Unloadable:
    def __reduce__(self) -> tuple[Any, ...]:
        return operator.truediv, (1, 0)


def test_what_cannot_be_put_is_an_exception(visit: Callable[..., Visit]) -> None:
    """A pickle that fails over there is told so; the guest lives on."""
    here = visit(HONEST)
    status, _ = here.ask("put", Unloadable())

    assert status == "raise"
    assert here.call("identity", 1) == 1


def test_a_probe_runs_beside_the_submission(visit: Callable[..., Visit]) -> None:
    """It gets the module as its first argument, and returns data."""
    here = visit(HONEST)

    assert here.ask("run", operator.attrgetter("constant"), [], {}) == ("ok", (1, "two"))
    assert here.ask("run", operator.attrgetter("nothing"), [], {})[1]["types"][0] == "AttributeError"


def test_iteration_goes_item_by_item(visit: Callable[..., Visit]) -> None:
    """A generator stays over there, and raises when its turn has come."""
    here = visit(HONEST)
    _, iterator = here.ask("iterate", here.call("numbers", 2))

    assert [here.ask("next", iterator) for _ in range(2)] == [("ok", [0]), ("ok", [1])]
    status, told = here.ask("next", iterator)
    assert (status, told["types"][0], told["message"]) == ("raise", "ValueError", "no more numbers")
    assert here.ask("next", iterator) == ("ok", [])


def test_further_files_are_there(visit: Callable[..., Visit]) -> None:
    """A helper module is imported, and a data file lies in its folder."""
    files = [("helpers/__init__.py", b""), ("helpers/data.py", b"import os\nhere = os.path.dirname(__file__)")]
    source = "from helpers import data\ndef read(): return open(data.here + '/words.txt').read()"
    here = visit(source, [*files, ("helpers/words.txt", b"a b")])

    assert here.loaded["failure"] is None
    assert here.call("read") == "a b"


def test_helper_modules_do_not_hide_installed_ones(visit: Callable[..., Visit]) -> None:
    """The submission's folder is searched last."""
    here = visit("import json\ndef f(): return json.dumps([1])", [("json.py", b"dumps = None")])

    assert here.call("f") == "[1]"


def test_what_it_prints_is_kept_and_not_read(visit: Callable[..., Visit]) -> None:
    """stdout and stderr, from Python and from below, in the order they came in."""
    here = visit("import os, sys\ndef f():\n    print('out'); print('err', file=sys.stderr); os.write(1, b'raw')")
    here.call("f")
    here.guest.close()

    assert sorted(here.guest.output.replace("raw", "raw\n").split()) == ["err", "out", "raw"]


BUSY = """
import os, time


def f():
    data = bytearray(b"x") * 2**26
    del data
    if os.fork() == 0:
        while time.process_time() < 0.2:
            pass
        os._exit(0)
    os.wait()
"""


def test_use_is_measured(visit: Callable[..., Visit]) -> None:
    """CPU time of children counts, and memory that was given back."""
    here = visit(BUSY)
    here.call("f")
    here.guest.use()  # a look now; those of the keeper come every so often
    here.guest.close()

    assert here.guest.ending.cpu >= 0.18  # the kernel counts in ticks of 10 ms, for each of two processes
    assert here.guest.ending.memory >= 64 * MIB or here.guest._template._groups is None


# --- Exceptions come back as data ---

RAISING = """
import sys


class Own(LookupError):
    pass


class Nameless(Exception):
    def __str__(self):
        raise SystemExit("no text")


class Unshowable:
    def __repr__(self):
        raise OSError("no text")


class Group(ExceptionGroup):
    pass


def throw(name):
    raise {
        "own": Own("mine"), "key": KeyError("k"), "exit": SystemExit(3), "interrupt": KeyboardInterrupt(),
        "generator": GeneratorExit(), "stop": StopIteration(1), "base": BaseException("base"), "nameless": Nameless(),
        "unshowable": KeyError(Unshowable()), "long": ValueError("x" * 10**6), "memory": MemoryError("no room"),
        "full": OSError(28, "full"), "open": OSError(24, "open"), "flight": OSError(109, "flight"),
        "assertion": AssertionError("wrong"), "warning": DeprecationWarning("old"), "group": Group("g", [ValueError()]),
    }[name]


def deep(level=0):
    return deep(level + 1)


class Hostile(list):
    def __iter__(self):
        raise SystemExit("not to be sent")


def unsendable(kind):
    ring = []
    ring.append(ring)
    return {"ring": ring, "hostile": Hostile([1]), "huge": 1 << 2**24}[kind]


def forbidden():
    import math
    return math.prod([1, 2])
"""


@pytest.mark.parametrize(
    ("name", "builtin", "message", "kind"),
    [
        ("own", "LookupError", "mine", ""),
        ("key", "KeyError", "'k'", ""),
        ("exit", "Exception", "3", "exit"),
        ("interrupt", "Exception", "", "exit"),
        ("generator", "Exception", "", ""),
        ("stop", "Exception", "1", ""),
        ("base", "Exception", "base", ""),
        ("nameless", "Exception", "(its message cannot be shown)", ""),
        ("unshowable", "KeyError", "(its message cannot be shown)", ""),
        ("long", "ValueError", "x" * 2000, ""),
        ("memory", "MemoryError", "no room", "memory"),
        ("full", "OSError", "[Errno 28] full", "disk"),
        ("open", "OSError", "[Errno 24] open", "descriptors"),
        ("flight", "OSError", "[Errno 109] flight", "descriptors"),
        ("assertion", "AssertionError", "wrong", ""),
        ("warning", "DeprecationWarning", "old", ""),
        ("group", "ExceptionGroup", "g (1 sub-exception)", ""),
    ],
)
def test_an_exception_comes_back_as_data(
    visit: Callable[..., Visit], name: str, builtin: str, message: str, kind: str
) -> None:
    """The nearest builtin class, a bounded message, the candidate's own lines; whatever it is, the guest lives on."""
    here = visit(RAISING)
    told = here.fault("throw", name)

    assert (told["types"][0], told["message"], told["kind"]) == (builtin, message, kind)
    assert [line[:3] for line in told["traceback"]] == [["solution.py", 24, "throw"]]
    assert here.fault("throw", "own")["name"] == "Own"


def test_endless_recursion_is_an_exception(visit: Callable[..., Visit]) -> None:
    """With as many of its lines as anybody reads."""
    told = visit(RAISING).fault("deep")

    assert told["types"][0] == "RecursionError"
    assert 1 < len(told["traceback"]) <= 20


@pytest.mark.parametrize("kind", ["ring", "hostile", "huge"])
def test_a_result_that_cannot_be_sent_is_an_exception(visit: Callable[..., Visit], kind: str) -> None:
    """Too deep, too large, or with methods that raise."""
    here = visit(RAISING)

    assert here.fault("unsendable", kind)
    assert here.fault("throw", "own")["message"] == "mine"


def test_what_the_question_forbids_raises(visit: Callable[..., Visit]) -> None:
    """The stub says what is forbidden."""
    told = visit(RAISING).fault("forbidden")

    assert (told["kind"], told["message"]) == ("forbidden", "this question forbids math.prod")


# --- How a guest ends ---

VILLAIN = """
import ctypes, os, signal, sys, threading, time


def spin():
    while True:
        pass


def sleep():
    time.sleep(600)


def leave(code):
    os._exit(code)


def segfault():
    ctypes.string_at(0)


def signal_self(number):
    os.kill(os.getpid(), number)
    time.sleep(600)


def signal_group():
    os.killpg(0, signal.SIGKILL)
    time.sleep(600)


def signal_parent():
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(0.2)


def eat(size):
    held = bytearray(b"x") * size
    return len(held)


def eat_in_children(size, number):
    for _ in range(number):
        if os.fork() == 0:
            held = bytearray(b"x") * size
            time.sleep(600)
    time.sleep(600)


def flood(descriptor):
    while True:
        os.write(descriptor, b"x" * 1000)


def flood_file():
    with open("large", "wb") as file:
        for _ in range(1000):
            file.write(b"x" * 2**20)


def fork_many():
    children = 0
    try:
        while children < 1000:
            if os.fork() == 0:
                time.sleep(600)
            children += 1
    except OSError as error:
        return children, error.errno
    return children, 0


def thread_many():
    hold = threading.Event()
    started = []
    try:
        while len(started) < 1000:
            started.append(threading.Thread(target=hold.wait, daemon=True))
            started[-1].start()
    except RuntimeError:
        return len(started) - 1
    return 1000


def bomb():
    while True:
        try:
            os.fork()
        except OSError:
            pass


def close_all():
    os.closerange(0, 256)
    return 1


def close_wire(end):
    os.close(end)
    time.sleep(600)


def daemon(then):
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            os.write(writing, b"x")
            time.sleep(600)
        os._exit(0)
    os.read(reading, 1)
    then and os._exit(0)
    return 1
"""


KILLED = "was killed by SIGKILL, which it sent itself or somebody from outside"


@pytest.mark.parametrize(
    ("function", "args", "outcome", "reason"),
    [
        ("spin", [], Outcome.TIMEOUT, "gave no answer in time"),
        ("sleep", [], Outcome.TIMEOUT, "gave no answer in time"),
        ("signal_self", [19], Outcome.TIMEOUT, "gave no answer in time"),
        ("leave", [0], Outcome.CRASHED, "ended its own process with exit code 0"),
        ("leave", [3], Outcome.CRASHED, "ended its own process with exit code 3"),
        ("segfault", [], Outcome.CRASHED, "was ended by SIGSEGV"),
        ("signal_self", [9], Outcome.CRASHED, KILLED),
        ("signal_self", [36], Outcome.CRASHED, "was ended by signal 36"),
        ("signal_group", [], Outcome.CRASHED, KILLED),
        ("close_all", [], Outcome.CRASHED, "ended its own process with exit code 70"),
        ("close_wire", [3], Outcome.TIMEOUT, "gave no answer in time"),
        ("close_wire", [4], Outcome.CRASHED, "closed its connection"),
        ("flood", [1], Outcome.OUTPUT, "printed more than 64 KiB"),
        ("flood", [2], Outcome.OUTPUT, "printed more than 64 KiB"),
        ("daemon", [True], Outcome.CRASHED, "ended its own process with exit code 0"),
    ],
)
def test_the_end_is_named(
    visit: Callable[..., Visit], function: str, args: list[object], outcome: Outcome, reason: str
) -> None:
    """Outcome and reason say what it was; nothing of it runs on, and the next guest works."""
    here = visit(VILLAIN)
    ended = here.end(function, *args, patience=0.3 if outcome is Outcome.TIMEOUT else PATIENCE)

    assert (ended.outcome, ended.reason) == (outcome, reason)
    assert eventually(lambda: not here.guest.alive)
    assert here.end("spin", patience=0.3).outcome is outcome


COMPANY = """
import ctypes, os, threading

def spin():
    while True:
        pass

def invite():
    threading.Thread(target=spin, daemon=True).start()
    if os.fork() == 0:
        spin()
    if os.fork() == 0:  # its first thread is a zombie, another one runs
        threading.Thread(target=spin, daemon=True).start()
        ctypes.CDLL(None).pthread_exit(None)

def here():
    return True
"""


def test_a_guest_at_rest_stands_still(visit: Callable[..., Visit]) -> None:
    """Every thread of every process is stopped, however it was started; awake, the guest answers as before."""
    here = visit(COMPANY)
    here.call("invite")
    assert eventually(lambda: len(here.processes) == 4)

    assert here.guest.rest()
    family = here.processes - {here.init}
    assert len(family) == 3
    assert not [pid for pid in family if tree._runs(pid)]

    here.guest.wake()
    assert here.call("here")


def test_rest_has_an_end(visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch) -> None:
    """Who cannot be stopped is not waited for."""
    here = visit(COMPANY)
    monkeypatch.setattr(tree, "_runs", lambda _: True)

    assert not tree.stop_family(here.init, seconds=0.05)
    here.guest.wake()
    assert here.call("here")


FORGETFUL = """
import os, signal, time

def work(seconds):
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    reading, writing = os.pipe()
    if os.fork() == 0:
        end = time.process_time() + seconds
        while time.process_time() < end:
            pass
        os._exit(0)
    os.close(writing)
    return os.read(reading, 1)
"""


def test_children_nobody_waits_for_count(visit: Callable[..., Visit], template: Template) -> None:
    """A process that ignores SIGCHLD forgets what its children used; their group does not."""
    if template._groups is None or template._groups.core is None:
        pytest.skip("no group counts CPU time here")
    here = visit(FORGETFUL)
    for _ in range(3):
        here.call("work", 0.05)

    assert here.guest.use()[0] >= 0.15


def test_cpu_time_has_a_limit(visit: Callable[..., Visit]) -> None:
    """It is taken before the patience ends, and children count."""
    ended = visit(VILLAIN, cpu=0.2).end("spin")

    assert (ended.outcome, ended.reason[:14]) == (Outcome.TIMEOUT, "used more than")


@pytest.mark.parametrize(("function", "args"), [("eat", [2**30]), ("eat_in_children", [60 * MIB, 4])])
def test_memory_has_a_limit(visit: Callable[..., Visit], function: str, args: list[object]) -> None:
    """Whether the kernel ends it, the watch does, or Python says MemoryError: it is called memory."""
    here = visit(VILLAIN, memory=128 * MIB)
    try:
        status, told = here.ask("call", None, [function], args, {})
    except GuestEnded as ended:
        assert (ended.outcome, ended.reason) == (Outcome.MEMORY, "needed more than 128 MiB of memory")  # noqa: PT017  or it raises as data
    else:
        assert (status, told["kind"]) == ("raise", "memory")


def test_processes_have_a_limit(visit: Callable[..., Visit], template: Template) -> None:
    """Forks and threads fail beyond it; where nothing counts them, the watch ends the guest, or memory sets an end."""
    counted = template.wants.level is Level.FULL or template._groups is not None
    for function in ("fork_many", "thread_many"):
        here = visit(VILLAIN)
        assert not here.guest.met_the_limit_of_processes()
        try:
            status, told = here.ask("call", None, [function], [], {})
        except GuestEnded as ended:
            assert (ended.outcome, ended.reason) == (Outcome.PROCESSES, "started more than 8 processes")  # noqa: PT017  or it returns
        else:
            assert status == "ok"
            assert 0 < (told[0] if function == "fork_many" else told) <= (8 if counted else 100)
            assert here.guest.met_the_limit_of_processes() or not counted


def test_a_fork_bomb_goes_off_in_vain(visit: Callable[..., Visit]) -> None:
    """It ends with the patience, or as soon as the watch counts too many; nothing of it runs on."""
    ended = visit(VILLAIN).end("bomb", patience=0.3)

    assert (ended.outcome, ended.reason) in {
        (Outcome.TIMEOUT, "gave no answer in time"),
        (Outcome.PROCESSES, "started more than 8 processes"),
    }


def test_files_have_a_size(visit: Callable[..., Visit]) -> None:
    """Writing beyond the disk limit fails or ends the guest; it never fills the machine."""
    here = visit(VILLAIN)
    try:
        status, told = here.ask("call", None, ["flood_file"], [], {})
    except GuestEnded as ended:
        assert (ended.outcome, ended.reason) == (Outcome.CRASHED, "was ended by SIGXFSZ")  # noqa: PT017  or it raises as data
    else:
        assert (status, told["types"][0]) == ("raise", "OSError")


def test_a_daemon_does_not_outlive_the_guest(visit: Callable[..., Visit]) -> None:
    """A process that left session and parent, and ignores signals, is found all the same."""
    here = visit(VILLAIN)
    here.call("daemon", False)
    family = here.processes

    assert eventually(lambda: sum(map(lives, family)) == 3)  # the one between them may take a moment to end
    here.guest.close()
    assert all_gone(family)


def test_a_daemon_does_not_outlive_the_death_of_its_watcher(visit: Callable[..., Visit]) -> None:
    """Killing the process above it frees nobody."""
    here = visit(VILLAIN)
    here.call("daemon", False)
    family = here.processes
    with contextlib.suppress(GuestEnded):  # with a process namespace of its own it cannot even try
        here.ask("call", None, ["signal_parent"], [], {})
    here.guest.close()

    assert all_gone(family)


def test_a_guest_in_mid_call_is_closed(visit: Callable[..., Visit]) -> None:
    """The examiner need not wait for it."""
    here = visit(VILLAIN)
    family = here.processes
    started = time.monotonic()
    here.guest.close()

    assert all_gone(family)
    assert time.monotonic() - started < 2
    assert not here.guest.alive


def test_an_end_from_both_sides_is_one_end(visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest that is ended in the moment in which its own end is being tidied up upsets nobody."""
    here = visit(HONEST)
    keeper = here.guest._keeper
    assert keeper is not None
    closed, go_on, close = threading.Event(), threading.Event(), os.close

    def close_slowly(descriptor: int) -> None:
        close(descriptor)
        if descriptor == keeper._pidfd and threading.current_thread() is keeper:
            closed.set()
            go_on.wait(0.5)

    monkeypatch.setattr(os, "close", close_slowly)
    os.kill(keeper._pid, signal.SIGKILL)
    assert closed.wait(5)
    try:
        ended = here.guest._end(Outcome.FAILED, "came too late")
    finally:
        go_on.set()
        keeper.join(5)

    at_full = here.guest._template.wants.level is Level.FULL
    assert ended.outcome is (Outcome.BROKEN if at_full else Outcome.CRASHED)  # below, it may have been its own doing
    assert ended.reason.startswith("was killed")


# --- Forged replies ---

FORGER = '''
import os, struct, sys, time
from grader.sandbox import wire


def write(data):
    os.write(4, data)
    return "the true answer"


def close_after(data):
    os.write(4, data)
    os._exit(0)


def reply_of_mine(status):
    """Answer the very call that is running, whose id lies a few frames above."""
    frame = sys._getframe()
    while "number" not in frame.f_locals:
        frame = frame.f_back
    body = wire.encode([frame.f_locals["number"], *status], fallback=None)
    os.write(4, struct.pack("<Q", len(body)) + body)
    time.sleep(600)
'''


def as_it_is(value: object) -> wire.HandleRef:
    assert isinstance(value, wire.HandleRef)
    return value


def frame(value: object) -> bytes:
    return framed(wire.encode(value, fallback=as_it_is))


def framed(body: bytes | bytearray) -> bytes:
    return struct.pack("<Q", len(body)) + body


def array_head(dtype: bytes, *shape: int) -> bytes:
    return b"a" + bytes([len(dtype)]) + dtype + bytes([len(shape)]) + struct.pack(f"<{len(shape)}Q", *shape)


PICKLE = pickle.dumps(Unloadable())
FORGERIES = {
    "garbage": framed(b"garbage"),
    "nothing": framed(b""),
    "too large": struct.pack("<Q", 2**62),
    "no list": frame({"status": "ok"}),
    "a wrong id": frame([bytes(16), "ok", True]),
    "an id of another type": frame([0, "ok", True]),
    "a handle as id": frame([wire.HandleRef(1, "x"), "ok", True]),
    "an array as id": framed(
        b"l\3\0\0\0\0\0\0\0" + array_head(b"|u1", 16) + b"B\x10\0\0\0\0\0\0\0" + bytes(16) + b"NN"
    ),
    "too short": frame([b"x" * 16, "ok"]),
    "a pickle": framed(pickle.dumps([b"x" * 16, "ok", Unloadable()])),
    "a pickle by its size": framed(b"p" + struct.pack("<Q", len(PICKLE)) + PICKLE),
    "deep": framed((b"l" + struct.pack("<Q", 1)) * 5000 + b"N"),
    "a bomb": framed(array_head(b"<U0", 2**44) + b"B" + bytes(8)),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_reply_is_a_failure(visit: Callable[..., Visit], forgery: bytes) -> None:
    """Whatever it writes in place of an answer ends it as failed, never as a fault of ours."""
    ended = visit(FORGER).end("write", forgery)

    assert ended.outcome is Outcome.FAILED
    assert ended.reason.startswith("sent something that is no answer")


@pytest.mark.parametrize("status", [["maybe", 1], [["ok"], 1], [None, 1], [{}, 1], ["ok"], ["ok", 1, 2]], ids=str)
def test_a_reply_of_an_unknown_kind_is_a_failure(visit: Callable[..., Visit], status: list[object]) -> None:
    """Even under the right id, which a submission can find in its own process."""
    ended = visit(FORGER).end("reply_of_mine", status)

    assert ended.outcome is Outcome.FAILED
    assert ended.reason.startswith("sent something that is no answer")


def test_an_answer_that_breaks_off_is_a_crash(visit: Callable[..., Visit]) -> None:
    """Half a frame, and the end."""
    ended = visit(FORGER).end("close_after", struct.pack("<Q", 1000) + b"half")

    assert (ended.outcome, ended.reason) == (Outcome.CRASHED, "ended its own process with exit code 0")


def test_an_answer_given_in_advance_does_not_count(visit: Callable[..., Visit]) -> None:
    """What is written before a call was made carries no id of it."""
    here = visit(FORGER)
    with pytest.raises(GuestEnded):
        here.call("write", frame([bytes(16), "ok", 1]) * 2)

    assert here.end("write", b"").outcome is Outcome.FAILED


# --- What is out of reach ---

CURIOUS = """
import os, socket, sys


def read(path):
    with open(path, "rb") as file:
        return file.read(100)


def look(path):
    return sorted(os.listdir(path))


def connect(family, address):
    with socket.socket(family) as s:
        s.settimeout(2)
        s.connect(address)


def environment():
    return dict(os.environ)


def descriptors():
    open_ones = []
    for number in range(256):
        try:
            os.fstat(number)
        except OSError:
            continue
        open_ones.append(number)
    return open_ones


def user():
    return os.getuid(), os.geteuid(), os.getgid(), os.getegid()


def become_root():
    os.setuid(0)


def loaded():
    return sorted(sys.modules)


def working_folder():
    return os.getcwd(), os.listdir()


def leave_traces(name):
    import json
    json.trace = name
    os.environ["TRACE"] = name
    left = []
    for folder in (os.getcwd(), "/tmp", "/dev/shm"):
        try:
            with open(os.path.join(folder, name), "w") as file:
                file.write("trace")
            left.append(folder)
        except OSError:
            pass
    return left


def find_traces(name):
    import json
    found = [hasattr(json, "trace"), "TRACE" in os.environ]
    return found + [os.path.exists(os.path.join(folder, name)) for folder in (os.getcwd(), "/tmp", "/dev/shm")]
"""

HIDDEN = ["bank", "solutions", "tests/test_sandbox.py", "grader/exam/examiner.py", "grader/sandbox/host.py"]


@pytest.mark.parametrize("path", [*HIDDEN, "/etc/passwd", "/etc/hostname", "/root", "/home", "/var"])
def test_files_of_the_machine_cannot_be_read(visit: Callable[..., Visit], path: str) -> None:
    """Neither the bank nor the solutions, nor the grader that will judge it."""
    place = str(ROOT / path)
    here = visit(CURIOUS)

    assert os.path.exists(place), "the test would prove nothing"
    told = here.fault("look" if os.path.isdir(place) else "read", place)
    assert told["types"][0] in {"FileNotFoundError", "PermissionError"}


@pytest.mark.parametrize("family", [2, 10], ids=["ipv4", "ipv6"])
def test_there_is_no_network(visit: Callable[..., Visit], family: int) -> None:
    """Not even the loopback of this machine, where something listens."""
    import socket

    host = "127.0.0.1" if family == 2 else "::1"
    try:
        listener = socket.create_server((host, 0), family=socket.AddressFamily(family))
    except OSError:
        pytest.skip("this machine has no such address")
    with listener:
        told = visit(CURIOUS).fault("connect", family, listener.getsockname()[:2])

    assert told["types"][0] in {"PermissionError", "OSError"}


def test_the_environment_is_clean(visit: Callable[..., Visit]) -> None:
    """No variable of ours but what numerical libraries need."""
    names = visit(CURIOUS).call("environment")
    own = {
        "HOME",
        "USER",
        "LANG",
        "LC_CTYPE",
        "PATH",
        "PWD",
        "HF_HUB_OFFLINE",
        "PYTHONHASHSEED",
        "PYTHONDONTWRITEBYTECODE",
    }

    assert not [
        name for name in names if name not in own and not name.endswith("_NUM_THREADS") and name[:9] != "OPENBLAS_"
    ]
    assert names["PYTHONHASHSEED"] == "0"


def test_nothing_is_inherited(visit: Callable[..., Visit]) -> None:
    """Five descriptors: the standard ones and the two of the wire. No module of the examiner's, an empty folder."""
    here = visit(CURIOUS)
    modules = set(here.call("loaded"))

    assert here.call("descriptors") == [0, 1, 2, 3, 4]
    assert not {"numpy", "pytest", "hypothesis", "grader.errors", "grader.exam", "grader.sandbox.host"} & modules
    assert here.call("working_folder")[1] in ([], ["submission"])


def test_it_is_an_ordinary_user(visit: Callable[..., Visit], template: Template) -> None:
    """At full isolation never root, and it cannot become root again."""
    here = visit(CURIOUS)
    if template.wants.level is Level.FULL:
        assert 0 not in here.call("user")
        assert here.fault("become_root")["types"][0] in {"PermissionError", "OSError"}
    else:
        assert len(set(here.call("user")[:2])) == 1


def test_nothing_persists_from_guest_to_guest(visit: Callable[..., Visit]) -> None:
    """Files, shared memory, modules and environment are as before, for the next guest as for the machine."""
    name = f"grader-test-trace-{os.getpid()}"
    first = visit(CURIOUS)
    try:
        assert first.call("leave_traces", name)
        first.guest.close()

        assert visit(CURIOUS).call("find_traces", name) == [False] * 5
        assert not [place for place in ("/tmp", "/dev/shm") if os.path.exists(f"{place}/{name}")]
    finally:
        for place in ("/tmp", "/dev/shm"):
            Path(place, name).unlink(missing_ok=True)


def test_two_guests_do_not_meet(visit: Callable[..., Visit]) -> None:
    """Side by side, each has its own files and its own modules."""
    name = f"grader-test-trace-{os.getpid()}"
    first, second = visit(CURIOUS), visit(CURIOUS)
    try:
        first.call("leave_traces", name)

        assert second.call("find_traces", name)[:3] == [False] * 3
    finally:
        Path("/dev/shm", name).unlink(missing_ok=True)


# --- The template ---


def test_the_walls_are_proven(template: Template) -> None:
    """A layer is named when an attempt to pass it failed; at full isolation all of them are."""
    assert answers(template)
    found = template.isolation()

    if template.wants.level is Level.FULL:
        assert set(found.layers) >= WALLS
        assert set(found.missing) <= {"cgroup"}
    else:
        assert {"landlock", "no new privileges", "rlimits", "seccomp"} <= set(found.layers) | set(found.missing)
        assert "bubblewrap" not in found.layers
    assert ("memory watchdog" in found.layers) == ("cgroup" in found.missing)


def test_a_package_that_is_missing_is_our_fault() -> None:
    """The environment of a question cannot be had: the message names the package."""
    with pytest.raises(BrokenError, match="no_such_package"):
        start(Wants(packages=("no_such_package",), level=Level.RESTRICTED))


@pytest.fixture
def scratch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files that others may pass, as /tmp is."""
    folder = Path(tempfile.mkdtemp(prefix="test-sandbox-"))
    folder.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    shutil.rmtree(folder)


def remains(scratch: Path) -> dict[str, object]:
    """What a template may leave behind."""
    return {
        "mounts": Path("/proc/self/mountinfo").read_text(encoding="utf-8"),
        "control groups": sorted(map(str, Path("/sys/fs/cgroup").glob(f"**/grader-{os.getpid()}-*"))),
        "folders": sorted(scratch.iterdir()),
    }


@pytest.mark.parametrize("level", list(Level))
def test_a_template_leaves_nothing_behind(scratch: Path, level: Level) -> None:
    """No process, no mount, no control group, no folder; whatever its guests were doing."""
    before = remains(scratch)
    try:
        template = start(Wants(level=level))
    except IsolationError as error:
        pytest.skip(f"this machine has no such isolation: {error}")
    try:
        first, second = template.guest(AMPLE), template.guest(AMPLE)
        Visit(first, VILLAIN).call("daemon", False)
        with pytest.raises(GuestEnded):
            Visit(second, VILLAIN).ask("call", None, ["spin"], [], {}, patience=0.05)
        family = set(tree.family(template._process.pid))
        first.close()
        second.close()
    finally:
        template.close()

    assert len(family) > 3
    assert all_gone(family)
    assert remains(scratch) == before


def test_a_template_that_dies_takes_its_guests_along(scratch: Path) -> None:
    """A guest whose template is gone is dead, and says so when it is called; there is no further one."""
    before = remains(scratch)
    template = start(Wants(level=Level.RESTRICTED))
    guest = template.guest(AMPLE)
    here = Visit(guest, HONEST)
    family = here.processes
    template._process.kill()

    assert all_gone(family)
    assert here.end("identity", 1).outcome is Outcome.BROKEN
    with pytest.raises(BrokenError, match="gone"):
        template.guest(AMPLE)
    guest.close()
    template.close()
    assert remains(scratch) == before


GRADER = """
import os, signal, sys
from grader.sandbox import tree
from grader.sandbox.host import Allowance, Template, Wants
from grader.verdict import Level

template = Template(Wants(level=Level(sys.argv[1])))
guest = template.guest({allowance!r})
print(os.getpid(), template._scratch or "-", *tree.family(os.getpid()), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("level", [Level.FULL, Level.RESTRICTED])
def test_a_template_does_not_outlive_its_grader(level: Level) -> None:
    """A grader that is killed leaves no process; its empty control groups and folder wait for a successor."""
    done = subprocess.run(
        [sys.executable, "-c", GRADER.format(allowance=AMPLE), level.value],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    if "IsolationError" in done.stderr:
        pytest.skip("this machine has no such isolation")
    grader, folder, *family = done.stdout.split()
    if level is Level.RESTRICTED:
        shutil.rmtree(folder)

    assert len(family) >= 4
    assert all_gone(set(map(int, family)))
    for group in Path("/sys/fs/cgroup").glob(f"**/grader-{grader}-*"):
        group.rmdir()


def test_full_isolation_without_bubblewrap(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused with the cure, and nothing stays of the attempt."""
    monkeypatch.setattr("grader.sandbox.launch.find_bubblewrap", lambda: None)
    with pytest.raises(IsolationError, match="Install"):
        Template(Wants(level=Level.FULL))

    assert not list(scratch.iterdir())


def test_full_isolation_where_bubblewrap_fails(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its last words are passed on."""
    helpless = scratch / "bwrap"
    helpless.write_text("#!/bin/sh\necho bwrap: no permission >&2\nexit 1\n", encoding="utf-8")
    helpless.chmod(0o755)
    monkeypatch.setattr("grader.sandbox.launch.find_bubblewrap", lambda: str(helpless))
    with pytest.raises(IsolationError, match="bwrap: no permission"):
        start(Wants(level=Level.FULL))

    assert list(scratch.iterdir()) == [helpless]


TORCH = """
import torch


def train(weight, data):
    layer = torch.nn.Linear(2, 1, bias=False)
    with torch.no_grad():
        layer.weight.copy_(weight)
    layer(data).sum().backward()
    return layer.weight.grad, layer, layer.weight.bfloat16(), torch.get_num_threads()
"""


def test_torch_works_within_the_walls() -> None:
    """Tensors go over and come back as tensors, a module stays as a handle, and backward() runs."""
    torch = pytest.importorskip("torch", reason="torch is not installed")
    try:
        template = start(Wants(packages=("torch",)))
    except IsolationError:
        template = start(Wants(packages=("torch",), level=Level.RESTRICTED))
    try:
        guest = template.guest(replace(AMPLE, memory=2**30))
        weight, data = torch.tensor([[1.0, 2.0]]), torch.arange(6.0).reshape(3, 2)
        gradient, layer, half, threads = Visit(guest, TORCH).call("train", weight, data)
        guest.close()
    finally:
        template.close()

    assert torch.equal(gradient, data.sum(0, keepdim=True))
    assert (layer.type_name, half.dtype, threads) == ("Linear", torch.bfloat16, 1)
    assert template.versions["torch"] == torch.__version__
