"""What a command costs, all its processes together: CPU seconds, wall seconds, memory.

CPU seconds come from a control group of its own where one can be made: the kernel then counts every process, also those
that nobody waits for. Elsewhere they are the sum over the children that were waited for, which misses such processes.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import subprocess
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from grader.sandbox.cgroup import own_folders

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 5.0
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Cost:
    """Of one command, in seconds and bytes."""

    cpu: float
    wall: float
    waited: float = 0.0
    """CPU seconds of the processes that were waited for alone."""
    memory: int = 0
    """Most bytes at a time, shared pages counted once; 0 where it was not watched."""
    output: str = ""
    """What it printed."""

    def per(self, number: int) -> Cost:
        """Return the share of one of so many."""
        return Cost(self.cpu / number, self.wall / number, self.waited / number, self.memory)


def run(
    command: Sequence[str],
    *,
    cwd: Path = ROOT,
    extra: Mapping[str, str] | None = None,
    memory: bool = False,
    codes: tuple[int, ...] = (0,),
) -> Cost:
    """Run a command that must succeed and return what it cost.

    Args:
        command: what to run.
        cwd: where.
        extra: environment variables beside ours.
        memory: whether to watch its memory, twice a second.
        codes: exit codes that are a success.

    Raises:
        RuntimeError: it ended with another code; with what it said.
    """
    # with PYTHONDONTWRITEBYTECODE pytest rewrites Hypothesis anew each time, which nobody's user pays
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | dict(extra or {})
    with _group() as group:
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        process = subprocess.Popen(
            _inside(command, group), cwd=cwd, env=environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        with _watched(group if memory else None) as peaks:
            output, errors = process.communicate()
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        waited = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        counted = waited if group is None else _cpu_seconds(group)
    if process.returncode not in codes:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}: {output[-4000:]}{errors[-4000:]}")
    return Cost(counted, wall, waited, max(peaks, default=0), output)


def is_exact() -> bool:
    """Whether every process is counted."""
    return _place() is not None


@cache
def _place() -> Path | None:
    """Return the folder in which a group that counts CPU time can be made, proven by making one."""
    folders = own_folders(Path("/proc/self/mountinfo").read_text(), Path("/proc/self/cgroup").read_text())
    for folder in (folders.get("cpuacct"), folders.get("")):
        if folder is not None and _can_hold(folder):
            return folder
    return None


def _can_hold(folder: Path) -> bool:
    group = folder / f"benchmark-{os.getpid()}"
    try:
        group.mkdir()
    except OSError:
        return False
    try:
        return subprocess.run(_inside(["true"], group), check=False, capture_output=True).returncode == 0
    finally:
        _remove(group)


@contextlib.contextmanager
def _group() -> Iterator[Path | None]:
    """Make a control group, and remove it once it is empty."""
    place = _place()
    if place is None:
        yield None
        return
    group = place / f"benchmark-{os.getpid()}-{next(_numbers)}"
    group.mkdir()
    try:
        yield group
    finally:
        _remove(group)


def _remove(group: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return group.rmdir()
        except OSError:  # its last process is ending
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _inside(command: Sequence[str], group: Path | None) -> list[str]:
    """Return the command that enters the group before it becomes the given one."""
    if group is None:
        return list(command)
    return ["/bin/sh", "-c", f'echo $$ > "{group}/cgroup.procs" && exec "$@"', "sh", *command]


def _cpu_seconds(group: Path) -> float:
    old = group / "cpuacct.usage"
    if old.exists():
        return int(old.read_text()) / 1e9
    fields = dict(line.split() for line in (group / "cpu.stat").read_text().splitlines())
    return int(fields["usage_usec"]) / 1e6


@contextlib.contextmanager
def _watched(group: Path | None) -> Iterator[list[int]]:
    """Look at the memory of all processes of a group until the end."""
    peaks: list[int] = []
    over = threading.Event()

    def look() -> None:
        while group is not None and not over.wait(0.5):
            peaks.append(sum(map(_share, _members(group))))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield peaks
    finally:
        over.set()
        watcher.join()


def _members(group: Path) -> list[str]:
    """Return the processes of a group and of the groups below it."""
    files = [group / "cgroup.procs", *group.glob("*/cgroup.procs")]
    return [pid for file in files for pid in file.read_text().split()]


def _share(pid: str) -> int:
    """Return the bytes of one process, of shared pages its share; 0 when it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024
