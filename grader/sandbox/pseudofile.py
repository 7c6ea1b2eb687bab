"""Files that the kernel makes up when they are read: those of /proc and of control groups."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_whole(path: str | Path) -> bytes:
    """Read one, with nothing around it: what watches a guest reads a dozen, many times a second.

    Raises:
        OSError: it is not there, or nothing can be read from it (any more).
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return b"".join(iter(lambda: os.read(descriptor, 2**16), b""))
    finally:
        os.close(descriptor)
