"""Sentiment classifier: see the statement for the rules."""

from torch import nn


class LabelMap:
    """Labels and their ids."""

    def __init__(self, labels):
        self.classes = []

    def encode(self, labels):
        """Return the ids of labels."""

    def decode(self, ids):
        """Return the labels of ids."""


def build(vocab_size, n_classes, max_len, seed):
    """Return a Transformer classifier: model(ids, mask) gives logits."""
    return nn.Identity()


def train(model, batches, lr, epochs):
    """Train a model; return the mean loss of each epoch."""
    return []


def evaluate(model, batches):
    """Return the accuracy of a model."""
    return 0.0
