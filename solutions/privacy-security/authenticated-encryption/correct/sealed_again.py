"""Decrypts first, seals the result again and compares the two blobs as a whole."""

import hmac


def seal(key, nonce, plaintext, context=b""):
    """Return nonce, ciphertext and tag."""
    if (len(key), len(nonce)) != (32, 16):
        raise ValueError("lengths must be 32 and 16")
    body = nonce + bytes(map(int.__xor__, plaintext, _stream(key, nonce, len(plaintext))))
    prefix = len(context).to_bytes(8, "big") + context
    return body + _mac(_mac(key, b"authenticate"), prefix + body)


def unseal(key, blob, context=b""):
    """Return the plaintext of an unchanged blob."""
    nonce, rest = blob[:16], blob[16:]
    if len(rest) < 32 or len(key) != 32:
        raise ValueError("this cannot be a blob of this key")
    plaintext = bytes(map(int.__xor__, rest[:-32], _stream(key, nonce, len(rest))))
    if not hmac.compare_digest(seal(key, nonce, plaintext, context), blob):
        raise ValueError("this is not what was sealed")
    return plaintext


def _stream(key, nonce, length):
    encrypting = _mac(key, b"encrypt")
    stream = bytearray()
    while len(stream) < length:
        stream += _mac(encrypting, nonce + (len(stream) // 32).to_bytes(8, "big"))
    return stream


def _mac(key, message):
    return hmac.digest(key, message, "sha256")
