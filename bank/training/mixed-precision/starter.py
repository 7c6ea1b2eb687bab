"""Mixed precision: see the statement for the rules."""


class LossScaler:
    """Keeps the factor by which the loss is scaled."""

    def __init__(self, init=65536.0, growth=2.0, backoff=0.5, interval=2000):
        """Begin with a factor."""
        self.factor = init

    def scale(self, loss):
        """Return the loss times the factor."""
        return loss

    def unscale_and_check(self, grads):
        """Return the gradients without the factor, and whether all are finite."""
        return grads, True

    def update(self, finite):
        """Move the factor after a step."""


def amp_step(master32, grad16, state, lr, scaler, clip=None, momentum=0.0):
    """Make one step on the master weights; return the weights for the next pass, and whether there was a step."""
    # Write: unscale, check, clip, step, update.
    return {}, True
