"""Mistake: the saved tensors take the place of the network's"""

import copy
import math


class EarlyStop:
    """Says when training should stop, and brings the best weights back."""

    def __init__(self, patience, min_delta=0.0, mode="min", restore=True):
        if patience < 1:
            raise ValueError("patience must be at least 1")
        if not 0 <= min_delta < math.inf:
            raise ValueError("min_delta must be finite and not negative")
        if mode not in ("min", "max"):
            raise ValueError("mode must be 'min' or 'max'")
        self.best = self.best_step = None
        self._patience = patience
        self._min_delta = min_delta
        self._sign = 1 if mode == "max" else -1
        self._restore = restore
        self._calls = self._waiting = 0
        self._saved = None

    def step(self, value, model):
        """Take the value of one validation; return whether training should stop."""
        if self._improves(value):
            self.best, self.best_step, self._waiting = float(value), self._calls, 0
            if self._restore:
                self._saved = copy.deepcopy(model.state_dict())
        else:
            self._waiting += 1
        self._calls += 1
        return self._waiting >= self._patience

    def _improves(self, value):
        if self.best is None:
            return not math.isnan(value)
        return self._sign * (value - self.best) > self._min_delta

    def restore_best(self, model):
        """Write the best weights into the model."""
        if self._saved is None:
            raise RuntimeError("no weights have been saved")
        model.load_state_dict(copy.deepcopy(self._saved), assign=True)
