"""Mixes text and stream as two large integers; blobs are cut up by slices."""

import hmac

KEY, NONCE, BLOCK = 32, 16, 32


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _be8(n: int) -> bytes:
    return n.to_bytes(8, "big")


def _xor_stream(key: bytes, nonce: bytes, data: bytes) -> bytes:
    """Combine the data with the key stream; the same for both directions."""
    subkey = _hmac(key, b"encrypt")
    size = len(data)
    blocks = (size + BLOCK - 1) // BLOCK
    stream = b"".join(_hmac(subkey, nonce + _be8(i)) for i in range(blocks))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")


def _tag(key: bytes, nonce: bytes, ciphertext: bytes, context: bytes) -> bytes:
    return _hmac(_hmac(key, b"authenticate"), _be8(len(context)) + context + nonce + ciphertext)


def seal(key: bytes, nonce: bytes, plaintext: bytes, context: bytes = b"") -> bytes:
    """Return nonce, ciphertext and tag."""
    if len(key) != KEY:
        raise ValueError("the key must have 32 bytes")
    if len(nonce) != NONCE:
        raise ValueError("the nonce must have 16 bytes")
    ciphertext = _xor_stream(key, nonce, plaintext)
    return nonce + ciphertext + _tag(key, nonce, ciphertext, context)


def unseal(key: bytes, blob: bytes, context: bytes = b"") -> bytes:
    """Return the plaintext of an unchanged blob."""
    if len(key) != KEY:
        raise ValueError("the key must have 32 bytes")
    if len(blob) < NONCE + BLOCK:
        raise ValueError("the blob is too short")
    nonce, ciphertext, tag = blob[:NONCE], blob[NONCE:-BLOCK], blob[-BLOCK:]
    if not hmac.compare_digest(tag, _tag(key, nonce, ciphertext, context)):
        raise ValueError("the blob is not genuine")
    return _xor_stream(key, nonce, ciphertext)
