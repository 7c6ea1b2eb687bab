"""Where jobs run: each is done once, few are drawn ahead, and whoever stops early leaves nothing running."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from waiting import eventually

from grader.engine import AHEAD, LocalEngine

if TYPE_CHECKING:
    from collections.abc import Iterator


class Doubler:
    """A worker that doubles numbers, and says what was asked of it."""

    def __init__(self) -> None:
        self.closed = 0
        self.done: list[int] = []

    def do(self, job: int) -> int:
        if job < 0:
            raise ValueError(job)
        self.done.append(job)
        return 2 * job

    def close(self) -> None:
        self.closed += 1


class Patient(Doubler):
    """A worker whose first job takes until it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self.ended = threading.Event()

    def do(self, job: int) -> int:
        if job == 0:
            self.begun.set()
            assert self.ended.wait(30)
        return super().do(job)

    def close(self) -> None:
        super().close()
        self.ended.set()


@pytest.mark.parametrize("jobs", [1, 3, None])
def test_every_job_is_done_once(jobs: int | None) -> None:
    """Each job comes back with its own result; then the worker is closed."""
    worker = Doubler()
    assert sorted(LocalEngine(jobs).run(lambda: worker, range(50))) == [(job, 2 * job) for job in range(50)]
    assert sorted(worker.done) == list(range(50))
    assert worker.closed == 1


def test_no_jobs_are_no_fault() -> None:
    """Nothing to do is done at once."""
    worker = Doubler()
    assert list(LocalEngine(2).run(lambda: worker, [])) == []
    assert worker.closed == 1


def test_few_jobs_are_drawn_ahead() -> None:
    """A job is drawn when its turn is near: thousands need not be in memory."""
    drawn: list[int] = []

    def jobs() -> Iterator[int]:
        for job in range(1000):
            drawn.append(job)
            yield job

    with closing(LocalEngine(2).run(Doubler, jobs())) as results:
        for count, _ in enumerate(results, start=1):
            assert len(drawn) <= count + 2 * AHEAD
            if count == 100:
                break


def test_a_result_does_not_wait_for_a_slow_job() -> None:
    """Results come in the order in which they are done."""
    worker = Patient()
    with closing(LocalEngine(2).run(lambda: worker, range(4))) as results:
        assert [job for job, _ in (next(results), next(results), next(results))] == [1, 2, 3]
        worker.ended.set()
        assert list(results) == [(0, 0)]


def test_stopping_early_ends_what_runs() -> None:
    """The worker is closed before its threads are awaited; what was not begun is never begun."""
    worker = Patient()
    before = threading.active_count()
    results = LocalEngine(2).run(lambda: worker, range(1000))
    next(results)
    results.close()
    assert worker.closed == 1
    assert len(worker.done) <= 2 * AHEAD
    assert eventually(lambda: threading.active_count() == before)


def test_a_fault_of_a_worker_ends_the_run() -> None:
    """What a worker raises is raised where results are awaited, and the worker is closed."""
    worker = Doubler()
    with pytest.raises(ValueError, match="-1"):
        list(LocalEngine(2).run(lambda: worker, [1, -1, *range(100)]))
    assert worker.closed == 1
    assert len(worker.done) < 100
