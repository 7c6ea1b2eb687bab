"""The scaler counts down; gradients are gathered in one long vector, in float64."""

import numpy as np


class LossScaler:
    """Keeps the factor by which the loss is scaled."""

    def __init__(self, init=65536.0, growth=2.0, backoff=0.5, interval=2000):
        demands = [
            init >= 1,
            init <= 16777216,
            growth > 1,
            np.isfinite(growth),
            backoff > 0,
            backoff < 1,
            interval >= 1,
        ]
        if not all(demands):
            raise ValueError("these numbers make no scaler")
        self.factor = init * 1.0
        self.moves = {True: growth, False: backoff}
        self.interval = self.left = interval

    def scale(self, loss):
        """Return the loss times the factor."""
        if isinstance(loss, np.ndarray):
            return np.multiply(loss, self.factor, dtype=loss.dtype)
        return self.factor * loss

    def unscale_and_check(self, grads):
        """Return the gradients without the factor, and whether all are finite."""
        result, sound = {}, True
        for name in grads:
            wide = np.asarray(grads[name], dtype=np.float64) / self.factor
            result[name] = np.asarray(wide, dtype=np.float32)
            sound = sound and not np.isnan(wide).any() and not np.isinf(wide).any()
        return result, bool(sound)

    def update(self, finite):
        """Move the factor after a step."""
        self.left -= 1
        if finite and self.left > 0:
            return
        self.factor = min(max(self.factor * self.moves[bool(finite)], 1.0), 16777216.0)
        self.left = self.interval


def amp_step(master32, grad16, state, lr, scaler, clip=None, momentum=0.0):
    """Make one step on the master weights; return the weights for the next pass, and whether there was a step."""
    if set(grad16) != set(master32):
        raise ValueError("names")
    for name in master32:
        if np.shape(grad16[name]) != np.shape(master32[name]):
            raise ValueError(name)
    unscaled, sound = scaler.unscale_and_check(grad16)
    if sound:
        pieces = [unscaled[name].ravel().astype(np.float64) for name in master32]
        whole = np.concatenate([np.zeros(0), *pieces])
        length = np.linalg.norm(whole)
        if clip is not None and length > clip:
            whole *= clip / length
        velocity = state.get("v")
        state["v"] = whole if velocity is None else momentum * velocity + whole
        start = 0
        for w in master32.values():
            w[...] = w - (lr * state["v"][start : start + w.size]).reshape(w.shape).astype(np.float32)
            start += w.size
    scaler.update(sound)
    return {name: np.array(w, dtype=np.float16) for name, w in master32.items()}, sound
