"""Keeps the turned values and the places of improvement; copies tensor by tensor."""

import torch


class EarlyStop:
    """Says when training should stop, and brings the best weights back."""

    def __init__(self, patience, min_delta=0.0, mode="min", restore=True):
        signs = {"min": 1.0, "max": -1.0}
        if mode not in signs or not patience >= 1 or not (min_delta >= 0 and min_delta != float("inf")):
            raise ValueError("these options make no sense")
        self.patience, self.min_delta, self.sign, self.restore = patience, min_delta, signs[mode], restore
        self.improved = []
        self.bar = None
        self.weights = {}

    @property
    def best_step(self):
        return max((step for step, good in enumerate(self.improved) if good), default=None)

    @property
    def best(self):
        return None if self.bar is None else self.sign * self.bar

    def step(self, value, model):
        """Take the value of one validation; return whether training should stop."""
        cost = self.sign * float(value)
        good = cost == cost and (self.bar is None or cost < self.bar - self.min_delta)
        self.improved.append(good)
        if good:
            self.bar = cost
            if self.restore:
                self.weights = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        latest = self.improved[-self.patience :]
        return len(latest) == self.patience and not any(latest)

    @torch.no_grad()
    def restore_best(self, model):
        """Write the best weights into the model."""
        if not self.weights:
            raise RuntimeError("nothing saved")
        for name, tensor in model.state_dict().items():
            tensor.copy_(self.weights[name])
