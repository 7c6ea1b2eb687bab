"""Files: listed below a folder, and written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY = Path("/dev/shm")
"""Where files lie in memory, if it is a file system of that kind."""


def files_below(root: Path, *left_out: str) -> Iterator[Path]:
    """Yield every file below a folder, in a fixed order; what Python has compiled there is none of them.

    Args:
        root: the folder; none where it does not exist.
        left_out: names of files that are not meant.
    """
    for path in sorted(root.rglob("*")):
        compiled = "__pycache__" in path.relative_to(root).parts
        if path.is_file() and not compiled and path.name not in left_out:
            yield path


def write_whole(path: Path, content: str | bytes, *, durable: bool = False) -> None:
    """Put a content where a reader finds all of it, or what was there before.

    Args:
        path: of the file; its folder exists.
        content: a text, which is written in UTF-8, or bytes.
        durable: whether it is on the disk when this returns, so that it outlives a power cut.

    Raises:
        OSError: there is no room, or no permission; nothing is left behind.
    """
    draft = path.with_name(f".{path.name}.partial")
    try:
        with open(draft, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
