"""Integrated gradients and permutation importance: write both functions."""

from collections.abc import Callable

import numpy as np
import torch


def integrated_gradients(
    model: torch.nn.Module, x: torch.Tensor, baseline: torch.Tensor, target: torch.Tensor, steps: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what each input contributes, and what is left unexplained."""


def perm_importance(
    predict: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    metric: Callable[[np.ndarray, np.ndarray], float],
    repeats: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return by how much the metric falls when a column is shuffled."""
