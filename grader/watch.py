"""Says when a file or a folder was saved.

What is found by looking decides: names, times, sizes and modes. So an editor may save in place, by renaming or through
a backup, and a disk without events, such as a network's, is noticed too. inotify only says when to look, so that nobody
waits. No thread is started, because the caller forks.
"""

from __future__ import annotations

import os
import select
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from grader.sandbox import kernel
from grader.submission import is_ignored

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LOOK_SECONDS = 0.5
"""How long a change may go unnoticed where no event tells of it."""
QUIET_SECONDS = 0.05
"""A save is over when nothing has changed for so long: longer than an editor takes between its steps."""
ABSENT_SECONDS = 0.5
"""How long a file may be away while it is replaced."""
UNREST_SECONDS = 2.0
"""After so long of steady change it is looked at as it is."""
MAX_ENTRIES = 10_000

# include/uapi/linux/inotify.h, in order: modify, attrib, close_write, moved_from, moved_to, create, delete,
# delete_self, move_self
_EVENTS = 0x002 | 0x004 | 0x008 | 0x040 | 0x080 | 0x100 | 0x200 | 0x400 | 0x800
_ONLY_FOLDERS = 0x01000000

_Look = dict[Path, tuple[tuple[str, int, int, int, int], ...]]
"""Of each root, what is there: path, modification time, size, inode, mode."""


class Watcher:
    """Tells which of some files and folders were saved since it last told."""

    def __init__(self, *roots: Path) -> None:
        """Take down how they look now; `wait` tells of what comes after."""
        self._roots = tuple(Path(os.path.abspath(root)) for root in roots)
        self._given = dict(zip(self._roots, roots, strict=True))
        self._bell = _Bell()
        self._seen = self._look()

    def wait(self) -> frozenset[Path]:
        """Wait until a save is over; return the roots it touched, as they were given."""
        while True:
            self._bell.listen(self._folders())
            now = self._look()
            if now != self._seen:
                now = self._settled(now)
            changed = frozenset(given for root, given in self._given.items() if now[root] != self._seen[root])
            self._seen = now
            if changed:
                return changed
            self._bell.wait(LOOK_SECONDS)

    def close(self) -> None:
        """Give back what the kernel holds for it."""
        self._bell.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _look(self) -> _Look:
        return {root: tuple(sorted(_entries(root))) for root in self._roots}

    def _settled(self, now: _Look) -> _Look:
        """Look until two looks agree, and for a while longer until what was there is there again."""
        began = time.monotonic()
        while (since := time.monotonic() - began) < UNREST_SECONDS:
            time.sleep(QUIET_SECONDS)
            before, now = now, self._look()
            absent = any(self._seen[root] and not now[root] for root in self._roots)
            if before == now and not (absent and since < ABSENT_SECONDS):
                break
        return now

    def _folders(self) -> Iterator[Path]:
        """Yield every folder in which something may happen: a new file is an event of the folder it is in."""
        for root in self._roots:
            yield root.parent
            yield root
            yield from (path for path, status in _walk(root) if stat.S_ISDIR(status.st_mode))


def _entries(root: Path) -> Iterator[tuple[str, int, int, int, int]]:
    """Yield how a file looks, or everything in a folder; nothing of what is not there."""
    try:
        status = os.lstat(root)
    except OSError:  # away, or out of reach: either is how it looks now
        return
    for path, found in [(root, status), *_walk(root)]:
        if stat.S_ISDIR(found.st_mode):  # its time is that of a backup or a swap file coming and going
            yield str(path), 0, 0, found.st_ino, found.st_mode
        else:
            yield str(path), found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode


def _walk(root: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield what lies in a folder at any depth, without what editors keep there for themselves."""
    waiting, met = [root], 0
    while waiting:
        try:
            found = list(os.scandir(waiting.pop()))
        except OSError:  # no folder, gone meanwhile, or not to be read
            continue
        for entry in found:
            met += 1
            if met > MAX_ENTRIES:  # no reader takes so much
                return
            if entry.name.startswith(".") or entry.name.endswith("~") or is_ignored(entry.name):
                continue
            try:
                yield Path(entry.path), entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if entry.is_dir(follow_symlinks=False):
                waiting.append(Path(entry.path))


class _Bell:
    """inotify: rings when something happens in a folder. Where the kernel grants none, it never rings."""

    def __init__(self) -> None:
        self._poll = select.poll()
        try:
            self._queue = kernel.syscall("inotify_init1", os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:  # no more instances for this user, or a kernel without
            self._queue = -1
        else:
            self._poll.register(self._queue, select.POLLIN)

    def listen(self, folders: Iterable[Path]) -> None:
        """Ring for these folders too; one already listened to is no harm."""
        if self._queue < 0:
            return
        for folder in folders:
            try:
                kernel.syscall("inotify_add_watch", self._queue, os.fsencode(folder), _EVENTS | _ONLY_FOLDERS)
            except OSError:  # no folder, gone, or no more watches for this user: looking will find what happens there
                continue

    def wait(self, seconds: float) -> None:
        """Return at the first ring, or after so long."""
        self._poll.poll(seconds * 1000)
        if self._queue >= 0:
            while self._drain():
                pass

    def _drain(self) -> bool:
        try:
            return bool(os.read(self._queue, 2**16))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Give the queue back."""
        if self._queue >= 0:
            os.close(self._queue)
            self._queue = -1
