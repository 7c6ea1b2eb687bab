"""Sums as fractions, moving averages beside the same average of ones, and the cosine as a square of sines."""

import json
import math
from fractions import Fraction


class MetricLog:
    """Averages metrics by epoch and writes them down."""

    def __init__(self, sink, clock, beta=0.9):
        """Begin with epoch 0."""
        if not 0 <= beta < 1:
            raise ValueError("beta must be at least 0 and less than 1")
        self._sink = sink
        self._clock = clock
        self._beta = beta
        self._begin = clock()
        self._number = 0
        self._sums = {}  # of this epoch: name -> exact sum over samples, number of samples
        self._averages = {}  # name -> moving average from 0, and the same average of ones
        self._alerted = set()

    def _seconds(self):
        return self._clock() - self._begin

    def _write(self, line):
        self._sink.write(json.dumps(line, allow_nan=False) + "\n")

    def add(self, name, value, n=1):
        """Take the mean of a metric over n samples."""
        if n < 1:
            raise ValueError("n must be at least 1")
        total, count = self._sums.setdefault(name, (Fraction(0), 0))
        if not math.isfinite(value):
            if name not in self._alerted:
                self._alerted.add(name)
                self._write({"alert": name, "epoch": self._number, "time": self._seconds()})
            return
        # Exact, so that neither order nor size of the values matters.
        self._sums[name] = total + Fraction(value) * n, count + n
        average, ones = self._averages.get(name, (0.0, 0.0))
        keep, new = self._beta, 1 - self._beta
        self._averages[name] = keep * average + new * value, keep * ones + new

    def smoothed(self, name):
        """Return the moving average of a metric."""
        if name not in self._averages:
            return None
        average, ones = self._averages[name]
        return float(average / ones)

    def epoch(self):
        """End an epoch; write and return its means."""
        means = {name: float(total / count) if count else None for name, (total, count) in self._sums.items()}
        self._write({"epoch": self._number, "time": self._seconds(), "metrics": means})
        self._number += 1
        self._sums = {}
        return means


class Plateau:
    """Lowers the learning rate when a loss no longer falls."""

    def __init__(self, lr, factor=0.1, patience=10, threshold=0.0, cooldown=0, floor=0.0):
        """Begin without any loss."""
        if not (0 < factor < 1 and patience >= 0 and cooldown >= 0):
            raise ValueError("factor must be between 0 and 1, patience and cooldown not negative")
        self.lr = lr
        self._factor = factor
        self._patience = patience
        self._threshold = threshold
        self._cooldown = cooldown
        self._floor = floor
        self._best = math.inf
        self._bad = 0
        self._resting = 0  # epochs of the cooldown that are left

    def step(self, value):
        """Take the loss of an epoch; return the learning rate."""
        if value < self._best - self._threshold:
            self._best = value
            self._bad = 0
        else:
            self._bad += 1
        if self._resting > 0:
            self._resting -= 1
            self._bad = 0
        if self._bad > self._patience:
            self.lr = max(self.lr * self._factor, self._floor)
            self._bad = 0
            self._resting = self._cooldown
        return self.lr


def warmup_cosine(step, warmup, total, peak, floor=0.0):
    """Return the learning rate of a step."""
    if not (step >= 0 and 0 <= warmup < total and 0 <= floor <= peak):
        raise ValueError("step >= 0, 0 <= warmup < total and 0 <= floor <= peak are needed")
    if step < warmup:
        return float(peak * step / warmup)
    if step >= total:
        return float(floor)
    # (1 + cos(pi * done)) / 2, written so that it keeps its digits near the end.
    left = (total - step) / (total - warmup)
    return float(floor + (peak - floor) * math.sin(math.pi / 2 * left) ** 2)
