"""Limits on a whole process tree, by cgroup v2 or v1.

A group is one folder in every hierarchy in use, of the same name everywhere, made where we may make one:

    v2      <our group>/grader-<pid>-<n>, or beside our group, or beside a leaf that we move into
    v1      <our group>/grader-<pid>-<n> for memory and pids; and for cgroup.kill and CPU time the same in the
            v2 hierarchy that systemd's "hybrid" keeps without controllers, or else in cpuacct

<pid> is the grader that made it, so that whoever comes after a dead grader can tell and clear up.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Self

from grader.errors import BrokenError
from grader.sandbox import maker
from grader.sandbox.pseudofile import read_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Killed processes have left their group after 2 ms on an idle machine; a swamped one gets this many seconds.
_PATIENCE = 5.0
_PAUSE = 0.0005

_NEARLY = 0.9

_PROOF_MEMORY = 64 * 2**20
_PROOF_PROCESSES = 16

_numbers = itertools.count(1)


@dataclass(frozen=True)
class _Files:
    """What a version calls its files (Documentation/admin-guide: cgroup-v1/memory.rst, cgroup-v2.rst)."""

    limit: str
    peak: str
    current: str
    events: str
    swap: str
    """The file whose absence means that swap is not counted."""
    extras: tuple[tuple[str, str], ...]
    """Files written where they exist; `{memory}` is the limit."""


_FILES = {
    1: _Files(
        limit="memory.limit_in_bytes",
        peak="memory.max_usage_in_bytes",
        current="memory.usage_in_bytes",
        events="memory.oom_control",
        swap="memory.memsw.limit_in_bytes",
        # v1 counts memory and swap as one sum
        extras=(("memory.memsw.limit_in_bytes", "{memory}"), ("memory.swappiness", "0")),
    ),
    2: _Files(
        limit="memory.max",
        peak="memory.peak",
        current="memory.current",
        events="memory.events",
        swap="memory.swap.max",
        extras=(("memory.swap.max", "0"), ("memory.oom.group", "1")),
    ),
}
_CONTROLLERS = frozenset({"memory", "pids"})


@dataclass(frozen=True)
class Cgroups:
    """Where groups can be made: the parent folder in each hierarchy. Proven by having made one."""

    version: int
    memory: Path
    pids: Path
    core: Path | None
    """The v2 hierarchy, which kills a whole group at once and counts CPU time without any controller."""
    cpuacct: Path | None
    """The v1 hierarchy that counts CPU time, where there is no core."""
    missing: dict[str, str] = field(default_factory=dict)
    """What this machine does not offer, and what follows."""

    @property
    def parents(self) -> tuple[Path, ...]:
        """Every folder a group gets a folder in, each once."""
        return tuple(dict.fromkeys(path for path in (self.memory, self.pids, self.core, self.cpuacct) if path))

    def create(self, name: str, memory: int, processes: int) -> Group:
        """Make a group that may hold `memory` bytes, no swap, and so many processes and threads.

        Raises:
            OSError: a folder cannot be made or a limit not be written; nothing of the group remains.
        """
        group = Group(self, name)
        with contextlib.ExitStack() as undo:
            for folder in group.folders:
                _make_folder(folder)
                undo.callback(folder.rmdir)
            group.limit(memory, processes)
            undo.pop_all()
        return group


def new_name() -> str:
    """Return a name that no other group has."""
    return f"{maker.prefix()}{next(_numbers)}"


# --- One group ---


@dataclass(frozen=True)
class Group:
    """A process tree under one limit: created, processes added, killed, removed.

    As a context manager it is killed and removed at the end. When the memory is used up, v1 kills one process
    at a time: kill the rest when `oom_kills` says so.
    """

    where: Cgroups
    name: str

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folder of the group in each hierarchy."""
        return tuple(parent / self.name for parent in self.where.parents)

    def limit(self, memory: int, processes: int) -> None:
        """Write the limits, as `Cgroups.create` does."""
        _write(self._memory / self._files.limit, str(memory))
        for name, value in self._files.extras:
            with contextlib.suppress(FileNotFoundError):
                _write(self._memory / name, value.format(memory=memory))
        _write(self.where.pids / self.name / "pids.max", str(processes))

    def add(self, pid: int) -> None:
        """Move a process in; what it starts from now on belongs to the group too.

        Raises:
            OSError: the process is gone (ESRCH), or we may not move it.
        """
        for folder in self.folders:
            _write(folder / "cgroup.procs", str(pid))

    def peak_memory(self) -> int:
        """Return the most bytes ever charged; where the kernel keeps no peak, the bytes charged now."""
        with contextlib.suppress(FileNotFoundError):
            return int(_read(self._memory / self._files.peak))
        return self.current_memory()

    def current_memory(self) -> int:
        """Return the bytes charged now."""
        return int(_read(self._memory / self._files.current))

    def oom_kills(self) -> int:
        """Return how many processes the kernel has killed because the memory was used up; v2 counts one twice."""
        return _read_fields(self._memory / self._files.events).get("oom_kill", 0)

    def refused_processes(self) -> int:
        """Return how often a process or thread could not be started because there were so many."""
        with contextlib.suppress(FileNotFoundError):  # an old kernel counts no refusals
            return _read_fields(self.where.pids / self.name / "pids.events").get("max", 0)
        return 0

    def met_its_limit(self) -> bool:
        """Whether it ever wanted more than its own memory; where not, the kernel killed because others did."""
        if self.where.version == 2:
            return _read_fields(self._memory / self._files.events)["max"] > 0
        # newer kernels leave memory.failcnt at 0; and what was refused was never part of the peak
        return self.peak_memory() >= _NEARLY * int(_read(self._memory / self._files.limit))

    def cpu_seconds(self) -> float | None:
        """Return the CPU time of all that ever ran in the group; None where nobody counts it."""
        if self.where.core is not None:
            return _read_fields(self.where.core / self.name / "cpu.stat")["usage_usec"] / 1e6
        if self.where.cpuacct is not None:
            return int(_read(self.where.cpuacct / self.name / "cpuacct.usage")) / 1e9
        return None

    def processes(self) -> list[int]:
        """Return the processes of the group that have not ended; 0 is one of another pid namespace."""
        found: set[int] = set()
        for folder in self.folders:
            with contextlib.suppress(FileNotFoundError):
                found.update(map(int, _read(folder / "cgroup.procs").split()))
        return sorted(found)

    def kill(self) -> None:
        """Kill all processes of the group, and those they start meanwhile; `remove` waits for the end."""
        if killer := self._killer():
            _write(killer, "1")
        elif self.processes():
            # or a fork bomb would outrun the loop
            with contextlib.suppress(FileNotFoundError):  # somebody removed the folder
                _write(self.where.pids / self.name / "pids.max", "0")
            _wait_until(self._kill_each)

    def remove(self) -> None:
        """Remove the group as soon as it is empty.

        Raises:
            BrokenError: its processes do not end.
        """
        if not _wait_until(self._try_remove):
            raise BrokenError(f"{self.name} still holds {self.processes()}. Kill them, then remove {self.folders[0]}.")

    def shortcomings(self) -> dict[str, str]:
        """Return what this machine does not offer to a group, and what follows from that."""
        swap, peak = self._files.swap, self._files.peak
        checks = {
            "swap": ((self._memory / swap).exists(), f"no {swap}: swap is not counted"),
            "peak": ((self._memory / peak).exists(), f"no {peak}: only the present use is known"),
            "oom group": ((self._memory / "memory.oom.group").exists(), "out of memory, one process dies at a time"),
            "kill": (self._killer() is not None, "no cgroup.kill: processes are killed one by one"),
            "cpu": (self.cpu_seconds() is not None, "nobody counts the CPU time of a group"),
        }
        return {name: sentence for name, (there, sentence) in checks.items() if not there}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.remove()

    @property
    def _files(self) -> _Files:
        return _FILES[self.where.version]

    @property
    def _memory(self) -> Path:
        return self.where.memory / self.name

    def _killer(self) -> Path | None:
        path = self.where.core and self.where.core / self.name / "cgroup.kill"
        return path if path and path.exists() else None

    def _kill_each(self) -> bool:
        pids = self.processes()
        for pid in filter(None, pids):  # kill(0) would be ourselves
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not pids

    def _try_remove(self) -> bool:
        return all(_try_rmdir(folder) for folder in self.folders)


def remove_stale(where: Cgroups) -> list[str]:
    """Kill and remove the groups of graders that are dead; return the names of those that are gone."""
    names = {path.name for parent in where.parents for path in parent.glob(maker.PATTERN)}
    return [name for name in sorted(names) if maker.is_dead(name) and _clear(Group(where, name))]


def _clear(group: Group) -> bool:
    # A process seen as 0 is in another pid namespace. So may its grader be, whose pid means nothing here then.
    if 0 in group.processes():
        return False
    try:
        group.kill()
        group.remove()
    except (OSError, BrokenError):  # its maker had rights or hierarchies that we have not
        return False
    return True


# --- Where groups can be made ---


def find_controllers() -> Cgroups | None:
    """Return where groups can be made, proven by making one, or None."""
    return diagnose()[0]


def diagnose() -> tuple[Cgroups | None, list[str]]:
    """Return what `find_controllers` returns, and why each place tried before was refused."""
    refusals: dict[str, None] = {}
    folders = own_folders(Path("/proc/self/mountinfo").read_text(), Path("/proc/self/cgroup").read_text())
    for way in (_inside_own, _beside_own, _beside_leaf, _version_1):
        try:
            return _prove(way(folders)), list(refusals)
        except (OSError, BrokenError) as error:
            refusals[str(error)] = None
    return None, list(refusals)


def own_folders(mountinfo: str, memberships: str) -> dict[str, Path]:
    """Return the folder of our group for each v1 controller, and for "" that of the v2 hierarchy."""
    groups = dict(_read_memberships(memberships))
    found: dict[str, Path] = {}
    for controllers, root, point in _read_mounts(mountinfo):
        for controller in controllers & groups.keys():
            folder = _visible(groups[controller], root, point)
            if folder is not None:
                found.setdefault(controller, folder)
    return found


def _read_memberships(text: str) -> Iterator[tuple[str, str]]:
    """Read lines such as `4:memory:/ours` and, for v2, `0::/ours` (cgroups(7))."""
    for line in text.splitlines():
        _, controllers, group = line.split(":", 2)
        for controller in controllers.split(","):
            yield controller, group


def _read_mounts(text: str) -> Iterator[tuple[set[str], str, Path]]:
    """Read controllers, root and mount point of each cgroup mount (proc_pid_mountinfo(5))."""
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        root, point = (_unescape(part) for part in before.split(" ")[3:5])
        kind, _, options = after.split(" ", 2)
        if kind == "cgroup2":
            yield {""}, root, Path(point)
        elif kind == "cgroup":
            yield set(options.split(",")), root, Path(point)


def _unescape(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)


def _visible(group: str, root: str, point: Path) -> Path | None:
    """Return where a group is seen below a mount that shows `root`; None when it lies outside."""
    try:
        below = PurePosixPath(group).relative_to(root)
    except ValueError:
        return None
    return None if ".." in below.parts else point / below


def _inside_own(folders: dict[str, Path]) -> Cgroups:
    """Use our own v2 group: possible at the root, or where nobody sits in it."""
    own = _version_2_folder(folders)
    _enable(own)
    return _version_2(own)


def _beside_own(folders: dict[str, Path]) -> Cgroups:
    """Use the parent of our v2 group: it already limits its children, and may let us add one."""
    parent = _version_2_folder(folders).parent
    if not _read_words(parent / "cgroup.subtree_control") >= _CONTROLLERS:
        raise _refusal(errno.EOPNOTSUPP, "does not hand memory and pids on to its children", parent)
    return _version_2(parent)


def _beside_leaf(folders: dict[str, Path]) -> Cgroups:
    """Move into a leaf of our own v2 group, because a group with processes cannot limit its children."""
    own = _version_2_folder(folders)
    if _read(own / "cgroup.procs").split() != [str(os.getpid())]:
        raise _refusal(
            errno.EBUSY, "not ours alone; `systemd-run --user --scope -p Delegate=yes` gives us a group", own
        )
    leaf = own / f"{maker.prefix()}self"
    with contextlib.ExitStack() as undo:
        leaf.mkdir()
        undo.callback(leaf.rmdir)
        _write(leaf / "cgroup.procs", str(os.getpid()))
        undo.callback(_write, own / "cgroup.procs", str(os.getpid()))
        _enable(own)
        undo.pop_all()
    return _version_2(own)


def _version_2_folder(folders: dict[str, Path]) -> Path:
    own = _folder(folders, "", "the v2 hierarchy")
    if not _read_words(own / "cgroup.controllers") >= _CONTROLLERS:
        raise _refusal(errno.EOPNOTSUPP, "has no memory and pids controllers", own)
    return own


def _enable(folder: Path) -> None:
    if not _read_words(folder / "cgroup.subtree_control") >= _CONTROLLERS:
        _write(folder / "cgroup.subtree_control", " ".join(f"+{name}" for name in sorted(_CONTROLLERS)))


def _version_2(parent: Path) -> Cgroups:
    return Cgroups(2, memory=parent, pids=parent, core=parent, cpuacct=None)


def _version_1(folders: dict[str, Path]) -> Cgroups:
    memory = _folder(folders, "memory", "the v1 memory controller")
    pids = _folder(folders, "pids", "the v1 pids controller")
    core = _usable(folders.get(""))
    return Cgroups(1, memory, pids, core, None if core else _usable(folders.get("cpuacct")))


def _folder(folders: dict[str, Path], key: str, what: str) -> Path:
    if key not in folders:
        raise OSError(errno.ENOENT, f"{what} is not mounted here")
    return folders[key]


def _usable(parent: Path | None) -> Path | None:
    """Return a folder that we can do without, if groups can be made in it."""
    if parent is None:
        return None
    trial = parent / new_name()
    try:
        trial.mkdir()
        trial.rmdir()
    except OSError:
        return None
    return parent


def _prove(where: Cgroups) -> Cgroups:
    """Make a group, limit it, kill a process in it, remove it; then tell what it lacked."""
    with where.create(new_name(), _PROOF_MEMORY, _PROOF_PROCESSES) as group, _sleeper() as sleeper:
        try:
            group.add(sleeper.pid)
            group.kill()
            _await_end(sleeper)
        finally:
            sleeper.kill()
        return replace(where, missing=group.shortcomings())


def _sleeper() -> subprocess.Popen[bytes]:
    """Start a process that ends with us, however we end: it reads from us, and we write nothing."""
    return subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)


def _await_end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired as error:
        raise OSError(errno.ETIMEDOUT, "a process outlived its group") from error


# --- Files of a hierarchy ---


def _read(path: Path) -> str:
    return read_whole(path).decode("ascii")


def _read_words(path: Path) -> set[str]:
    return set(_read(path).split())


def _read_fields(path: Path) -> dict[str, int]:
    """Read a file with a word and a number on each line."""
    return {name: int(value) for name, value in (line.split() for line in _read(path).splitlines())}


def _write(path: Path, text: str) -> None:
    # A buffered file would write on close, and swallow the refusal when nobody closes it.
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    except OSError as error:
        raise OSError(error.errno, error.strerror, f"{path} = {text}") from None
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir()
    except FileExistsError:
        # Names do not repeat while we live: a dead grader had our pid.
        folder.rmdir()
        folder.mkdir()


def _try_rmdir(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno == errno.EBUSY:
            return False
        raise
    return True


def _wait_until(done: Callable[[], bool]) -> bool:
    end = time.monotonic() + _PATIENCE
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(_PAUSE)
    return True


def _refusal(code: int, reason: str, folder: Path) -> OSError:
    return OSError(code, reason, str(folder))
