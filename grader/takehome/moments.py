"""Means, variances and covariances of items in a sample and in all its resamples at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

TINY = 1e-9
"""Variance below which all are equal."""


@dataclass(frozen=True)
class Moments:
    """A row for each sample of `count` candidates, and a column for each item; the rest are all other items."""

    count: int
    means: Array
    variances: Array
    rest_variances: Array
    covariances: Array
    """Of each item with its rest."""
    totals: Array
    """Variance of the sum of all items; one for each sample."""
    telling: int
    """Items on which not all candidates are equal."""

    def correlations(self) -> Array:
        """Return the corrected item-rest correlations; NaN where an item or its rest is the same for all."""
        product = self.variances * self.rest_variances
        found: Array = self.covariances / np.sqrt(np.where(product > TINY**2, product, np.nan))
        return found

    def alphas(self) -> Array:
        """Return Cronbach's alpha of each sample."""
        totals = np.where(self.totals > TINY, self.totals, np.nan)
        found: Array = _stepped(self.telling) * (1 - self.variances.sum(axis=1) / totals)
        return found

    def alphas_without(self) -> Array:
        """Return, for each item, Cronbach's alpha of the others."""
        rest = np.where(self.rest_variances > TINY, self.rest_variances, np.nan)
        others = self.variances.sum(axis=1, keepdims=True) - self.variances
        found: Array = _stepped(self.telling - 1) * (1 - others / rest)
        return found

    def errors(self) -> Array:
        """Return the standard error of measurement of each sample."""
        found: Array = np.sqrt(self.totals * self.count / (self.count - 1) * (1 - self.alphas()))
        return found


def _stepped(items: int) -> float:
    return items / (items - 1) if items > 1 else float("nan")


def moments(points: Array, weights: Iterable[Array]) -> Moments:
    """Return the moments of samples.

    Args:
        points: of shape (candidates, items).
        weights: blocks of shape (samples, candidates); how often each candidate is in each sample.
    """
    count, items, centre = *points.shape, points.mean(axis=0)
    own = points - centre  # small numbers, for the squares are subtracted from each other
    total = own.sum(axis=1, keepdims=True)
    rest = total - own
    powers = np.hstack([own, rest, own**2, rest**2, own * rest, total, total**2])
    means = np.concatenate([block @ powers for block in weights]) / count
    first, rest_first, second, rest_second, mixed = (means[:, n * items : (n + 1) * items] for n in range(5))
    return Moments(
        count=count,
        means=first + centre,
        variances=second - first**2,
        rest_variances=rest_second - rest_first**2,
        covariances=mixed - first * rest_first,
        totals=means[:, -1] - means[:, -2] ** 2,
        telling=int((own.var(axis=0) > TINY).sum()),
    )
