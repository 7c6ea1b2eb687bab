"""Metric logging and schedules: see the statement for the rules."""


class MetricLog:
    """Averages metrics by epoch and writes them down."""

    def __init__(self, sink, clock, beta=0.9):
        """Begin with epoch 0."""

    def add(self, name, value, n=1):
        """Take the mean of a metric over n samples."""

    def smoothed(self, name):
        """Return the moving average of a metric."""

    def epoch(self):
        """End an epoch; write and return its means."""


class Plateau:
    """Lowers the learning rate when a loss no longer falls."""

    def __init__(self, lr, factor=0.1, patience=10, threshold=0.0, cooldown=0, floor=0.0):
        """Begin without any loss."""

    def step(self, value):
        """Take the loss of an epoch; return the learning rate."""


def warmup_cosine(step, warmup, total, peak, floor=0.0):
    """Return the learning rate of a step."""
