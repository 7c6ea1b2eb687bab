"""Where many jobs run; knows nothing of grading.

An engine makes workers, hands them jobs, and yields the results as they come.
"""

from __future__ import annotations

import os
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

J = TypeVar("J")
R = TypeVar("R")
J_contra = TypeVar("J_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)

AHEAD = 2
"""Jobs taken in for each one that runs: none waits for the next, and few are read long before their turn."""


class Worker(Protocol[J_contra, R_co]):
    """Does jobs, several at once, on one machine."""

    def do(self, job: J_contra, /) -> R_co:
        """Do one job; called by several threads."""

    def close(self) -> None:
        """End what jobs are running, and leave nothing behind; no job is begun after that."""


class Engine(Protocol):
    """Some machine, or several."""

    def run(self, make_worker: Callable[[], Worker[J, R]], jobs: Iterable[J]) -> Generator[tuple[J, R], None, None]:
        """Yield each job with its result, as soon as it is done.

        Jobs are drawn while others run. Whoever stops reading, closes the engine's workers.
        """


class LocalEngine:
    """This machine: one worker, with a thread for each job that runs; the worker has processes do the work."""

    def __init__(self, jobs: int | None = None) -> None:
        """Run so many jobs at a time; one a core unless given."""
        self._jobs = jobs or len(os.sched_getaffinity(0))

    def run(self, make_worker: Callable[[], Worker[J, R]], jobs: Iterable[J]) -> Generator[tuple[J, R], None, None]:
        """See `Engine`."""
        worker = make_worker()
        threads = ThreadPoolExecutor(self._jobs, thread_name_prefix="engine")
        pending: dict[Future[R], J] = {}
        try:
            for job in jobs:
                pending[threads.submit(worker.do, job)] = job
                if len(pending) >= AHEAD * self._jobs:
                    yield from _done(pending)
            while pending:
                yield from _done(pending)
        finally:
            for future in pending:
                future.cancel()
            worker.close()  # first, so that no thread waits for a job to the end
            threads.shutdown()


def _done(pending: dict[Future[R], J]) -> Iterator[tuple[J, R]]:
    """Wait for one job at least, and take out all that are done, in the order in which they were drawn."""
    done = wait(pending, return_when=FIRST_COMPLETED).done
    for future in [future for future in pending if future in done]:
        yield pending.pop(future), future.result()
