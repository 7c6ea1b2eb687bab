"""Ray itself: loaded, connected or started, quiet, and left as it was found."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import signal
import socket
import threading
from typing import TYPE_CHECKING, Any

from grader.errors import BrokenError, InputError
from grader.sandbox import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT_SECONDS = 5.0
STORE_BYTES = 96 * 2**20
"""Shared memory of a cluster of our own; Ray would take a third of the machine's."""
MAX_FOLDER = 40
"""The name of a socket may have 107 bytes (unix(7)), and Ray adds up to 66."""
_QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}


@contextlib.contextmanager
def cluster(address: str | None, jobs: int | None) -> Iterator[Any]:
    """Yield Ray, connected to a cluster or to one that is started; then leave that one, or end this.

    Raises:
        InputError: there is no cluster at the address.
        BrokenError: none can be started here.
    """
    with contextlib.ExitStack() as undo:
        with _own_signals():
            ray = _import_ray()
            undo.callback(ray.shutdown)
            if address is None:
                _start(ray, jobs, undo)
            else:
                _connect(ray, address)
        yield ray


def check(address: str | None) -> None:
    """See, without loading it, that there is a Ray, and somebody at the address.

    Raises:
        InputError: there is not.
    """
    if importlib.util.find_spec("ray") is None:
        cure = "Install it: pip install 'exam-grader[ray]'"
        raise InputError("--engine ray needs Ray, which is not installed", cure=cure)
    if address is None:
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        raise InputError(f"--address {address}: write it as HOST:PORT, as `ray start` prints it", cure=_cure(address))
    try:
        socket.create_connection((host, int(port)), CONNECT_SECONDS).close()  # Ray itself would try for long
    except OSError as error:
        raise _nobody(address, error) from error


def _import_ray() -> Any:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # a cluster of ours reports to nobody
    os.environ["RAY_DEDUP_LOGS_SKIP_REGEX"] = "^"  # every line: what a dying raylet says goes to our stdout otherwise
    import ray

    return ray


def _start(ray: Any, jobs: int | None, undo: contextlib.ExitStack) -> None:
    """Start a cluster of one node, for ourselves alone, and leave nothing of it."""
    folder = scratch.make()
    undo.callback(scratch.remove, folder)
    if len(folder) > MAX_FOLDER:
        fault = f"{folder} is too long a name for Ray's sockets"
        raise BrokenError(f"{fault}. Name a shorter folder in the variable TMPDIR.")
    undo.enter_context(_variable("RAY_AUTH_TOKEN", secrets.token_hex(32)))
    undo.callback(ray.shutdown)  # before its folder is removed
    cores = jobs or len(os.sched_getaffinity(0))
    store = {"object_store_memory": STORE_BYTES, "_temp_dir": folder}
    try:
        ray.init(address="local", num_cpus=cores, include_dashboard=False, **store, **_QUIET)
    except (OSError, RuntimeError, ValueError) as error:
        raise BrokenError(f"Ray cannot be started here: {_first_line(error)}") from error


def _connect(ray: Any, address: str) -> None:
    """Join a cluster that is there."""
    try:
        ray.init(address=address, **_QUIET)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise _nobody(address, error) from error


def _nobody(address: str, error: Exception) -> InputError:
    return InputError(f"no Ray cluster can be joined at {address}: {_first_line(error)}", cure=_cure(address))


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]


def _cure(address: str) -> str:
    return (
        "Start one with `ray start --head`, have this machine join it with "
        f"`ray start --address {address}`, set RAY_AUTH_TOKEN if it has one, or leave out --address"
    )


@contextlib.contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    """Have an environment variable, for what is started meanwhile."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """Keep our answer to SIGTERM, which Ray replaces by its own."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)
