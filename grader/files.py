"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def write_whole(path: Path, text: str, *, durable: bool = False) -> None:
    """Put a text where a reader finds all of it, or what was there before.

    Args:
        path: of the file; its folder exists.
        text: in UTF-8.
        durable: whether it is on the disk when this returns, so that it outlives a power cut.

    Raises:
        OSError: there is no room, or no permission; nothing is left behind.
    """
    draft = path.with_name(f".{path.name}.partial")
    try:
        with open(draft, "w", encoding="utf-8") as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
