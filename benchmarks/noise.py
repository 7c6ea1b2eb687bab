"""What may disturb the log ratio of a pair: models of noise, and what was recorded on a loaded machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from grader.exam.looks import Judgement, judge

RECORD = Path(__file__).parent / "noise.txt"
"""Log ratios of equal sides, pair after pair, as `python -m benchmarks.races` saw them."""

Generator = np.random.Generator
Noise = Callable[[Generator, int], Any]
"""Draw the disturbance of so many pairs that follow each other, in fresh guests."""


def calm(rng: Generator, count: int) -> Any:
    """Normal, with a spread of 5 %."""
    return rng.normal(0, 0.05, count)


def heavy_tailed(rng: Generator, count: int) -> Any:
    """Student's t with two degrees of freedom, whose variance is infinite."""
    return 0.05 * rng.standard_t(2, count)


def interrupted(rng: Generator, count: int) -> Any:
    """One side in ten loses twice its time to something else."""
    lost = np.where(rng.random((2, count)) < 0.1, np.log(3), 0)
    return calm(rng, count) + lost[0] - lost[1]


def bursts(rng: Generator, count: int) -> Any:
    """A fifth of the pairs, about five in a row, are eight times as restless."""
    restless = np.zeros(count, bool)
    for start in np.flatnonzero(rng.random(count) < 0.05):
        restless[start : start + rng.geometric(0.2)] = True
    return calm(rng, count) * np.where(restless, 8, 1)


def drift(rng: Generator, count: int) -> Any:
    """The machine slows down by half a percent with each call: whoever comes second in a pair loses."""
    order = rng.choice([-1, 1], count)
    return calm(rng, count) + order * 0.005 * np.linspace(1, 5, count)


def autocorrelated(rng: Generator, count: int) -> Any:
    """Each pair inherits seven tenths of what disturbed the one before."""
    state, found = rng.normal(0, 0.05), []
    for step in rng.normal(0, 0.05 * np.sqrt(1 - 0.7**2), count):
        state = 0.7 * state + step
        found.append(state)
    return np.array(found)


def layout(rng: Generator, count: int) -> Any:
    """Each pair of guests has a bias of its own, of 2 %."""
    return calm(rng, count) + rng.normal(0, 0.02)


def recorded(rng: Generator, count: int) -> Any:
    """A stretch of what was measured on a loaded machine."""
    found = _record()
    return np.roll(found, rng.integers(len(found)))[np.arange(count) % len(found)]


@cache
def _record() -> Any:
    found = np.loadtxt(RECORD)
    return found - np.median(found)


MODELS: dict[str, Noise] = {
    model.__name__.replace("_", " "): model
    for model in (calm, heavy_tailed, interrupted, bursts, drift, autocorrelated, layout, recorded)
}


@dataclass(frozen=True)
class Contest:
    """A submission of known cost, in noise."""

    noise: Noise
    ratio: float
    """How many times the time of our solution it truly takes."""
    limit: float

    def judged(self, seed: int) -> Judgement:
        """Decide as a performance check does."""
        rng = np.random.default_rng(seed)
        race, control = partial(self._pairs, rng, self.ratio), partial(self._pairs, rng, 1.0)
        return judge(race, control, self.limit, seed)

    def _pairs(self, rng: Generator, ratio: float, count: int) -> list[float]:
        found: list[float] = (np.log(ratio) + self.noise(rng, count)).tolist()
        return found
