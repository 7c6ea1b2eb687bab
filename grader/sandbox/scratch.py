"""The folders guests write to where they have no file system of their own: measured, and removed whatever they hold."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from grader.errors import BrokenError
from grader.files import MEMORY
from grader.sandbox import maker

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_ENTRIES = 4096
"""Files and folders a guest may make: as many as a file system of its own would hold."""
MAX_DEPTH = 64
"""Folders within folders, each of which takes a descriptor of ours to follow."""
_BLOCK = 512  # the unit of st_blocks, whatever the file system's own block is


def make() -> str:
    """Make a folder for temporary files, whose name says who made it.

    Raises:
        BrokenError: there is no room for it, or no permission.
    """
    try:
        return tempfile.mkdtemp(prefix=maker.prefix())
    except OSError as error:
        raise BrokenError(
            f"there is no place for temporary files: {error}. Free some space, or name a folder that can be written "
            "in the variable TMPDIR."
        ) from error


def remove_stale() -> list[str]:
    """Remove the folders of graders that are dead, as far as they are ours; return those that are gone."""
    places = (Path(tempfile.gettempdir()), MEMORY)
    found = sorted(path for place in places for path in place.glob(maker.PATTERN))
    stale = [path for path in found if maker.is_dead(path.name) and _is_our_folder(path)]
    for path in stale:
        remove(str(path))
    return [str(path) for path in stale if not path.exists()]


def _is_our_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and path.lstat().st_uid == os.geteuid()


def fault_of(folder: str, limit: int) -> str:
    """Return what a guest did too much of in its folder, or an empty string.

    Walks by descriptor, through no link, and stops at the first excess. What was deleted but is kept open is not seen.

    Args:
        folder: the guest's scratch folder.
        limit: bytes it may hold.
    """
    try:
        return _fault_within(folder, limit)
    except PermissionError:
        return "locked a folder, which then cannot be measured"


def _fault_within(folder: str, limit: int) -> str:
    used = 0
    for number, (entry, depth) in enumerate(_walk(folder)):
        with contextlib.suppress(OSError):  # it is gone again
            used += entry.stat(follow_symlinks=False).st_blocks * _BLOCK
        if used > limit:
            return f"wrote more than {limit // 2**20} MiB of files"
        if number >= MAX_ENTRIES:
            return f"made more than {MAX_ENTRIES} files"
        if depth >= MAX_DEPTH:
            return f"made folders more than {MAX_DEPTH} deep"
    return ""


def _walk(folder: str) -> Iterator[tuple[os.DirEntry[str], int]]:
    """Yield every entry below a folder with its depth; what cannot be opened is passed over."""
    with contextlib.ExitStack() as stack:
        levels = []
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):  # the guest may remove even its own folder
            levels.append(_enter(folder, None, stack))
        while levels:
            here, entries, leave = levels[-1]
            entry = next(entries, None)
            if entry is None:
                levels.pop()
                leave.close()
                continue
            yield entry, len(levels)
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):  # gone, or something else by now
                if entry.is_dir(follow_symlinks=False):
                    levels.append(_enter(entry.name, here, stack))


def _enter(
    name: str, above: int | None, stack: contextlib.ExitStack
) -> tuple[int, Iterator[os.DirEntry[str]], contextlib.ExitStack]:
    leave = stack.enter_context(contextlib.ExitStack())
    here = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
    leave.callback(os.close, here)
    return here, leave.enter_context(os.scandir(here)), leave


def remove(folder: str) -> None:
    """Remove a folder, by programs: folders may be nested deeper than Python's own removal can follow, or be locked."""
    if subprocess.run(["rm", "-rf", "--", folder], check=False, stderr=subprocess.DEVNULL).returncode:
        subprocess.run(["chmod", "-R", "u+rwx", "--", folder], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["rm", "-rf", "--", folder], check=False, stderr=subprocess.DEVNULL)
