"""A regular expression takes the header apart; the signature is compared as bytes of the digest's hexadecimal text."""

import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import wraps

HEADER = re.compile(r"(?i:bearer) ([A-Za-z0-9_-]+)\.([0-9a-f]{64})", re.ASCII)


class AuthError(Exception):
    """Not admitted: 401 who are you, 403 you may not."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Gate:
    """Issues tokens and admits requests."""

    def __init__(self, secret: bytes, roles: dict[str, set[str]]) -> None:
        if len(secret) == 0:
            raise ValueError("the secret is empty")
        self.secret = secret
        self.granted = {(role, permission) for role, permissions in roles.items() for permission in permissions}
        self.known = set(roles)

    def issue(self, user: str, role: str, now: int, ttl: int) -> str:
        """Return a signed token."""
        if role not in self.known:
            raise ValueError("unknown role")
        if ttl < 0:
            raise ValueError("negative time to live")
        text = json.dumps((user, role, now + ttl), ensure_ascii=False, separators=(",", ":"))
        body = urlsafe_b64encode(text.encode("utf-8")).replace(b"=", b"")
        return (body + b"." + self.signature(body)).decode("ascii")

    def signature(self, body: bytes) -> bytes:
        """Return the hexadecimal digits."""
        return hmac.digest(self.secret, body, "sha256").hex().encode("ascii")

    def check(self, header: str | None, permission: str, now: int) -> str:
        """Return the user, or raise an AuthError."""
        found = HEADER.fullmatch(header) if isinstance(header, str) else None
        if found is None:
            raise AuthError(401)
        body, given = (part.encode("ascii") for part in found.groups())
        if not hmac.compare_digest(given, self.signature(body)):
            raise AuthError(401)
        user, role, until = json.loads(urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
        if until <= now:
            raise AuthError(401)
        if (role, permission) not in self.granted:
            raise AuthError(403)
        return user

    def require(self, permission: str):
        """Return a decorator that lets nobody in without the permission."""

        def decorator(function):
            @wraps(function)
            def wrapper(header, now, *args, **kwargs):
                user = self.check(header, permission, now)
                return function(user, *args, **kwargs)

            return wrapper

        return decorator
