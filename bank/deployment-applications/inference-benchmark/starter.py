"""Honest latency measurement: write the three functions."""

from collections.abc import Callable


def percentile(samples: list[float], percent: int) -> float:
    """Return the nearest-rank percentile."""
    # Write: the refusals, the rank, the sample.
    return 0.0


def benchmark(
    fn: Callable, make_input: Callable, warmup: int, repeats: int, clock: Callable, sync: Callable | None = None
) -> dict[str, float]:
    """Time a model."""
    # Write: the calls in their order, what the samples come to.
    return {}


def compare(
    a: Callable, b: Callable, make_input: Callable, rounds: int, clock: Callable, sync: Callable | None = None
) -> dict:
    """Time two models that take turns."""
    # Write: the calls in their order, what the samples come to.
    return {}
