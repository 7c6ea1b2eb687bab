"""One reentrant lock for the bookkeeping; the history is a list; the model of a check is kept in no variable."""

import threading
from collections.abc import Callable


class Unhealthy(RuntimeError):
    """A model that did not pass its check."""


class Registry:
    """Holds versions of a model, one of them active."""

    def __init__(self, health: Callable) -> None:
        """Keep the check."""
        self._health = health
        self._lock = threading.RLock()  # held for bookkeeping only, never while foreign code runs
        self._entries = {}  # version -> (name, model)
        self._promoted = []  # versions in the order of their last promotion
        self._last = 0

    def register(self, name: str, model: Callable) -> int:
        """Return the version of a new entry."""
        with self._lock:
            self._last += 1
            version = self._last
            self._entries[version] = (name, model)
        return version

    def _model(self, version):
        with self._lock:
            if version not in self._entries:
                raise KeyError(version)
            return self._entries[version][1]

    def promote(self, version: int) -> None:
        """Check a version, and make it the active one."""
        # The model is kept in no variable: nothing holds it once the check is over.
        if not self._health(self._model(version)):
            raise Unhealthy(f"version {version} did not pass its check")
        with self._lock:
            if version not in self._entries:
                raise KeyError(version)
            if version in self._promoted:
                self._promoted.remove(version)
            self._promoted.append(version)

    def rollback(self) -> int:
        """Go back to the version before."""
        with self._lock:
            if len(self._promoted) < 2:
                raise RuntimeError("there is no version to go back to")
            self._promoted.pop()
            return self._promoted[-1]

    def retire(self, version: int) -> None:
        """Forget a version."""
        with self._lock:
            if version not in self._entries:
                raise KeyError(version)
            if self._promoted and self._promoted[-1] == version:
                raise ValueError(f"version {version} is active")
            entry = self._entries.pop(version)
            if version in self._promoted:
                self._promoted.remove(version)
        del entry  # outside the lock: a finaliser may run here

    def predict(self, x: object) -> tuple:
        """Return the active version and what its model says."""
        with self._lock:
            if not self._promoted:
                raise RuntimeError("no version is active")
            version = self._promoted[-1]
            model = self._entries[version][1]
        return version, model(x)

    def history(self) -> list[tuple[int, str]]:
        """Return the promoted versions, the active one last."""
        with self._lock:
            return [(version, self._entries[version][0]) for version in self._promoted]
