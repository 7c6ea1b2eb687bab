"""Simulated classes: candidates of some ability, items that measure it, and some that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from grader.takehome.items import Column

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["good", "nobody", "negative", "alien"]


def simulated(count: int, *kinds: Kind, good: int = 15, seed: int = 0) -> list[Column]:
    """A class of `count`, after the two-parameter logistic model (Birnbaum 1968).

    Good items discriminate with 1 to 2 and have difficulties from -1.5 to 1.5. `nobody`: passed by no one. `negative`:
    those of greater ability fail it. `alien`: it measures another ability, which has nothing to do with the first.
    """
    draw = np.random.default_rng(seed)
    able, other = draw.normal(size=count), draw.normal(size=count)
    columns = []
    for index, kind in enumerate(["good"] * good + list(kinds)):
        steep, hard = draw.uniform(1, 2), draw.uniform(-1.5, 1.5)
        chances = {
            "good": logistic(steep * (able - hard)),
            "nobody": np.zeros(count),
            "negative": logistic(-1.5 * (able - hard / 3)),
            "alien": logistic(1.5 * (other - hard / 3)),
        }
        passed = draw.random(count) < chances[kind]
        columns.append(Column(f"{kind}-{index}", 1.0, [float(each) for each in passed]))
    return columns


def logistic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-values))
