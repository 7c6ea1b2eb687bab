"""The norm summed in float64 array by array; velocities lie in the state under the names of the weights."""

import math

import numpy as np

LOWEST, HIGHEST = 1.0, 2.0**24


class LossScaler:
    """Keeps the factor by which the loss is scaled."""

    def __init__(self, init=65536.0, growth=2.0, backoff=0.5, interval=2000):
        """Begin with a factor."""
        if not LOWEST <= init <= HIGHEST:
            raise ValueError("init must lie between 1 and 2**24")
        if not (math.isfinite(growth) and growth > 1):
            raise ValueError("growth must be a finite number above 1")
        if not 0 < backoff < 1:
            raise ValueError("backoff must lie between 0 and 1")
        if not interval >= 1:
            raise ValueError("interval must be at least 1")
        self.factor = float(init)
        self._growth = float(growth)
        self._backoff = float(backoff)
        self._interval = interval
        self._in_a_row = 0

    def scale(self, loss):
        """Return the loss times the factor."""
        if isinstance(loss, np.ndarray):
            return loss * np.float32(self.factor)
        return loss * self.factor

    def unscale_and_check(self, grads):
        """Return the gradients without the factor, and whether all are finite."""
        factor = np.float32(self.factor)
        unscaled = {name: grad.astype(np.float32) / factor for name, grad in grads.items()}
        return unscaled, all(bool(np.isfinite(grad).all()) for grad in unscaled.values())

    def update(self, finite):
        """Move the factor after a step."""
        if not finite:
            self.factor = max(LOWEST, self.factor * self._backoff)
            self._in_a_row = 0
            return
        self._in_a_row += 1
        if self._in_a_row >= self._interval:
            self.factor = min(HIGHEST, self.factor * self._growth)
            self._in_a_row = 0


def amp_step(master32, grad16, state, lr, scaler, clip=None, momentum=0.0):
    """Make one step on the master weights; return the weights for the next pass, and whether there was a step."""
    if set(master32) != set(grad16):
        raise ValueError("weights and gradients must have the same names")
    for name, weight in master32.items():
        if grad16[name].shape != weight.shape:
            raise ValueError(f"the gradient of {name!r} has another shape than the weight")

    grads, finite = scaler.unscale_and_check(grad16)
    if finite:
        if clip is not None:
            norm = math.sqrt(sum(float(np.square(grad, dtype=np.float64).sum()) for grad in grads.values()))
            if norm > clip:
                grads = {name: grad * np.float32(clip / norm) for name, grad in grads.items()}
        for name, weight in master32.items():
            velocity = grads[name]
            if name in state:
                velocity = np.float32(momentum) * state[name] + velocity
            state[name] = velocity
            weight -= np.float32(lr) * velocity
    scaler.update(finite)
    with np.errstate(over="ignore"):
        return {name: weight.astype(np.float16) for name, weight in master32.items()}, finite
