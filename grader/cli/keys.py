"""Files that hold a secret: read, or made where there is none yet."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from grader.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

KEY_BYTES = 32


def read_key(path: Path, *, may_be_made: bool, cure: str) -> bytes:
    """Read the key, making one where that is wished and there is none.

    Args:
        path: of its file; one that is made is its owner's alone.
        may_be_made: whether it is made where it is missing.
        cure: what to do where it cannot be read.

    Raises:
        InputError: there is none, or it is too short to be a secret.
    """
    if may_be_made and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise InputError(f"the key {path} cannot be read: {error.strerror}", cure=cure) from None
    if len(key) < KEY_BYTES:
        raise InputError(
            f"the key in {path} has {len(key)} bytes, fewer than {KEY_BYTES}",
            cure="Write 64 random hexadecimal digits into it, or take it away and have one made",
        )
    return key
