"""What a fork costs that does nothing, with torch imported: with memory in small pages, and in huge ones.

    python -m benchmarks.forks

prints milliseconds of CPU time for a fork, its end and its burial.
"""

from __future__ import annotations

import gc
import os
import resource
import statistics

from grader.sandbox.hugepages import HugePages

FORKS, ROUNDS, SLICES = 20, 9, 200


def cost() -> float:
    """Return the CPU seconds of one fork, the median of some rounds."""
    return statistics.median(_round() / FORKS for _ in range(ROUNDS))


def _round() -> float:
    before = _spent()
    for _ in range(FORKS):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
    return _spent() - before


def _spent() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def main() -> None:
    """Measure and print."""
    import torch
    import torch._dynamo  # what every optimizer brings along

    gc.collect()
    gc.freeze()
    small, pages = cost(), HugePages()
    for _ in range(SLICES):
        pages.gather()
    huge = cost()
    print(f"small pages {small * 1e3:.1f} ms, huge pages {huge * 1e3:.1f} ms, torch {torch.__version__}")  # noqa: T201  what it is for


if __name__ == "__main__":
    main()
