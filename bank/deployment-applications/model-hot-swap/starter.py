"""Changing models without a gap: write the class."""

from collections.abc import Callable


class Unhealthy(RuntimeError):
    """A model that did not pass its check."""


class Registry:
    """Holds versions of a model, one of them active."""

    def __init__(self, health: Callable) -> None:
        """Keep the check."""
        # Write: what must be remembered.

    def register(self, name: str, model: Callable) -> int:
        """Return the version of a new entry."""
        # Write: the entry.

    def promote(self, version: int) -> None:
        """Check a version, and make it the active one."""
        # Write: the check, the refusals, the change.

    def rollback(self) -> int:
        """Go back to the version before."""
        # Write: the refusal, the change.

    def retire(self, version: int) -> None:
        """Forget a version."""
        # Write: the refusals, the change.

    def predict(self, x: object) -> tuple:
        """Return the active version and what its model says."""
        # Write: the refusal, the call.

    def history(self) -> list[tuple[int, str]]:
        """Return the promoted versions, the active one last."""
        # Write: the list.
