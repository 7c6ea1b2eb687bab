"""Continual learning: see the statement for the rules."""

import torch


class Reservoir:
    """Keeps a fair sample of a stream."""

    def __init__(self, cap, rng):
        """Begin empty."""
        self.items = []
        self.seen = 0

    def add(self, item):
        """Take the next item of the stream."""

    def sample(self, k):
        """Draw items to train on once more."""
        return []


def fisher_diag(model, data):
    """Return how much each weight matters for the old task."""
    return {}


def ewc(model, anchor, fisher, lam):
    """Return the penalty for moving away from the old weights."""
    return torch.zeros(())
