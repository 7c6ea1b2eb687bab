"""Keeps the gradient of the mean so far: what has been gathered shrinks as tokens arrive."""

import torch


def accumulate_step(model, opt, micro_batches, loss_fn, clip=None):
    """Make one step on all micro-batches together; return the loss and the norm of its gradient."""
    parameters = [p for group in opt.param_groups for p in group["params"]]
    for p in parameters:
        p.grad = None
    seen, mean = 0, 0.0
    for x, y in micro_batches:
        summed, tokens = loss_fn(model(x), y)
        if tokens == 0:
            del summed
            continue
        with torch.no_grad():
            for p in parameters:
                if p.grad is not None:
                    p.grad *= seen / (seen + tokens)
        seen += tokens
        (summed / seen).backward()
        mean += (summed.item() - tokens * mean) / seen
    if seen == 0:
        raise ValueError("no tokens")
    found = [p.grad.flatten() for p in parameters if p.grad is not None]
    norm = torch.linalg.vector_norm(torch.cat(found)).item()
    if clip is not None:
        for p in parameters:
            if p.grad is not None:
                p.grad *= min(1.0, clip / norm)
    opt.step()
    return mean, norm


class Throughput:
    """Samples per second, warm-up left out."""

    def __init__(self, clock, warmup=0):
        self.clock = clock
        self.left = warmup
        self.last = clock()
        self.time = 0.0
        self.samples = 0

    def step(self, samples):
        """Note the end of a training step."""
        now = self.clock()
        if self.left:
            self.left -= 1
        else:
            self.time += now - self.last
            self.samples += samples
        self.last = now

    def rate(self):
        """Return samples per second."""
        try:
            return self.samples / self.time
        except ZeroDivisionError:
            return 0.0
