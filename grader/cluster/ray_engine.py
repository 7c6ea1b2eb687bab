"""The engine on Ray: on each node of a cluster an actor, which holds an outpost, which holds a worker."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, TypeVar

from grader.cluster.connection import check, cluster
from grader.cluster.fleet import Fleet, Mission, reason_of
from grader.errors import BrokenError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable

    from grader.cluster.freight import Freight
    from grader.engine import Worker

J = TypeVar("J")
R = TypeVar("R")


class RayEngine:
    """The nodes of a Ray cluster, a worker on each; what is lost with a node is done on another one."""

    def __init__(
        self,
        freight: Freight[Any],
        address: str | None = None,
        jobs: int | None = None,
        *,
        packages: Collection[str] = (),
        warn: Callable[[str], None],
    ) -> None:
        """Look whether one can run there; nothing is started yet.

        Args:
            freight: what jobs take along.
            address: `host:port` of a cluster that this machine belongs to; without, one is started here, and ended.
            jobs: so many at a time on each node; one a core unless given.
            packages: distributions whose versions should be the same on all nodes.
            warn: told of each node that differs, is lost, or cannot be used.

        Raises:
            InputError: Ray is not installed, or nobody answers at the address.
        """
        check(address)
        self._freight, self._address, self._jobs = freight, address, jobs
        self._packages, self._warn = tuple(packages), warn

    def run(self, make_worker: Callable[[], Worker[J, R]], jobs: Iterable[J]) -> Generator[tuple[J, R], None, None]:
        """See `Engine`. Worker, jobs and results are pickled.

        Raises:
            InputError: what answers at the address is no cluster for this machine.
            BrokenError: no node can be used, or a job was lost too often.
        """
        mission = Mission(make_worker, self._freight, self._jobs, self._packages)
        with cluster(self._address, self._jobs) as ray:
            try:
                fleet: Fleet[J] = Fleet(ray, mission, self._warn)
                with contextlib.closing(fleet):
                    yield from fleet.run(jobs)
            except ray.exceptions.RayError as error:
                raise BrokenError(f"the cluster is lost: {reason_of(error)}") from error
