"""A logistic function of -|z|; the errors of the window as a deque and their count."""

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np


def _logistic(z):
    with np.errstate(under="ignore"):
        small = np.exp(-np.abs(z))
        return np.where(z >= 0, 1.0, small) / (1.0 + small)


class OnlineLogReg:
    """Logistic regression that learns from each sample once."""

    def __init__(self, d: int, lr: float, l2: float = 0.0):
        """Begin with weights and bias of 0."""
        if not (d >= 1 and lr > 0 and l2 >= 0):
            raise ValueError("d must be at least 1, lr above 0, l2 not negative")
        self._lr = lr
        self._l2 = l2
        self._weights = np.zeros(d)
        self._bias = 0.0

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """Return the probabilities of class 1."""
        self._check(x)
        return _logistic(x @ self._weights + self._bias)

    def _check(self, x):
        if x.ndim != 2 or x.shape[1] != len(self._weights):
            raise ValueError("x must have the shape (N, d)")

    def partial_fit(self, x: np.ndarray, y: np.ndarray) -> None:
        """Learn from the rows, one after the other."""
        self._check(x)
        if y.shape != (len(x),):
            raise ValueError("y must have one class for each row")
        if not np.isin(y, (0, 1)).all():
            raise ValueError("classes must be 0 or 1")
        for row, truth in zip(x, y, strict=True):
            error = float(_logistic(row @ self._weights + self._bias)) - int(truth)
            self._weights = self._weights - self._lr * (error * row + self._l2 * self._weights)
            self._bias -= self._lr * error

    def state(self) -> dict[str, np.ndarray]:
        """Return copies of weights and bias."""
        return {"weights": self._weights.copy(), "bias": np.array(self._bias, dtype=np.float64)}

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Go on from a state."""
        self._weights = np.array(state["weights"], dtype=np.float64)
        self._bias = float(state["bias"])


def prequential(model: OnlineLogReg, stream: Iterable[tuple[np.ndarray, int]], window: int) -> Iterator[float]:
    """Yield the error rate after each item."""
    if window < 1:
        raise ValueError("window must be at least 1")
    latest = deque()
    wrong = 0
    for row, y in stream:
        x = np.asarray(row).reshape(1, -1)
        predicted = int(model.predict_proba(x)[0] >= 0.5)
        model.partial_fit(x, np.array([y], dtype=np.int64))
        latest.append(predicted != y)
        wrong += latest[-1]
        if len(latest) > window:
            wrong -= latest.popleft()
        yield float(wrong / len(latest))
