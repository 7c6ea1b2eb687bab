"""Group fairness: write the five functions."""

import numpy as np


def rates(
    y: np.ndarray, pred: np.ndarray, group: np.ndarray, w: np.ndarray | None = None
) -> dict[int, dict[str, float | None]]:
    """Return four shares of each group."""


def parity(pred: np.ndarray, group: np.ndarray, w: np.ndarray | None = None) -> float:
    """Return by how much groups differ in positive predictions."""


def equalised_odds(y: np.ndarray, pred: np.ndarray, group: np.ndarray, w: np.ndarray | None = None) -> float:
    """Return by how much groups differ in true or false positives."""


def impact_ratio(pred: np.ndarray, group: np.ndarray, w: np.ndarray | None = None) -> float:
    """Return the smallest share of positive predictions by the largest."""


def reweigh(y: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Return weights that make label and group independent."""
