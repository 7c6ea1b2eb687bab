"""Mistake: the new weights decay, not the old."""

from collections import deque

import numpy as np


class OnlineLogReg:
    """Logistic regression that learns from each sample once."""

    def __init__(self, d, lr, l2=0.0):
        if d < 1 or lr <= 0 or l2 < 0:
            raise ValueError("need a feature, a positive rate and no negative l2")
        self._lr, self._l2 = lr, l2
        self._weights, self._bias = np.zeros(d), 0.0

    def predict_proba(self, x):
        """Return the probabilities of class 1."""
        # unlike an exponential, tanh does not overflow
        return (1 + np.tanh((x @ self._weights + self._bias) / 2)) / 2

    def partial_fit(self, x, y):
        """Learn from the rows, one after the other."""
        if x.shape != (*y.shape, len(self._weights)) or y.ndim != 1:
            raise ValueError("rows, classes and features do not fit")
        if not np.isin(y, [0, 1]).all():
            raise ValueError("a class is neither 0 nor 1")
        for row, label in zip(x, y):
            error = self.predict_proba(row) - label
            self._weights = (self._weights - self._lr * error * row) * (1 - self._lr * self._l2)
            self._bias -= self._lr * error

    def state(self):
        """Return copies of weights and bias."""
        return {"weights": self._weights.copy(), "bias": np.array(self._bias)}

    def load(self, state):
        """Go on from a state."""
        self._weights, self._bias = state["weights"].copy(), float(state["bias"])


def prequential(model, stream, window):
    """Yield the error rate after each item."""
    if window < 1:
        raise ValueError("need a window")
    wrong = deque(maxlen=window)
    for row, label in stream:
        x = row[None]
        wrong.append((model.predict_proba(x)[0] >= 0.5) != label)
        model.partial_fit(x, np.array([label]))
        yield float(np.mean(wrong))
