"""A stopwatch that keeps the laps of every model; ranks and medians from sorted lists."""

import contextlib
from collections import defaultdict
from collections.abc import Callable

import torch


class Stopwatch:
    """Runs models and keeps their laps."""

    def __init__(self, clock, sync):
        self.clock = clock
        self.sync = sync or (lambda: None)
        self.laps = defaultdict(list)

    def run(self, model, x):
        """Run a model without a look at the clock."""
        with torch.inference_mode():
            model(x)
        self.sync()

    def lap(self, name, model, x):
        """Run a model and keep its time under a name."""
        before = self.clock()
        self.run(model, x)
        after = self.clock()
        self.laps[name] += [after - before]


def middle(values):
    """Return the median."""
    ordered = sorted(values)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return low + (high - low) / 2


def percentile(samples: list[float], percent: int) -> float:
    """Return the nearest-rank percentile."""
    if percent < 1 or percent > 100:
        raise ValueError("percent")
    if len(samples) == 0:
        raise ValueError("samples")
    for count, sample in enumerate(sorted(samples), start=1):
        if 100 * count >= percent * len(samples):
            return sample
    raise AssertionError("the last sample is always enough")


def benchmark(
    fn: Callable, make_input: Callable, warmup: int, repeats: int, clock: Callable, sync: Callable | None = None
) -> dict[str, float]:
    """Time a model."""
    if repeats <= 0:
        raise ValueError("repeats")
    if warmup < 0:
        raise ValueError("warmup")
    watch = Stopwatch(clock, sync)
    for number in range(warmup + repeats):
        x = make_input()
        if number >= warmup:
            watch.lap("fn", fn, x)
        else:
            watch.run(fn, x)
    laps = watch.laps["fn"]
    result = {"median": middle(laps), "p95": percentile(laps, 95), "mean": sum(laps) / repeats}
    result["throughput"] = float("inf")
    with contextlib.suppress(ZeroDivisionError):
        result["throughput"] = 1 / result["mean"]
    return result


def compare(
    a: Callable, b: Callable, make_input: Callable, rounds: int, clock: Callable, sync: Callable | None = None
) -> dict:
    """Time two models that take turns."""
    if rounds <= 0:
        raise ValueError("rounds")
    watch = Stopwatch(clock, sync)
    order = [("a", a), ("b", b)]
    x = make_input()
    for _, model in order:
        watch.run(model, x)
    for _ in range(rounds):
        x = make_input()
        for name, model in order:
            watch.lap(name, model, x)
        order.reverse()
    ratios, wins = [], 0
    for first, second in zip(watch.laps["a"], watch.laps["b"], strict=True):
        ratios.append(first / second)
        wins += int(first > second)
    return {"a": middle(watch.laps["a"]), "b": middle(watch.laps["b"]), "ratio": middle(ratios), "wins": wins}
