"""Watching inputs drift: write both functions and the class."""

import numpy as np


def psi(ref: np.ndarray, cur: np.ndarray, bins: int) -> float:
    """Return the population stability index."""
    # Write: the refusals, the cut points, the shares, the sum.


def ks(ref: np.ndarray, cur: np.ndarray) -> tuple[float, float]:
    """Return the largest distance of the distribution functions, and its p-value."""
    # Write: the refusals, the distance, the p-value.


class Alert:
    """An alarm that does not flap."""

    def __init__(self, high: float, low: float, hold: int) -> None:
        """Keep the settings."""
        # Write: the refusals, the settings, what must be remembered.

    def update(self, value: float) -> bool:
        """Take a value, and tell whether the alarm is on."""
        # Write: the refusal, the counting, the switching.
