"""Federated averaging: write both functions."""

import numpy as np


def fedavg(states: list[dict[str, np.ndarray]], counts: list[int]) -> dict[str, np.ndarray]:
    """Merge the clients' states, weighted by their numbers of samples."""
    # Write: the refusals, the weighted mean of float entries, the choice of integer and boolean entries.


def federated_round(
    state: dict[str, np.ndarray], clients: list[tuple[np.ndarray, np.ndarray]], lr: float, steps: int
) -> dict[str, np.ndarray]:
    """Let every client train from the server's weights, then merge."""
    # Write: gradient descent of each client on its own rows, then the merge.
