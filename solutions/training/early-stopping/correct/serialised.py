"""Saves the state as bytes, as a checkpoint on disk would."""

import io
import math

import torch


class EarlyStop:
    """Says when training should stop, and brings the best weights back."""

    def __init__(self, patience, min_delta=0.0, mode="min", restore=True):
        if mode == "min":
            self.better = lambda new, old: old - new > min_delta
        elif mode == "max":
            self.better = lambda new, old: new - old > min_delta
        else:
            raise ValueError(mode)
        if patience <= 0:
            raise ValueError(patience)
        if min_delta < 0 or not math.isfinite(min_delta):
            raise ValueError(min_delta)
        self.best = None
        self.best_step = None
        self.left = self.patience = patience
        self.now = -1
        self.file = io.BytesIO() if restore else None
        self.written = False

    def step(self, value, model):
        """Take the value of one validation; return whether training should stop."""
        self.now += 1
        value = float(value)
        if not math.isnan(value) and (self.best is None or self.better(value, self.best)):
            self.best, self.best_step, self.left = value, self.now, self.patience
            if self.file is not None:
                self.file = io.BytesIO()
                torch.save(model.state_dict(), self.file)
                self.written = True
            return False
        self.left -= 1
        return self.left <= 0

    def restore_best(self, model):
        """Write the best weights into the model."""
        if not self.written:
            raise RuntimeError("no checkpoint")
        self.file.seek(0)
        model.load_state_dict(torch.load(self.file))
