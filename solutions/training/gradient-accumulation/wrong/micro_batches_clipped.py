"""Mistake: each micro-batch is clipped for itself."""

import math

from torch.nn.utils import clip_grad_norm_


def accumulate_step(model, opt, micro_batches, loss_fn, clip=None):
    """Make one step on all micro-batches together; return the loss and the norm of its gradient."""
    opt.zero_grad()
    total, count = 0.0, 0
    for x, y in micro_batches:
        part, tokens = loss_fn(model(x), y)
        part.backward()
        if clip is not None:
            clip_grad_norm_(model.parameters(), clip * max(tokens, 1))
        total += part.item()
        count += tokens
    if count == 0:
        raise ValueError("no token counts in any micro-batch")
    gradients = [p.grad for group in opt.param_groups for p in group["params"] if p.grad is not None]
    # the number of tokens is known only now: the micro-batches may come from a generator
    for gradient in gradients:
        gradient.div_(count)
    norm = math.sqrt(sum(gradient.square().sum().item() for gradient in gradients))
    opt.step()
    return total / count, norm


class Throughput:
    """Samples per second, warm-up left out."""

    def __init__(self, clock, warmup=0):
        self._clock = clock
        self._warmup = warmup
        self._samples = 0
        self._begin = self._end = clock()

    def step(self, samples):
        """Note the end of a training step."""
        self._end = self._clock()
        if self._warmup > 0:
            self._warmup -= 1
            self._begin = self._end
        else:
            self._samples += samples

    def rate(self):
        """Return samples per second."""
        seconds = self._end - self._begin
        return self._samples / seconds if seconds > 0 else 0.0
