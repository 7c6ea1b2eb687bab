"""Early stopping: see the statement for the rules."""


class EarlyStop:
    """Says when training should stop, and brings the best weights back."""

    def __init__(self, patience, min_delta=0.0, mode="min", restore=True):
        """Begin without any value."""
        self.best = None
        self.best_step = None

    def step(self, value, model):
        """Take the value of one validation; return whether training should stop."""
        return False

    def restore_best(self, model):
        """Write the best weights into the model."""
