"""The scaler keeps the latest outcomes; velocities are float32 arrays written in place."""

from collections import deque

import numpy as np


class LossScaler:
    """Keeps the factor by which the loss is scaled."""

    def __init__(self, init=65536.0, growth=2.0, backoff=0.5, interval=2000):
        if not (1.0 <= init <= 2**24 and 0.0 < backoff < 1.0 < growth < float("inf")):
            raise ValueError("factors")
        if not interval > 0:
            raise ValueError("interval")
        self.init, self.growth, self.backoff = init, growth, backoff
        self.latest = deque(maxlen=interval)
        self._factor = float(init)

    @property
    def factor(self):
        return self._factor

    def _move(self, times):
        self._factor = float(np.clip(self._factor * times, 1.0, 2.0**24))
        self.latest.clear()

    def scale(self, loss):
        """Return the loss times the factor."""
        return loss * (self._factor if isinstance(loss, float) else np.float32(self._factor))

    def unscale_and_check(self, grads):
        """Return the gradients without the factor, and whether all are finite."""
        one_over = np.float32(1.0 / self._factor)
        unscaled = {name: np.multiply(grad, one_over, dtype=np.float32) for name, grad in grads.items()}
        return unscaled, not any((~np.isfinite(grad)).any() for grad in grads.values())

    def update(self, finite):
        """Move the factor after a step."""
        if not finite:
            self._move(self.backoff)
            return
        self.latest.append(True)
        if len(self.latest) == self.latest.maxlen:
            self._move(self.growth)


def amp_step(master32, grad16, state, lr, scaler, clip=None, momentum=0.0):
    """Make one step on the master weights; return the weights for the next pass, and whether there was a step."""
    if sorted(grad16) != sorted(master32):
        raise ValueError("names differ")
    if [grad16[n].shape for n in master32] != [master32[n].shape for n in master32]:
        raise ValueError("shapes differ")
    grads, fine = scaler.unscale_and_check(grad16)
    scaler.update(fine)
    if fine:
        limit = 1.0
        if clip is not None:
            length = sum(np.vdot(g, g) for g in grads.values()) ** 0.5
            limit = min(1.0, clip / length) if length > 0 else 1.0
        for name, w in master32.items():
            v = state.setdefault(name, np.zeros(w.shape, np.float32))
            np.multiply(v, np.float32(momentum), out=v)
            np.add(v, np.float32(limit) * grads[name], out=v)
            np.subtract(w, np.float32(lr) * v, out=w)
    return {name: master32[name].astype("float16") for name in master32}, fine
