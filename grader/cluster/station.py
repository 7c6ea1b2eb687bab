"""The actor: what each node of a cluster runs of ours."""

from __future__ import annotations

import pickle
import threading
from typing import TYPE_CHECKING, Any

from grader.cluster.outpost import Outpost, OutpostLostError
from grader.cluster.survey import survey

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class Station:
    """Holds an outpost. Jobs and results go through as bytes: nothing of theirs is loaded here."""

    def __init__(self, orders: bytes, packages: Collection[str]) -> None:
        """Start nothing yet: first it is seen whether this node is like the driver's."""
        self._orders, self._packages = orders, packages
        self._lock = threading.Lock()
        self._outpost: Outpost | None = None
        self._closed = False

    def survey(self) -> dict[str, str]:
        """Say what is installed here."""
        return survey(self._packages)

    def do(self, job: bytes, cargo: str, files: Sequence[Any]) -> bytes:
        """Do a job; its files are fetched from the cluster's store, once.

        Raises:
            OutpostLostError: the process that grades has ended.
        """
        import ray

        return self._open().do(job, cargo, lambda: ray.get(files[0]))

    def close(self) -> None:
        """End everything that was started here."""
        with self._lock:
            self._closed = True
        if self._outpost is not None:
            self._outpost.close()

    def _open(self) -> Outpost:
        with self._lock:
            if self._closed:
                raise OutpostLostError("it has been closed")
            if self._outpost is None:
                self._outpost = Outpost(pickle.loads(self._orders))
            return self._outpost
