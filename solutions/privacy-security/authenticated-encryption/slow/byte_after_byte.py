"""Right, but joins the result byte after byte, each time with a copy of all there is."""

import hmac


def seal(key, nonce, plaintext, context=b""):
    """Return nonce, ciphertext and tag."""
    if len(key) != 32 or len(nonce) != 16:
        raise ValueError("wrong length")
    sealed = nonce + _mix(key, nonce, plaintext)
    return sealed + _tag(key, sealed, context)


def unseal(key, blob, context=b""):
    """Return the plaintext of an unchanged blob."""
    if len(key) != 32 or len(blob) < 48 or not hmac.compare_digest(_tag(key, blob[:-32], context), blob[-32:]):
        raise ValueError("not a blob of this key")
    return _mix(key, blob[:16], blob[16:-32])


def _mix(key, nonce, text):
    encrypting = hmac.digest(key, b"encrypt", "sha256")
    result = b""
    for i, byte in enumerate(text):
        if i % 32 == 0:
            block = hmac.digest(encrypting, nonce + (i // 32).to_bytes(8, "big"), "sha256")
        result = result + bytes([byte ^ block[i % 32]])
    return result


def _tag(key, sealed, context):
    signing = hmac.digest(key, b"authenticate", "sha256")
    return hmac.digest(signing, len(context).to_bytes(8, "big") + context + sealed, "sha256")
