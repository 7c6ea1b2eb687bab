"""A stack of LSTM layers over padded series: write both functions."""

import numpy as np


def lstm(
    x: np.ndarray,
    layers: list[dict[str, np.ndarray]],
    h0: np.ndarray | None = None,
    c0: np.ndarray | None = None,
    lengths: np.ndarray | None = None,
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Run the layers over a batch of series."""
    # Write: the refusals, the steps of each layer, what happens at padding.


def last_valid(out: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Pick the output at the last valid step of each series."""
    # Write: the choice, and zeros where nothing is valid.
