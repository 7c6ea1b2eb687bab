"""Regression metrics: see the statement for the rules."""

import numpy as np


def metrics(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> dict[str, float]:
    """Return MSE, RMSE, MAE and R2."""


class Running:
    """The same metrics of data that comes in parts."""

    def update(self, y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> None:
        """Take a batch."""

    def merge(self, other: "Running") -> None:
        """Take over what another one has seen."""

    def result(self) -> dict[str, float]:
        """Return the metrics of everything seen."""
