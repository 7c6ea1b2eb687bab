"""Mistake: the table itself is shuffled."""

import numpy as np
import torch


def integrated_gradients(model, x, baseline, target, steps):
    """Return what each input contributes, and what is left unexplained."""
    if steps < 1 or baseline.shape not in (x.shape, x.shape[1:]) or target.shape != x.shape[:1]:
        raise ValueError("need a step, a baseline like x, and a class for each row")
    x, start = x.detach(), baseline.detach().expand_as(x)
    with torch.no_grad():
        gain = _chosen(model(x), target) - _chosen(model(start), target)
    total = torch.zeros_like(x)
    for step in range(steps):
        total += _slope(model, start + (x - start) * ((step + 0.5) / steps), target)
    attribution = (x - start) * total / steps
    return attribution, gain - attribution.flatten(1).sum(dim=1)


def _chosen(scores, target):
    """Return the score of each row's class."""
    if target.min() < 0 or target.max() >= scores.shape[1]:
        raise ValueError("no such class")
    return scores[torch.arange(len(scores)), target]


def _slope(model, point, target):
    """Return the gradient by the input alone; nothing is put into any `.grad`."""
    with torch.enable_grad():
        point.requires_grad_()
        return torch.autograd.grad(_chosen(model(point), target).sum(), point)[0]


def perm_importance(predict, x, y, metric, repeats, rng):
    """Return by how much the metric falls when a column is shuffled."""
    if x.ndim != 2 or len(x) != len(y) or not len(x) or repeats < 1:
        raise ValueError("need a table, a label for each row, and a repeat")
    best = metric(y, predict(x.copy()))
    drops = np.zeros((x.shape[1], repeats))
    for column in range(x.shape[1]):
        for repeat in range(repeats):
            shuffled = x
            shuffled[:, column] = x[rng.permutation(len(x)), column]
            drops[column, repeat] = best - metric(y, predict(shuffled))
    return drops
