"""Reads a token first, forgivingly, then makes it again and compares the two; the decorator is a class."""

import base64
import copy
import functools
import hashlib
import hmac
import json


class AuthError(Exception):
    """A refusal."""

    status = 401


class Forbidden(AuthError):
    """A refusal of somebody who is known."""

    status = 403


class Gate:
    """Issues tokens and admits requests."""

    def __init__(self, secret, roles):
        if secret == b"":
            raise ValueError("need a secret")
        self.mac = hmac.new(secret, digestmod=hashlib.sha256)
        self.roles = copy.deepcopy(roles)

    def issue(self, user, role, now, ttl):
        """Return a signed token."""
        if ttl < 0 or role not in self.roles:
            raise ValueError("cannot issue that")
        return self._token([user, role, now + ttl])

    def _token(self, claims):
        text = json.dumps(claims, ensure_ascii=False, separators=(",", ":"))
        body = base64.b64encode(text.encode(), altchars=b"-_").rstrip(b"=")
        mac = self.mac.copy()
        mac.update(body)
        return body.decode() + "." + mac.hexdigest()

    def check(self, header, permission, now):
        """Return the user, or raise an AuthError."""
        token = header[7:] if header and header[:7].lower() == "bearer " else ""
        try:
            user, role, expiry = claims = json.loads(base64.b64decode(token.split(".")[0] + "===", altchars=b"-_"))
            genuine = self._token(claims)
        except (ValueError, TypeError, RecursionError):
            raise AuthError("unreadable") from None
        if genuine != token or expiry <= now:
            raise AuthError("forged or expired")
        if role not in self.roles or permission not in self.roles[role]:
            raise Forbidden(permission)
        return user

    def require(self, permission):
        """Return a decorator that lets nobody in without the permission."""
        return functools.partial(_Guarded, self, permission)


class _Guarded:
    def __init__(self, gate, permission, function):
        functools.update_wrapper(self, function)
        self.gate, self.permission, self.function = gate, permission, function

    def __call__(self, header, now, *args, **kwargs):
        user = self.gate.check(header, self.permission, now)
        return self.function(user, *args, **kwargs)
