"""Feeds the tag piece by piece and mixes block by block into a bytearray."""

import hashlib
import hmac
import struct


def seal(key: bytes, nonce: bytes, plaintext: bytes, context: bytes = b"") -> bytes:
    """Return nonce, ciphertext and tag."""
    if len(nonce) != 16:
        raise ValueError("the nonce must have 16 bytes")
    encrypting, signing = _subkeys(key)
    blob = bytearray(nonce)
    for i in range(0, len(plaintext), 32):
        blob += _mixed(encrypting, nonce, i // 32, plaintext[i : i + 32])
    blob += _tag(signing, context, blob)
    return bytes(blob)


def unseal(key: bytes, blob: bytes, context: bytes = b"") -> bytes:
    """Return the plaintext of an unchanged blob."""
    encrypting, signing = _subkeys(key)
    if len(blob) < 48:
        raise ValueError("too short")
    nonce, ciphertext, tag = blob[:16], blob[16 : len(blob) - 32], blob[len(blob) - 32 :]
    if not hmac.compare_digest(tag, _tag(signing, context, nonce + ciphertext)):
        raise ValueError("changed")
    blocks = (ciphertext[i : i + 32] for i in range(0, len(ciphertext), 32))
    return b"".join(_mixed(encrypting, nonce, number, block) for number, block in enumerate(blocks))


def _subkeys(key):
    if len(key) != 32:
        raise ValueError("the key must have 32 bytes")
    return [hmac.new(key, label, hashlib.sha256).digest() for label in (b"encrypt", b"authenticate")]


def _mixed(encrypting, nonce, number, block):
    stream = hmac.new(encrypting, nonce + struct.pack(">Q", number), hashlib.sha256).digest()
    return bytes(a ^ b for a, b in zip(block, stream))


def _tag(signing, context, sealed):
    mac = hmac.new(signing, struct.pack(">Q", len(context)), hashlib.sha256)
    mac.update(context)
    mac.update(sealed)
    return mac.digest()
