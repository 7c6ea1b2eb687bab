"""Gradient accumulation and throughput: see the statement for the rules."""


def accumulate_step(model, opt, micro_batches, loss_fn, clip=None):
    """Make one step on all micro-batches together; return the loss and the norm of its gradient."""
    # Write: gradients of all micro-batches, their norm, one step.
    return 0.0, 0.0


class Throughput:
    """Samples per second, warm-up left out."""

    def __init__(self, clock, warmup=0):
        """Start the clock."""

    def step(self, samples):
        """Note the end of a training step."""

    def rate(self):
        """Return samples per second."""
        return 0.0
