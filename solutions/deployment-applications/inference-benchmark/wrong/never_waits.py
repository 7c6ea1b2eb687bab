"""Mistake: the device is not waited for."""

import math
import statistics

import torch


def percentile(samples, percent):
    """Return the nearest-rank percentile."""
    if not samples or percent not in range(1, 101):
        raise ValueError("no samples, or no such percentile")
    # the rank is rounded up, in whole numbers: 0.55 * 100 is more than 55
    return sorted(samples)[(percent * len(samples) + 99) // 100 - 1]


@torch.no_grad()
def benchmark(fn, make_input, warmup, repeats, clock, sync=None):
    """Time a model."""
    if warmup < 0 or repeats < 1:
        raise ValueError("warmup must not be negative, repeats must be positive")
    for _ in range(warmup):
        _run(fn, make_input(), sync)
    samples = [_timed(fn, make_input(), clock, sync) for _ in range(repeats)]
    total = math.fsum(samples)
    return {
        "median": statistics.median(samples),
        "p95": percentile(samples, 95),
        "mean": total / repeats,
        "throughput": repeats / total if total else math.inf,
    }


@torch.no_grad()
def compare(a, b, make_input, rounds, clock, sync=None):
    """Time two models that take turns."""
    if rounds < 1:
        raise ValueError("rounds must be positive")
    x = make_input()
    _run(a, x, sync)
    _run(b, x, sync)
    pairs = []
    for number in range(rounds):
        x = make_input()
        turns = [a, b] if number % 2 == 0 else [b, a]
        pair = [_timed(model, x, clock, sync) for model in turns]
        pairs.append(pair if number % 2 == 0 else pair[::-1])
    return {
        "a": statistics.median(first for first, _ in pairs),
        "b": statistics.median(second for _, second in pairs),
        "ratio": statistics.median(first / second for first, second in pairs),
        "wins": sum(second < first for first, second in pairs),
    }


def _run(model, x, sync):
    """Run a model until all its work is done."""
    model(x)
    del sync


def _timed(model, x, clock, sync):
    """Return how long a model runs."""
    start = clock()
    _run(model, x, sync)
    return clock() - start
