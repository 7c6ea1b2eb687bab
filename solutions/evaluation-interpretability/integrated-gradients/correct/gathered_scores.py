"""Point after point, with scores picked by gather; the model gets clones, and has slope 0 where it has no graph."""

from collections.abc import Callable

import numpy as np
import torch


def integrated_gradients(
    model: torch.nn.Module, x: torch.Tensor, baseline: torch.Tensor, target: torch.Tensor, steps: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what each input contributes, and what is left unexplained."""
    if steps < 1:
        raise ValueError("steps must be at least 1")
    if baseline.shape != x.shape and baseline.shape != x.shape[1:]:
        raise ValueError("the baseline must have the shape of x or of one row")
    if target.shape != x.shape[:1]:
        raise ValueError("target must have the shape (B,)")

    end = x.detach()
    start = baseline.detach().to(x).expand(x.shape)
    chosen = target.detach().to(x.device).long().unsqueeze(1)

    with torch.no_grad():
        scores = model(end.clone())
        if bool(((chosen < 0) | (chosen >= scores.shape[1])).any()):
            raise ValueError("target names a class that does not exist")
        at_end = scores.gather(1, chosen).squeeze(1).clone()
        at_start = model(start.clone()).gather(1, chosen).squeeze(1)

    way = end - start
    total = torch.zeros_like(end)
    for step in range(steps):
        with torch.enable_grad():
            point = (start + way * ((step + 0.5) / steps)).requires_grad_()
            # A clone, so that a model may work in place on what it is given.
            score = model(point.clone()).gather(1, chosen).sum()
            grad = None
            if score.requires_grad:
                (grad,) = torch.autograd.grad(score, point, allow_unused=True)
        if grad is not None:
            total += grad.detach()

    attribution = way * (total / steps)
    explained = attribution.sum(dim=tuple(range(1, x.dim()))) if x.dim() > 1 else attribution
    gap = (at_end - at_start).to(x.dtype) - explained
    return attribution, gap


def perm_importance(
    predict: Callable[[np.ndarray], np.ndarray],
    x: np.ndarray,
    y: np.ndarray,
    metric: Callable[[np.ndarray, np.ndarray], float],
    repeats: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Return by how much the metric falls when a column is shuffled."""
    if x.ndim != 2:
        raise ValueError("x must be 2-dimensional")
    if len(x) != len(y) or len(x) == 0:
        raise ValueError("x and y must have the same length, which is not 0")
    if repeats < 1:
        raise ValueError("repeats must be at least 1")

    count, columns = x.shape
    whole = metric(y.copy(), predict(x.copy()))
    falls = np.empty((columns, repeats), dtype=np.float64)
    for column in range(columns):
        for repeat in range(repeats):
            order = rng.permutation(count)
            shuffled = x.copy()
            shuffled[:, column] = x[order, column]
            falls[column, repeat] = whole - metric(y.copy(), predict(shuffled))
    return falls
