"""How far two raters agree: weighted kappa (Cohen 1968) with quadratic weights, and its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from grader.intervals import ENOUGH, Estimate, between, resamples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def weighted_kappa(first: Sequence[int], second: Sequence[int]) -> Estimate | None:
    """Return the agreement of two raters beyond chance: 1 is complete, 0 is what chance gives.

    A disagreement counts by the square of its size. The interval is a percentile bootstrap over what was rated.

    Args:
        first: one rater's levels.
        second: the other's, of the same, in the same order.

    Returns:
        None under 30 ratings of each, and where neither rater ever gave two different levels.
    """
    if len(first) < ENOUGH:
        return None
    one, other = np.array(first, dtype=np.float64), np.array(second, dtype=np.float64)
    facts = np.stack([(one - other) ** 2, one**2 + other**2, one, other], axis=1)
    drawn = [_kappas(weights @ facts / len(one)) for weights in resamples(len(one))]
    return between(float(_kappas(facts.mean(axis=0, keepdims=True))[0]), np.concatenate(drawn))


def _kappas(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 − observed / expected squared difference; chance expects E a² + E b² − 2 E a · E b."""
    observed, squares, one, other = means.T
    expected = squares - 2 * one * other
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(expected > 0, 1 - observed / expected, np.nan))
