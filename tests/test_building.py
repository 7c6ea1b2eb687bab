"""Validators are built at first use, by whichever thread comes first, while others may fork."""

from __future__ import annotations

import os
import signal
import threading

from grader.question import Frozen

FORKS, SECONDS = 20, 10


class Built(Frozen):
    """A model that one thread builds again and again."""

    values: dict[str, tuple[int, ...]]


class Own(Frozen):
    """A model that nobody has built before the fork."""

    value: int


def test_a_fork_can_build_a_model() -> None:
    """A process forked while another thread builds validators is not left waiting for it."""
    ended = threading.Event()

    def build() -> None:
        while not ended.is_set():
            Built.model_rebuild(force=True)

    builder = threading.Thread(target=build)
    builder.start()
    try:
        codes = [_built_in_a_fork() for _ in range(FORKS)]
    finally:
        ended.set()
        builder.join()

    assert codes == [0] * FORKS


def _built_in_a_fork() -> int:
    """Return how a fork ended that builds a model: 0, or less where it was ended for waiting."""
    pid = os.fork()
    if pid == 0:
        signal.alarm(SECONDS)
        os._exit(0 if Own(value=1).value == 1 else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
