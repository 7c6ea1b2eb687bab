"""Signed tokens and roles: write the gate."""

from collections.abc import Callable


class AuthError(Exception):
    """A request that is not admitted; `status` is 401 or 403."""

    # Write: the status.


class Gate:
    """Issues tokens and admits requests."""

    def __init__(self, secret: bytes, roles: dict[str, set[str]]) -> None:
        """Keep what is needed to issue and to check."""
        # Write: the refusal, the secret, the roles.

    def issue(self, user: str, role: str, now: int, ttl: int) -> str:
        """Return a signed token."""
        # Write: the refusals, body and signature.

    def check(self, header: str | None, permission: str, now: int) -> str:
        """Return the user, or raise an AuthError."""
        # Write: header, signature, expiry, permission.

    def require(self, permission: str) -> Callable:
        """Return a decorator that lets nobody in without the permission."""
        # Write: the decorator.
        return lambda handler: handler
