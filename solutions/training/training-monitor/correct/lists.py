"""Keeps all values in lists and sums them when asked; the plateau is read from the history."""

import json
from math import cos, fsum, inf, isfinite, pi


class MetricLog:
    def __init__(self, sink, clock, beta=0.9):
        if not (beta >= 0 and beta < 1):
            raise ValueError("beta")
        self.sink, self.clock, self.beta = sink, clock, beta
        self.t0 = clock()
        self.values, self.current, self.bad, self.n_epochs = {}, {}, [], 0

    def add(self, name, value, n=1):
        if n <= 0:
            raise ValueError("n")
        batch = self.current.setdefault(name, [])
        if not isfinite(value):
            if name not in self.bad:
                self.bad.append(name)
                self.emit(alert=name)
            return
        batch.append((value, n))
        self.values.setdefault(name, []).append(value)

    def smoothed(self, name):
        if name not in self.values:
            return None
        ages = list(enumerate(reversed(self.values[name])))
        return fsum(self.beta**age * value for age, value in ages) / fsum(self.beta**age for age, _ in ages)

    def epoch(self):
        result = {}
        for name, batch in self.current.items():
            result[name] = None
            if batch:
                count = sum(n for _, n in batch)
                result[name] = fsum(value * (n / count) for value, n in batch)
        self.emit(metrics=result)
        self.current = {}
        self.n_epochs += 1
        return result

    def emit(self, **fields):
        fields["epoch"] = self.n_epochs
        fields["time"] = self.clock() - self.t0
        text = json.dumps(fields, ensure_ascii=False, sort_keys=True, allow_nan=False)
        self.sink.write(f"{text}\n")


class Plateau:
    def __init__(self, lr, factor=0.1, patience=10, threshold=0.0, cooldown=0, floor=0.0):
        if factor <= 0 or factor >= 1:
            raise ValueError("factor")
        if min(patience, cooldown) < 0:
            raise ValueError("patience and cooldown")
        self.lr, self.factor, self.patience = lr, factor, patience
        self.threshold, self.cooldown, self.floor = threshold, cooldown, floor
        self.best, self.now, self.last, self.asleep = inf, 0, 0, 0

    def step(self, value):
        self.now += 1
        better = value < self.best - self.threshold
        if better:
            self.best = value
        if better or self.now <= self.asleep:
            self.last = self.now
        elif self.now - self.last > self.patience:
            self.last, self.asleep = self.now, self.now + self.cooldown
            lowered = self.lr * self.factor
            self.lr = max(self.floor, lowered)
        return self.lr


def warmup_cosine(step, warmup, total, peak, floor=0.0):
    if step < 0 or warmup < 0 or total <= warmup or floor < 0 or floor > peak:
        raise ValueError("no such schedule")
    if step >= total:
        return float(floor)
    if step < warmup:
        return step / warmup * peak
    half = (1 + cos(pi * (step - warmup) / (total - warmup))) / 2
    return half * peak + (1 - half) * floor
