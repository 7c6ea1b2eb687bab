"""Collects gradients beside the parameters with autograd.grad; clips with the library's function; keeps all times."""

import math

import torch
from torch.nn.utils import clip_grad_norm_


def accumulate_step(model, opt, micro_batches, loss_fn, clip=None):
    """Make one step on all micro-batches together; return the loss and the norm of its gradient."""
    held = [p for group in opt.param_groups for p in group["params"]]
    learning = [p for p in held if p.requires_grad]
    sums = [None] * len(learning)
    losses, counts = [], []
    for x, y in micro_batches:
        loss, number = loss_fn(model(x), y)
        slopes = torch.autograd.grad(loss, learning, allow_unused=True)
        sums = [new if old is None else old if new is None else old + new for old, new in zip(sums, slopes)]
        losses.append(float(loss))
        counts.append(number)
    number = sum(counts)
    if number < 1:
        raise ValueError("nothing to learn from")
    for p in held:
        p.grad = None
    for p, slope in zip(learning, sums):
        p.grad = None if slope is None else slope / number
    norm = clip_grad_norm_(held, math.inf if clip is None else clip)
    opt.step()
    return math.fsum(losses) / number, float(norm)


class Throughput:
    """Samples per second, warm-up left out."""

    def __init__(self, clock, warmup=0):
        self.clock, self.warmup = clock, warmup
        self.times, self.samples = [clock()], []

    def step(self, samples):
        """Note the end of a training step."""
        self.times.append(self.clock())
        self.samples.append(samples)

    def rate(self):
        """Return samples per second."""
        if len(self.samples) <= self.warmup:
            return 0.0
        seconds = self.times[-1] - self.times[self.warmup]
        return float(sum(self.samples[self.warmup :]) / seconds) if seconds else 0.0
