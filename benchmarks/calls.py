"""One call across the boundary: a scalar, and a tensor of 4 MiB there and back, beside a copy of it."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

from grader.exam.candidate import Candidate, Source
from grader.exam.solution import Solution
from grader.question import Limits
from grader.sandbox.host import Template, Wants
from grader.submission import Unit

if TYPE_CHECKING:
    from collections.abc import Callable

IDENTITY = "def identity(x):\n    return x\n\n\ndef size(x):\n    return x.numel()\n"


def measure() -> dict[str, float]:
    """Return microseconds: a scalar call, a 4 MiB tensor one way and both ways, and a memcpy of 4 MiB."""
    import torch

    torch.set_num_threads(1)
    template = Template(Wants(packages=("torch",)))
    candidate = Candidate(
        template, Source((Unit("solution.py", IDENTITY),), (), ("identity", "size")), Limits(wall=300.0, cpu=300.0)
    )
    solution = Solution(candidate)
    tensor = torch.randn(2**20)
    target = torch.empty_like(tensor)
    try:
        candidate.begin(0)
        # one round of each in turn, so that a slow moment of the machine hits all alike
        rounds = [
            (
                timed(lambda: solution.identity(1), 200),
                timed(lambda: solution.size(tensor), 10),
                timed(lambda: solution.identity(tensor), 10),
                timed(lambda: target.copy_(tensor), 10),
            )
            for _ in range(15)
        ]
    finally:
        candidate.close()
        template.close()
    scalar, there, both, copy = (statistics.median(column) for column in zip(*rounds, strict=True))
    return {"scalar": scalar, "tensor there": there, "tensor there and back": both, "memcpy": copy}


def timed(call: Callable[[], object], times: int) -> float:
    """Return microseconds of one call, of so many in a row after one that is not counted."""
    call()
    started = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - started) / times * 1e6
