"""k-means: write the function."""

import numpy as np


def kmeans(
    x: np.ndarray, k: int, seed: int, n_init: int = 1, max_iter: int = 100, init: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, float, list[float]]:
    """Return centres, labels, inertia and the history of the inertia."""
    # Write: the refusals, the initial centres, the runs.
