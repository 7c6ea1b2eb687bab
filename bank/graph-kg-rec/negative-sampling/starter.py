"""Negative sampling: see the statement for the rules."""

import numpy as np


def alias_table(weights):
    """Return the probability of each cell's own item, and its other item."""
    # Write: the refusals, cells that are too empty filled up by those that are too full.
    return np.ones(len(weights)), np.arange(len(weights))


def draw(prob, alias, u):
    """Return the item that each number stands for."""
    # Write: the cell, its own item or the other.


class NegSampler:
    """Draws items that are not positive."""

    def __init__(self, counts, power, seed):
        """Make the table."""

    def sample(self, positives, k):
        """Return items that are not positive."""
