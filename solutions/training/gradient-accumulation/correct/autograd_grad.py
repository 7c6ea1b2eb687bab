"""Gradients by `torch.autograd.grad`, added up in a list and put into `.grad` before the step."""

import math

import torch


def accumulate_step(model, opt, micro_batches, loss_fn, clip=None):
    """Make one step on all micro-batches together; return the loss and the norm of its gradient."""
    everything = [p for group in opt.param_groups for p in group["params"]]
    params = [p for p in everything if p.requires_grad]
    grads = [None] * len(params)
    total, count = 0.0, 0
    for x, y in micro_batches:
        loss, number = loss_fn(model(x), y)
        total += loss.item()
        count += int(number)
        # grad() leaves the .grad of parameters outside of opt alone
        if params:
            for i, g in enumerate(torch.autograd.grad(loss, params, allow_unused=True)):
                if g is not None:
                    grads[i] = g.detach().clone() if grads[i] is None else grads[i].add_(g)
            del g
        del x, y, loss
    if count == 0:
        raise ValueError("no token counts")

    grads = [None if g is None else g.div_(count) for g in grads]
    norm = math.sqrt(sum(g.double().square().sum().item() for g in grads if g is not None))
    if clip is not None and norm > clip:
        for g in grads:
            if g is not None:
                g.mul_(clip / norm)
    for p in everything:
        p.grad = None
    for p, g in zip(params, grads):
        p.grad = g
    opt.step()
    return total / count, norm


class Throughput:
    """Samples per second, warm-up left out."""

    def __init__(self, clock, warmup=0):
        """Start the clock."""
        self._clock = clock
        self._warmup = warmup
        self._steps = 0
        self._samples = 0
        self._start = self._end = clock()

    def step(self, samples):
        """Note the end of a training step."""
        self._end = self._clock()
        self._steps += 1
        if self._steps <= self._warmup:
            self._start = self._end
        else:
            self._samples += samples

    def rate(self):
        """Return samples per second."""
        elapsed = self._end - self._start
        return float(self._samples / elapsed) if elapsed else 0.0
