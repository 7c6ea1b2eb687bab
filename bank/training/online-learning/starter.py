"""Online learning: see the statement for the rules."""

from collections.abc import Iterable, Iterator

import numpy as np


class OnlineLogReg:
    """Logistic regression that learns from each sample once."""

    def __init__(self, d: int, lr: float, l2: float = 0.0):
        """Begin with weights and bias of 0."""

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """Return the probabilities of class 1."""

    def partial_fit(self, x: np.ndarray, y: np.ndarray) -> None:
        """Learn from the rows, one after the other."""

    def state(self) -> dict[str, np.ndarray]:
        """Return copies of weights and bias."""

    def load(self, state: dict[str, np.ndarray]) -> None:
        """Go on from a state."""


def prequential(model: OnlineLogReg, stream: Iterable[tuple[np.ndarray, int]], window: int) -> Iterator[float]:
    """Yield the error rate after each item."""
    # Write: ask, teach, yield.
    yield from ()
