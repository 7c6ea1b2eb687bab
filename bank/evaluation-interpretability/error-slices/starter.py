"""The worst slices: write the function."""

import numpy as np


def worst_slices(
    table: dict[str, np.ndarray], wrong: np.ndarray, max_order: int, min_n: int, k: int, z: float = 1.96
) -> list[dict]:
    """Return the slices on which the model is surely bad."""
    # Write: the refusals, counts of every slice, the bound, the order.
