"""Mistake: the counter stands before the nonce."""

import hmac

NONCE, BLOCK = 16, 32


def seal(key, nonce, plaintext, context=b""):
    """Return nonce, ciphertext and tag."""
    sealed = nonce + _exchanged(key, nonce, plaintext)
    return sealed + _tag(key, sealed, context)


def unseal(key, blob, context=b""):
    """Return the plaintext of an unchanged blob."""
    sealed, tag = blob[:-BLOCK], blob[-BLOCK:]
    if not hmac.compare_digest(_tag(key, sealed, context), tag):
        raise ValueError("the blob has been changed")
    return _exchanged(key, sealed[:NONCE], sealed[NONCE:])


def _exchanged(key, nonce, text):
    """Return the exclusive or of a text with the key stream, which turns each into the other."""
    if len(key) != BLOCK or len(nonce) != NONCE:
        raise ValueError("key or nonce of the wrong length")
    encrypting = hmac.digest(key, b"encrypt", "sha256")
    counters = (i.to_bytes(8, "big") for i in range(-(-len(text) // BLOCK)))
    stream = b"".join(hmac.digest(encrypting, counter + nonce, "sha256") for counter in counters)
    mixed = int.from_bytes(text, "big") ^ int.from_bytes(stream[: len(text)], "big")
    return mixed.to_bytes(len(text), "big")


def _tag(key, sealed, context):
    signing = hmac.digest(key, b"authenticate", "sha256")
    return hmac.digest(signing, len(context).to_bytes(8, "big") + context + sealed, "sha256")
