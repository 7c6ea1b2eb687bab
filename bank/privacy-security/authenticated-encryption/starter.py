"""Encryption that notices changes: write both functions."""


def seal(key: bytes, nonce: bytes, plaintext: bytes, context: bytes = b"") -> bytes:
    """Return nonce, ciphertext and tag."""
    # Write: the refusals, the subkeys, the key stream, the tag.


def unseal(key: bytes, blob: bytes, context: bytes = b"") -> bytes:
    """Return the plaintext of an unchanged blob."""
    # Write: the parts, the check of the tag, the plaintext.
