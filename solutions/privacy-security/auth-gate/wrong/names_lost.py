"""Mistake: decorated functions all have the same name."""

import base64
import hashlib
import hmac
import json


class AuthError(Exception):
    """A request that is not admitted."""

    def __init__(self, status, reason):
        super().__init__(reason)
        self.status = status


class Gate:
    """Issues tokens and admits requests."""

    def __init__(self, secret, roles):
        if not secret:
            raise ValueError("an empty secret keeps nobody out")
        self._secret = secret
        self._roles = {role: frozenset(permissions) for role, permissions in roles.items()}

    def issue(self, user, role, now, ttl):
        """Return a signed token."""
        if role not in self._roles or ttl < 0:
            raise ValueError(f"no token for the role {role!r} and {ttl} seconds")
        content = json.dumps([user, role, now + ttl], ensure_ascii=False, separators=(",", ":"))
        body = base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")
        return f"{body}.{self._sign(body)}"

    def check(self, header, permission, now):
        """Return the user, or raise an AuthError."""
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer":
            raise AuthError(401, "no bearer token")
        user, role, expiry = self._read(token)
        if now >= expiry:
            raise AuthError(401, "expired")
        if permission not in self._roles.get(role, ()):
            raise AuthError(403, f"no permission {permission!r}")
        return user

    def require(self, permission):
        """Return a decorator that lets nobody in without the permission."""

        def decorate(handler):
            def guarded(header, now, *args, **kwargs):
                return handler(self.check(header, permission, now), *args, **kwargs)

            return guarded

        return decorate

    def _read(self, token):
        """Return user, role and expiry of a token; nothing is decoded before the signature is right."""
        body, _, signature = token.partition(".")
        # as bytes, for compare_digest refuses text beyond ASCII
        if not hmac.compare_digest(self._sign(body).encode(), signature.encode()):
            raise AuthError(401, "not signed by us")
        return json.loads(base64.urlsafe_b64decode(body + "=="))

    def _sign(self, body):
        return hmac.new(self._secret, body.encode(), hashlib.sha256).hexdigest()
