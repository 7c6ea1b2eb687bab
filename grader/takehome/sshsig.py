"""SSH signatures: what a team signs, a candidate checks with OpenSSH's own `ssh-keygen -Y verify`, and nothing of ours.

The format is SSHSIG (OpenSSH, PROTOCOL.sshsig), the signature Ed25519 (RFC 8032). The pair of keys is drawn from the
key of the assessment, so there is one secret to keep, and the same message always has the same signature.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import TYPE_CHECKING

from grader.errors import InputError
from grader.keyed import mac

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NAMESPACE = "exam-grader"
_MAGIC, _VERSION = b"SSHSIG", 1
_KIND, _HASH = b"ssh-ed25519", b"sha512"
_LINE = 70


def allowed_signers(key: bytes, who: str) -> str:
    """Return the line by which `ssh-keygen -Y verify -f` knows signatures of `who`; there is nothing secret in it.

    Args:
        key: of the assessment.
        who: its id, which `ssh-keygen` is given as `-I`.
    """
    public = base64.b64encode(_public(_private(key))).decode("ascii")
    return f'{who} namespaces="{NAMESPACE}" {_KIND.decode()} {public}\n'


def signature(key: bytes, message: bytes) -> str:
    """Return the signature of a message as the text of a `.sig` file."""
    private = _private(key)
    rest = (_text(NAMESPACE.encode()), _text(b""), _text(_HASH))  # nothing is reserved yet
    signed = private.sign(b"".join((_MAGIC, *rest, _text(hashlib.sha512(message).digest()))))
    head = (_MAGIC, struct.pack(">I", _VERSION), _text(_public(private)))
    blob = base64.b64encode(b"".join((*head, *rest, _text(_text(_KIND) + _text(signed))))).decode("ascii")
    lines = [blob[start : start + _LINE] for start in range(0, len(blob), _LINE)]
    return "\n".join(["-----BEGIN SSH SIGNATURE-----", *lines, "-----END SSH SIGNATURE-----", ""])


def _private(key: bytes) -> Ed25519PrivateKey:
    try:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    except ImportError:
        fault = "a signature that candidates can check needs cryptography"
        raise InputError(fault, cure="pip install 'exam-grader[assess]'") from None
    return Ed25519PrivateKey.from_private_bytes(mac(key, "ssh signature"))


def _public(private: Ed25519PrivateKey) -> bytes:
    return _text(_KIND) + _text(private.public_key().public_bytes_raw())


def _text(data: bytes) -> bytes:
    """Return a string as SSH writes it (RFC 4251): its length, and its bytes."""
    return struct.pack(">I", len(data)) + data
