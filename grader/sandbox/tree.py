"""What a tree of processes uses, read from /proc: the meter where no cgroup measures, and the census before a kill."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass

from grader.sandbox.pseudofile import read_whole

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGESIZE")
_SCHED = 2
"""CPUCLOCK_SCHED of linux/posix-timers_types.h: the clock of a whole process."""


@dataclass(frozen=True)
class TreeUsage:
    """Use of a whole tree at one moment."""

    cpu: float
    """Seconds, of the living and of the reaped."""
    memory: int
    """Bytes: resident, or, above `exact_above`, the proportional share."""
    processes: int
    tasks: int
    """Threads of all its processes."""


def ran(root: int) -> float:
    """Return the CPU seconds, to the nanosecond, of `root` and all its descendants that live."""
    return sum(map(_clock, family(root)))


def _clock(pid: int) -> float:
    """Read the clock of a process as clock_getcpuclockid(3) makes it; 0 when it is gone."""
    with contextlib.suppress(OSError):
        return time.clock_gettime(~pid << 3 | _SCHED)
    return 0.0


def waited(process: str = "thread-self") -> float:
    """Return the seconds for which a thread was ready to run, and did not (sched-stats.rst); 0 where nobody counts."""
    with contextlib.suppress(OSError):
        return int(read_whole(f"/proc/{process}/schedstat").split()[1]) / 1e9
    return 0.0


@dataclass(frozen=True)
class Footprint:
    """Bytes that a tree of processes occupies."""

    held: int
    """Now."""
    peak: int
    """At most so far, where it is known; else as `held`."""
    shared: int = 0
    """Of `held`, pages of mapped files and of shared memory: libraries, and what the wire passes."""


def footprint(root: int, *, seen: int = 0) -> Footprint:
    """Return what `root` and all its descendants hold resident, each in full.

    The peak is the sum of the peaks of those that live, or what was `seen` while others lived.
    """
    members = [_memory_fields(pid) for pid in family(root)]
    names = ("VmRSS", "VmHWM", "RssFile", "RssShmem")
    held, peak, files, memory = (sum(fields.get(name, 0) for fields in members) for name in names)
    return Footprint(held, max(held, peak, seen), files + memory)


def _memory_fields(pid: int) -> dict[str, int]:
    """Return the bytes that /proc/PID/status tells, by their names; none if it is gone."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        lines = (line.split() for line in file if line.endswith(" kB\n"))
        return {words[0].rstrip(":"): int(words[1]) * 1024 for words in lines}
    return {}


def measure(root: int, *, exact_above: int) -> TreeUsage:
    """Measure `root` and all its descendants.

    Resident memory counts pages shared with the template; only when it exceeds `exact_above` is the slower,
    proportional figure read.
    """
    members = family(root)
    found = [fields for fields in map(_fields, members) if fields]  # the others are gone
    memory = sum(int(fields[21]) for fields in found) * _PAGE
    if memory > exact_above:
        memory = sum(_proportional(pid) for pid in members)
    return TreeUsage(
        cpu=sum(int(ticks) for fields in found for ticks in fields[11:15]) / _TICKS,  # with the children it has reaped
        memory=memory,
        processes=len(members),
        tasks=sum(int(fields[17]) for fields in found),
    )


def family(root: int) -> list[int]:
    """Return `root` and all its descendants."""
    members, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        members.append(pid)
        waiting += children(pid)
    return members


def children(pid: int) -> list[int]:
    """Return the direct children of a process, of all its threads; none if it is gone."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            found += map(int, read_whole(f"/proc/{pid}/task/{task}/children").split())
    return found


def kill_family(root: int, *, itself: bool = True) -> None:
    """Kill all descendants until none is born any more, then `root`; it adopts orphans, so none escapes."""
    while True:
        below = [pid for pid in family(root) if pid != root and not is_dead(pid)]
        if not below:
            break
        for pid in below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    if itself:
        with contextlib.suppress(ProcessLookupError):
            os.kill(root, signal.SIGKILL)


def oom_kills() -> int:
    """Return how many processes the kernel has killed on this machine for want of memory; 0 where it does not say."""
    with contextlib.suppress(OSError):
        lines = read_whole("/proc/vmstat").splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith(b"oom_kill ")), 0)
    return 0


def stop_family(root: int, seconds: float = 1.0) -> bool:
    """Stop all descendants of `root`, not itself; return whether none of them ran any more within so many seconds."""
    end, told = time.monotonic() + seconds, {root}
    while True:
        running = [pid for pid in family(root) if pid not in told or (pid != root and _runs(pid))]
        if not running:
            return True
        if time.monotonic() > end:
            return False
        for pid in running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        told.update(running)
        os.sched_yield()


def continue_family(root: int) -> None:
    """Let the descendants of `root` go on."""
    for pid in family(root):
        if pid != root:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _runs(pid: int) -> bool:
    """Whether a thread of it may run; one deep in the kernel (state D) stops before it is back."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return False
    return any(_fields(f"{pid}/task/{task}")[:1] in (["R"], ["S"]) for task in tasks)


def _fields(pid: int | str) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, which may hold spaces; empty if it is gone."""
    try:
        return read_whole(f"/proc/{pid}/stat").decode("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return []


def is_dead(pid: int) -> bool:
    """Whether a process is gone, or only waits to be reaped."""
    fields = _fields(pid)
    return not fields or fields[0] in {"Z", "X"}


def _resident(pid: int) -> int:
    fields = _fields(pid)
    return int(fields[21]) * _PAGE if fields else 0


def _proportional(pid: int) -> int:
    """Read the proportional share; falls back to resident where the kernel does not let us look."""
    try:
        lines = read_whole(f"/proc/{pid}/smaps_rollup").splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(b"Pss:")), 0)
    except OSError:
        return _resident(pid)
