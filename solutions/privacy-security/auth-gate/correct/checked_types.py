"""Splits the header at spaces and the token at dots; after the signature the types in the JSON are checked too."""

import base64
import functools
import hashlib
import hmac
import json
from collections.abc import Callable


class AuthError(Exception):
    """A request that is not admitted; `status` is 401 or 403."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message or str(status))
        self.status = status


class Gate:
    """Issues tokens and admits requests."""

    def __init__(self, secret: bytes, roles: dict[str, set[str]]) -> None:
        """Keep what is needed to issue and to check."""
        if not secret:
            raise ValueError("the secret must not be empty")
        self._secret = bytes(secret)
        self._roles = {role: frozenset(permissions) for role, permissions in roles.items()}

    def _sign(self, body: str) -> str:
        return hmac.new(self._secret, body.encode("ascii"), hashlib.sha256).hexdigest()

    def issue(self, user: str, role: str, now: int, ttl: int) -> str:
        """Return a signed token."""
        if role not in self._roles:
            raise ValueError(f"unknown role {role!r}")
        if ttl < 0:
            raise ValueError("ttl must not be negative")
        text = json.dumps([user, role, now + ttl], ensure_ascii=False, separators=(",", ":"))
        body = base64.urlsafe_b64encode(text.encode("utf-8")).decode("ascii").rstrip("=")
        return f"{body}.{self._sign(body)}"

    def _open(self, header: str | None) -> tuple[str, str, int]:
        """Return user, role and expiry time of a genuine token."""
        if header is None or not header.isascii():
            raise AuthError(401, "no usable header")
        words = header.split(" ")
        if len(words) != 2 or words[0].lower() != "bearer":
            raise AuthError(401, "not a bearer token")
        parts = words[1].split(".")
        if len(parts) != 2:
            raise AuthError(401, "not a token")
        body, signature = parts
        if not hmac.compare_digest(self._sign(body), signature):
            raise AuthError(401, "wrong signature")
        try:
            raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
            user, role, expiry = json.loads(raw.decode("utf-8"))
        except (ValueError, TypeError, RecursionError):
            raise AuthError(401, "unreadable token") from None
        if not (isinstance(user, str) and isinstance(role, str) and type(expiry) is int):
            raise AuthError(401, "unreadable token")
        return user, role, expiry

    def check(self, header: str | None, permission: str, now: int) -> str:
        """Return the user, or raise an AuthError."""
        user, role, expiry = self._open(header)
        if now >= expiry:
            raise AuthError(401, "expired")
        if permission not in self._roles.get(role, ()):
            raise AuthError(403, "permission missing")
        return user

    def require(self, permission: str) -> Callable:
        """Return a decorator that lets nobody in without the permission."""

        def decorate(handler: Callable) -> Callable:
            @functools.wraps(handler)
            def guarded(header, now, /, *args, **kwargs):
                user = self.check(header, permission, now)
                return handler(user, *args, **kwargs)

            return guarded

        return decorate
