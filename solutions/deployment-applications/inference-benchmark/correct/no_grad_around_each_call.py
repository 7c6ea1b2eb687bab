"""A context without gradients around each call; the rank by whole numbers."""

import math
from collections.abc import Callable
from statistics import median

import torch


def percentile(samples: list[float], percent: int) -> float:
    """Return the nearest-rank percentile."""
    if not samples:
        raise ValueError("there are no samples")
    if percent not in range(1, 101):
        raise ValueError("percent must be one of 1, 2, ..., 100")
    rank = -(-len(samples) * percent // 100)
    return sorted(samples)[rank - 1]


def _run(model, x, sync):
    with torch.no_grad():
        model(x)
    if sync is not None:
        sync()


def _time(model, x, clock, sync):
    # Gradients are switched outside of what is timed.
    with torch.no_grad():
        begin = clock()
        model(x)
        if sync is not None:
            sync()
        return clock() - begin


def benchmark(
    fn: Callable, make_input: Callable, warmup: int, repeats: int, clock: Callable, sync: Callable | None = None
) -> dict[str, float]:
    """Time a model."""
    if warmup < 0 or repeats < 1:
        raise ValueError("warmup must be at least 0, repeats at least 1")
    for _ in range(warmup):
        _run(fn, make_input(), sync)
    samples = [_time(fn, make_input(), clock, sync) for _ in range(repeats)]
    total = math.fsum(samples)
    return {
        "median": float(median(samples)),
        "p95": float(percentile(samples, 95)),
        "mean": total / repeats,
        "throughput": repeats / total if total else math.inf,
    }


def compare(
    a: Callable, b: Callable, make_input: Callable, rounds: int, clock: Callable, sync: Callable | None = None
) -> dict:
    """Time two models that take turns."""
    if rounds < 1:
        raise ValueError("rounds must be at least 1")
    x = make_input()
    _run(a, x, sync)
    _run(b, x, sync)
    times_a, times_b = [], []
    for number in range(rounds):
        x = make_input()
        turns = [(a, times_a), (b, times_b)]
        for model, times in turns if number % 2 == 0 else reversed(turns):
            times.append(_time(model, x, clock, sync))
    return {
        "a": float(median(times_a)),
        "b": float(median(times_b)),
        "ratio": float(median(s / t for s, t in zip(times_a, times_b))),
        "wins": sum(t < s for s, t in zip(times_a, times_b)),
    }
