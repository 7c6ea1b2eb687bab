"""Limits on a whole process tree, by cgroup v2 or v1.

Groups are made under a group that is already ours, one folder in every hierarchy, all of the same name:

    v2       <our group, its parent>/grader-<pid>-<n>
    v1       memory, pids, cpuacct: <our group>/grader-<pid>-<n>, and the same in a v2 hierarchy without
             controllers (systemd's "hybrid"), where there is one, for cgroup.kill

<pid> is the grader that made it, so that whoever comes after a dead grader can tell and clear up.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Self

from grader.errors import BrokenError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PATIENCE = 5.0
"""Seconds within which killed processes are gone from their group; on an idle machine it takes 2 ms."""
_PAUSE = 0.001
_PROOF_MEMORY = 64 * 2**20
_PROOF_PROCESSES = 16
_NAME = re.compile(r"grader-(\d+)-\d+")
_numbers = itertools.count(1)  # 0 is the leaf a grader itself moves into


@dataclass(frozen=True)
class _Files:
    """What a version calls the files we use (Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst)."""

    limit: str
    swap: str
    peak: str
    current: str
    events: str
    cpu: str


_FILES = {
    1: _Files(
        limit="memory.limit_in_bytes",
        swap="memory.memsw.limit_in_bytes",
        peak="memory.max_usage_in_bytes",
        current="memory.usage_in_bytes",
        events="memory.oom_control",
        cpu="cpuacct.usage",
    ),
    2: _Files(
        limit="memory.max",
        swap="memory.swap.max",
        peak="memory.peak",
        current="memory.current",
        events="memory.events",
        cpu="cpu.stat",
    ),
}


@dataclass(frozen=True)
class Cgroups:
    """Where groups can be made: the parent folder in each hierarchy."""

    version: int
    memory: Path
    pids: Path
    cpu: Path | None
    """Where CPU time is counted."""
    core: Path | None
    """The v2 hierarchy, where a whole group can be killed at once."""
    missing: dict[str, str] = field(default_factory=dict)
    """What this machine does not offer, and what that means."""

    @property
    def parents(self) -> tuple[Path, ...]:
        """Every folder in which a group is a folder, each once."""
        return tuple(dict.fromkeys(path for path in (self.memory, self.pids, self.cpu, self.core) if path))


def new_name() -> str:
    """Return a name no other group has: `grader-<pid>-<n>`."""
    return f"grader-{os.getpid()}-{next(_numbers)}"


# --- One group ---


@dataclass(frozen=True)
class Group:
    """A process tree under one limit: created, processes added, killed, removed.

    As a context manager it is killed and removed at the end. On v1 an exhausted group loses one process at a time:
    kill the rest when `oom_kills` says so.
    """

    where: Cgroups
    name: str

    @classmethod
    def create(cls, where: Cgroups, name: str, memory: int, processes: int) -> Self:
        """Make a group that may hold `memory` bytes, without swap, and so many processes and threads.

        Raises:
            OSError: a folder cannot be made or a limit cannot be written; nothing of the group remains.
        """
        group = cls(where, name)
        made: list[Path] = []
        try:
            for folder in group._folders:
                _make_folder(folder)
                made.append(folder)
            group._limit(memory, processes)
        except OSError:
            for folder in made:
                folder.rmdir()
            raise
        return group

    def add(self, pid: int) -> None:
        """Move a process in; what it starts from now on belongs to the group.

        Raises:
            OSError: the process is gone (ESRCH), or may not be moved.
        """
        for folder in self._folders:
            _write(folder / "cgroup.procs", str(pid))

    def peak_memory(self) -> int:
        """Return the most bytes charged at any time; where the kernel keeps no peak, the bytes charged now."""
        try:
            return int(_read(self._memory / self._files.peak))
        except FileNotFoundError:
            return self.current_memory()

    def current_memory(self) -> int:
        """Return the bytes charged now."""
        return int(_read(self._memory / self._files.current))

    def oom_kills(self) -> int:
        """Return how many processes the kernel has killed because the memory was used up."""
        return int(_read_fields(self._memory / self._files.events).get("oom_kill", 0))

    def cpu_seconds(self) -> float | None:
        """Return the CPU time of everything that ever ran in the group, the living and the dead."""
        if self.where.cpu is None:
            return None
        folder = self.where.cpu / self.name
        if (folder / "cpu.stat").exists() and "usage_usec" in (stat := _read_fields(folder / "cpu.stat")):
            return int(stat["usage_usec"]) / 1e6
        return int(_read(folder / "cpuacct.usage")) / 1e9

    def processes(self) -> list[int]:
        """Return the processes of the group that have not ended."""
        return [int(pid) for pid in _read(self._memory / "cgroup.procs").split()]

    def kill(self) -> None:
        """Kill every process of the group, and whatever it starts meanwhile; `remove` waits for the end."""
        if self.where.core is not None:
            with contextlib.suppress(FileNotFoundError):
                _write(self.where.core / self.name / "cgroup.kill", "1")
                return
        # Without this a fork bomb could outrun the loop.
        _write(self.where.pids / self.name / "pids.max", "0")
        _until(self._kill_each)

    def remove(self) -> None:
        """Remove the group once it is empty.

        Raises:
            BrokenError: processes of the group do not end.
        """
        for folder in self._folders:
            if not _until(lambda folder=folder: _try_remove(folder)):  # type: ignore[misc]
                raise BrokenError(f"{folder} still holds processes after {_PATIENCE} s: {self.processes()}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.remove()

