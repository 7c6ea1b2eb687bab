"""The process on a machine of a cluster that holds a worker.

    actor             of the cluster's: threads, signals, environment and library paths as that likes them
     └ outpost        a plain Python: the worker, what files its jobs need, and below it whatever the worker starts

It is a process of its own because a worker forks, and because what it forks must not meet the threads, libraries and
variables of the cluster. Both ends are ours: what goes between them is pickled. When the actor ends, however it ends,
the outpost reads the end of its socket and clears up. It is no child of the actor's, for Ray kills those with it.
"""

from __future__ import annotations

import itertools
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grader.cluster.freight import unload
from grader.sandbox import scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from grader.cluster.freight import Freight
    from grader.engine import Worker

CLOSE_SECONDS = 30.0
_PACKAGE = str(Path(__file__).resolve().parents[2])
_BOOTSTRAP = (
    f"import sys; {_PACKAGE!r} in sys.path or sys.path.insert(0, {_PACKAGE!r}); "
    "from grader.cluster.outpost import main; main(int(sys.argv[1]))"
)
# What Ray sets for its own workers. With OMP_NUM_THREADS the reference would compute in more threads than elsewhere.
_FOREIGN = ("RAY_", "OMP_NUM_THREADS", "PYTHONBREAKPOINT")


class OutpostLostError(Exception):
    """The process ended before it had answered."""


@dataclass(frozen=True)
class Orders:
    """What an outpost is for."""

    make_worker: Callable[[], Worker[Any, Any]]
    freight: Freight[Any]
    slots: int
    """Jobs done at a time."""


class Outpost:
    """The process, seen from the actor; jobs, files and results go through as bytes."""

    def __init__(self, orders: Orders) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._asked: dict[int, Future[bytes]] = {}
        self._stored: set[str] = set()
        self._socket, theirs = socket.socketpair()
        with theirs:
            subprocess.run(
                [sys.executable, "-P", "-c", _BOOTSTRAP, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)},
                check=True,
            )
        self._connection = Connection(os.dup(self._socket.fileno()))
        self.pid: int = self._connection.recv()
        self._pidfd = os.pidfd_open(self.pid)
        self._connection.send(orders)
        self._listener = threading.Thread(target=self._listen, name="outpost", daemon=True)
        self._listener.start()

    def do(self, job: bytes, cargo: str, fetch: Callable[[], Mapping[str, bytes]]) -> bytes:
        """Have a job done, and its files stored before the first one that needs them; called by several threads.

        Raises:
            OutpostLostError: the process has ended.
        """
        future: Future[bytes] = Future()
        try:
            with self._lock:
                if cargo not in self._stored:
                    self._connection.send((cargo, fetch()))
                    self._stored.add(cargo)
                number = next(self._numbers)
                self._asked[number] = future
                self._connection.send((number, cargo, job))
        except OSError as error:
            raise OutpostLostError("the process that grades has ended") from error
        return future.result()

    def close(self) -> None:
        """End the process and all it has started; return when it is gone."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        if not select.select([self._pidfd], [], [], CLOSE_SECONDS)[0]:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        self._listener.join()
        self._connection.close()
        self._socket.close()
        os.close(self._pidfd)

    def _listen(self) -> None:
        """Hand each answer to whoever waits for it, until there are no more."""
        with suppress(EOFError, OSError):
            while True:
                number, answer = self._connection.recv()
                self._asked.pop(number).set_result(answer)
        # nothing is entered any more that would wait: the socket is closed, and to send fails
        with self._lock:
            for future in self._asked.values():
                future.set_exception(OutpostLostError("the process that grades has ended"))
            self._asked.clear()


def main(descriptor: int) -> None:
    """Be the outpost, in a child that nobody waits for, until the other side hangs up."""
    if os.fork():
        os._exit(0)
    os.setsid()
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # Ray blocks SIGINT in its workers, and a mask is inherited
    connection = Connection(descriptor)
    connection.send(os.getpid())
    with suppress(EOFError, OSError):
        _Inside(connection, connection.recv()).serve()


class _Inside:
    """The inside of an outpost."""

    def __init__(self, connection: Connection, orders: Orders) -> None:
        self._connection = connection
        self._freight = orders.freight
        self._slots = orders.slots
        self._make_worker = orders.make_worker
        self._lock = threading.Lock()
        self._folders: dict[str, Path] = {}

    def serve(self) -> None:
        """Do what is asked, several jobs at once; leave nothing behind."""
        root = Path(scratch.make())
        os.chdir(root)  # Hypothesis keeps a folder where it runs
        try:
            worker = self._make_worker()
            threads = ThreadPoolExecutor(self._slots, thread_name_prefix="outpost")
            try:
                self._hear(root, worker, threads)
            finally:
                worker.close()  # first, so that no thread does a job to the end
                threads.shutdown(cancel_futures=True)
        finally:
            scratch.remove(str(root))

    def _hear(self, root: Path, worker: Worker[Any, Any], threads: ThreadPoolExecutor) -> None:
        while True:
            match self._connection.recv():
                case (str(cargo), files):
                    folder = root / str(len(self._folders))
                    unload(files, folder)
                    self._folders[cargo] = folder
                case (int(number), str(cargo), bytes(body)):
                    threads.submit(self._answer, worker, number, self._folders[cargo], body)

    def _answer(self, worker: Worker[Any, Any], number: int, folder: Path, body: bytes) -> None:
        answer = _attempt(lambda: worker.do(self._freight.unpacked(pickle.loads(body), folder)))
        with self._lock, suppress(OSError):  # who asked may be gone
            self._connection.send((number, answer))


def _attempt(work: Callable[[], object]) -> bytes:
    """Return what comes of it, pickled; an error too, with its place, for `outcome` to raise."""
    try:
        return pickle.dumps((True, work()))
    except Exception as error:
        error.add_note(traceback.format_exc())
        return pickle.dumps((False, error))


def outcome(answer: bytes) -> Any:
    """Return what a job's worker returned, or raise what it raised."""
    done, value = pickle.loads(answer)
    if not done:
        raise value
    return value
