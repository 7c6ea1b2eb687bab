"""Two dicts, and a lock around every look at them; the history is the order of a dict's keys."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass


class Unhealthy(RuntimeError):
    """A model that did not pass its check."""


@dataclass(frozen=True, eq=False)
class _Entry:
    version: int
    name: str
    model: Callable


class Registry:
    """Holds versions of a model, one of them active."""

    def __init__(self, health: Callable) -> None:
        self.health = health
        self.guard = threading.RLock()
        self.versions = itertools.count(1)
        self.known: dict[int, _Entry] = {}
        self.promoted: dict[int, _Entry] = {}

    def register(self, name: str, model: Callable) -> int:
        """Return the version of a new entry."""
        with self.guard:
            entry = _Entry(next(self.versions), name, model)
            self.known[entry.version] = entry
        return entry.version

    def promote(self, version: int) -> None:
        """Check a version, and make it the active one."""
        with self.guard:
            entry = self.known[version]
        if not self.health(entry.model):
            raise Unhealthy(entry.name)
        with self.guard:
            if version not in self.known:
                raise KeyError(version)
            self.promoted.pop(version, None)
            self.promoted[version] = entry

    def rollback(self) -> int:
        """Go back to the version before."""
        with self.guard:
            if len(self.promoted) <= 1:
                raise RuntimeError("there is no version before")
            self.promoted.popitem()
            return next(reversed(self.promoted))

    def retire(self, version: int) -> None:
        """Forget a version."""
        with self.guard:
            if version not in self.known:
                raise KeyError(version)
            if version == next(reversed(self.promoted), None):
                raise ValueError("active")
            del self.known[version]
            self.promoted.pop(version, None)

    def predict(self, x: object) -> tuple:
        """Return the active version and what its model says."""
        with self.guard:
            if not self.promoted:
                raise RuntimeError("nothing is active")
            entry = next(reversed(self.promoted.values()))
        return entry.version, entry.model(x)

    def history(self) -> list[tuple[int, str]]:
        """Return the promoted versions, the active one last."""
        with self.guard:
            return [(version, entry.name) for version, entry in self.promoted.items()]
