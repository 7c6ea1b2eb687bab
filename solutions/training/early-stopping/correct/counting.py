"""Counts the values since the last improvement, and copies the state into a dict of clones."""

import math

import torch


class EarlyStop:
    """Says when training should stop, and brings the best weights back."""

    def __init__(self, patience, min_delta=0.0, mode="min", restore=True):
        """Begin without any value."""
        if patience < 1:
            raise ValueError("patience must be at least 1")
        if not (math.isfinite(min_delta) and min_delta >= 0):
            raise ValueError("min_delta must be finite and at least 0")
        if mode not in ("min", "max"):
            raise ValueError("mode must be 'min' or 'max'")
        self.patience = patience
        self.min_delta = min_delta
        self.mode = mode
        self.restore = restore
        self.best = None
        self.best_step = None
        self._calls = 0
        self._without = 0  # values since the last improvement
        self._saved = None

    def _improves(self, value):
        if math.isnan(value):
            return False
        if self.best is None:
            return True
        gain = self.best - value if self.mode == "min" else value - self.best
        return gain > self.min_delta  # False for infinity minus infinity

    def step(self, value, model):
        """Take the value of one validation; return whether training should stop."""
        value = float(value)
        if self._improves(value):
            self.best = value
            self.best_step = self._calls
            self._without = 0
            if self.restore:
                self._saved = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        else:
            self._without += 1
        self._calls += 1
        return self._without >= self.patience

    def restore_best(self, model):
        """Write the best weights into the model."""
        if self._saved is None:
            raise RuntimeError("nothing has been saved")
        with torch.no_grad():
            for name, tensor in model.state_dict().items():
                tensor.copy_(self._saved[name])
