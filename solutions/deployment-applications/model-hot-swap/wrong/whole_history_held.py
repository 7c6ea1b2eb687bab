"""Mistake: a call holds the whole history, and with it other models."""

import threading


class Unhealthy(RuntimeError):
    """A model that did not pass its check."""


class Registry:
    """Holds versions of a model, one of them active."""

    def __init__(self, health):
        self._health = health
        self._lock = threading.Lock()
        self._count = 0
        self._entries = {}
        self._history = ()

    def register(self, name, model):
        """Return the version of a new entry."""
        with self._lock:
            self._count += 1
            self._entries[self._count] = (self._count, name, model)
            return self._count

    def promote(self, version):
        """Check a version, and make it the active one."""
        _, name, model = self._entries[version]
        if not self._health(model):
            raise Unhealthy(f"version {version} of {name}")
        with self._lock:
            # looked up again, for it may have been retired during the check
            entry = self._entries[version]
            self._history = (*self._without(version), entry)

    def rollback(self):
        """Go back to the version before."""
        with self._lock:
            if len(self._history) < 2:
                raise RuntimeError("nothing to go back to")
            self._history = self._history[:-1]
            return self._history[-1][0]

    def retire(self, version):
        """Forget a version."""
        with self._lock:
            if self._entries[version] in self._history[-1:]:
                raise ValueError(f"version {version} is active")
            del self._entries[version]
            self._history = self._without(version)

    def predict(self, x):
        """Return the active version and what its model says."""
        history = self._history
        if not history:
            raise RuntimeError("no version is active")
        return history[-1][0], history[-1][2](x)

    def history(self):
        """Return the promoted versions, the active one last."""
        return [(version, name) for version, name, _ in self._history]

    def _without(self, version):
        return tuple(entry for entry in self._history if entry[0] != version)
