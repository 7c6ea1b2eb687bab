"""All points of the way in one batch; the table of drops as a list of lists."""

import numpy as np
import torch


def integrated_gradients(model, x, baseline, target, steps):
    rows = x.shape[0]
    if steps <= 0 or tuple(target.shape) != (rows,):
        raise ValueError("steps or target")
    if tuple(baseline.shape) == tuple(x.shape[1:]):
        baseline = torch.stack([baseline] * rows)
    if baseline.shape != x.shape:
        raise ValueError("baseline")
    x, baseline = x.detach().clone(), baseline.detach().clone()
    shares = (torch.arange(steps, dtype=x.dtype) * 2 + 1) / (2 * steps)
    shares = shares.reshape(-1, *[1] * x.dim())
    points = (baseline * (1 - shares) + x * shares).flatten(0, 1)
    with torch.enable_grad():
        points = points.clone().requires_grad_(True)
        scores = model(points)
        if any(not 0 <= c < scores.shape[-1] for c in target.tolist()):
            raise ValueError("target")
        picked = scores.gather(1, target.repeat(steps).unsqueeze(1))
        (slopes,) = torch.autograd.grad([picked], [points], grad_outputs=[torch.ones_like(picked)])
    attribution = (x - baseline) * slopes.reshape(steps, *x.shape).mean(dim=0)
    with torch.no_grad():
        both = model(torch.cat([x, baseline])).gather(1, target.repeat(2).unsqueeze(1)).squeeze(1)
    gap = both[:rows] - both[rows:] - attribution.reshape(rows, -1).sum(1)
    return attribution.detach(), gap.detach()


def perm_importance(predict, x, y, metric, repeats, rng):
    if x.ndim != 2 or x.shape[0] != y.shape[0] or min(x.shape[0], repeats) <= 0:
        raise ValueError("shapes or repeats")
    n, d = x.shape
    before = metric(y, predict(np.array(x)))

    def drop(column):
        table = np.array(x)
        table[:, column] = table[rng.permutation(n), column]
        return before - metric(y, predict(table))

    return np.array([[drop(column) for _ in range(repeats)] for column in range(d)], dtype=np.float64)
