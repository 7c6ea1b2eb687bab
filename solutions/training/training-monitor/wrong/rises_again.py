"""Mistake: the wave goes on after its end."""

import json
import math


class MetricLog:
    """Averages metrics by epoch and writes them down."""

    def __init__(self, sink, clock, beta=0.9):
        if not 0 <= beta < 1:
            raise ValueError("beta must be at least 0 and below 1")
        self._sink, self._clock, self._beta = sink, clock, beta
        self._begun = clock()
        self._number = 0
        self._sums = {}
        self._averages = {}
        self._alarmed = set()

    def add(self, name, value, n=1):
        """Take the mean of a metric over n samples."""
        if n < 1:
            raise ValueError("a mean needs samples")
        total, count = self._sums.setdefault(name, (0.0, 0))
        if math.isfinite(value):
            self._sums[name] = total + value * n, count + n
            average, steps = self._averages.get(name, (0.0, 0))
            self._averages[name] = self._beta * average + (1 - self._beta) * value, steps + 1
        elif name not in self._alarmed:
            self._alarmed.add(name)
            self._write({"alert": name})

    def smoothed(self, name):
        """Return the moving average of a metric."""
        if name not in self._averages:
            return None
        average, steps = self._averages[name]
        return average / (1 - self._beta**steps)

    def epoch(self):
        """End an epoch; write and return its means."""
        means = {name: total / count if count else None for name, (total, count) in self._sums.items()}
        self._write({"metrics": means})
        self._number += 1
        self._sums = {}
        return means

    def _write(self, line):
        line |= {"epoch": self._number, "time": self._clock() - self._begun}
        self._sink.write(json.dumps(line) + "\n")


class Plateau:
    """Lowers the learning rate when a loss no longer falls."""

    def __init__(self, lr, factor=0.1, patience=10, threshold=0.0, cooldown=0, floor=0.0):
        if not 0 < factor < 1 or patience < 0 or cooldown < 0:
            raise ValueError("the rate would not fall, or fall before the first epoch")
        self._lr, self._factor, self._floor = lr, factor, floor
        self._patience, self._threshold, self._cooldown = patience, threshold, cooldown
        self._best = math.inf
        self._bad = self._rest = 0

    def step(self, value):
        """Take the loss of an epoch; return the learning rate."""
        if value < self._best - self._threshold:
            self._best, self._bad = value, 0
        else:
            self._bad += 1
        if self._rest:
            self._rest, self._bad = self._rest - 1, 0
        if self._bad > self._patience:
            self._lr = max(self._lr * self._factor, self._floor)
            self._rest, self._bad = self._cooldown, 0
        return self._lr


def warmup_cosine(step, warmup, total, peak, floor=0.0):
    """Return the learning rate of a step."""
    if step < 0 or not 0 <= warmup < total or not 0 <= floor <= peak:
        raise ValueError("no such schedule")
    if step < warmup:
        return peak * step / warmup
    share = (step - warmup) / (total - warmup)
    return floor + (peak - floor) * (1 + math.cos(math.pi * share)) / 2
