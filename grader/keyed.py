"""Draws by a key: the same again for whoever has it, unforeseeable for everybody else."""

from __future__ import annotations

import hmac


def mac(key: bytes, *parts: str) -> bytes:
    """Return HMAC-SHA256, keyed by `key`, over the parts, joined by a zero byte: 32 bytes."""
    return hmac.digest(key, "\0".join(parts).encode(), "sha256")
