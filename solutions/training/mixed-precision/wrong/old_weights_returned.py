"""Mistake: the copies are those before the step"""

import math

import numpy as np

LOWEST, HIGHEST = 1.0, 2.0**24


class LossScaler:
    """Keeps the factor by which the loss is scaled."""

    def __init__(self, init=65536.0, growth=2.0, backoff=0.5, interval=2000):
        if not LOWEST <= init <= HIGHEST:
            raise ValueError("init must be from 1 to 2**24")
        if not 1 < growth < math.inf or not 0 < backoff < 1 or interval < 1:
            raise ValueError("growth must be above 1, backoff between 0 and 1, interval at least 1")
        self.factor = float(init)
        self._growth, self._backoff, self._interval = growth, backoff, interval
        self._good = 0

    def scale(self, loss):
        """Return the loss times the factor."""
        return loss * self.factor

    def unscale_and_check(self, grads):
        """Return the gradients without the factor, and whether all are finite."""
        unscaled = {name: g.astype(np.float32) / np.float32(self.factor) for name, g in grads.items()}
        return unscaled, all(bool(np.isfinite(g).all()) for g in unscaled.values())

    def update(self, finite):
        """Move the factor after a step."""
        self._good = self._good + 1 if finite else 0
        if not finite:
            self.factor = max(self.factor * self._backoff, LOWEST)
        elif self._good == self._interval:
            self.factor = min(self.factor * self._growth, HIGHEST)
            self._good = 0


def amp_step(master32, grad16, state, lr, scaler, clip=None, momentum=0.0):
    """Make one step on the master weights; return the weights for the next pass, and whether there was a step."""
    if grad16.keys() != master32.keys() or any(g.shape != master32[name].shape for name, g in grad16.items()):
        raise ValueError("gradients must have the names and shapes of the weights")
    grads, finite = scaler.unscale_and_check(grad16)
    weights = {name: w.astype(np.float16) for name, w in master32.items()}
    if finite:
        norm = math.sqrt(sum(float(np.square(g).sum()) for g in grads.values()))
        share = clip / norm if clip is not None and norm > clip else 1.0
        for name, g in grads.items():
            state[name] = momentum * state.get(name, 0.0) + share * g
            master32[name] -= lr * state[name]
    scaler.update(finite)
    return weights, finite
