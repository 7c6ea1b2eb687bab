"""Frozen sums that can be added; the mean of the truth in two numbers."""

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class _Sums:
    """What is known of some rows: enough for the metrics, and for adding up."""

    weight: float
    squares: float  # weighted sum of squared errors
    absolutes: float  # weighted sum of absolute errors
    largest: float  # largest absolute error
    anchor: float  # the mean of y is anchor + offset, in two numbers for the digits
    offset: float
    spread: float  # weighted sum of squared distances from the mean of y
    low: float
    high: float

    def __add__(self, other: "_Sums") -> "_Sums":
        weight = self.weight + other.weight
        share = other.weight / weight
        between = (other.anchor - self.anchor) + (other.offset - self.offset)
        return _Sums(
            weight=weight,
            squares=self.squares + other.squares,
            absolutes=self.absolutes + other.absolutes,
            largest=max(self.largest, other.largest),
            anchor=self.anchor,
            offset=self.offset + between * share,
            spread=self.spread + other.spread + between**2 * self.weight * share,
            low=min(self.low, other.low),
            high=max(self.high, other.high),
        )

    def metrics(self) -> dict[str, float]:
        mse = self.squares / self.weight
        if self.low == self.high:
            r2 = 1.0 if self.largest == 0 else 0.0
        else:
            r2 = 1 - self.squares / self.spread
        return {"mse": mse, "rmse": math.sqrt(mse), "mae": self.absolutes / self.weight, "r2": r2}


def _column(values: np.ndarray) -> np.ndarray:
    if values.ndim != 1 and not (values.ndim == 2 and values.shape[1] == 1):
        raise ValueError("the shape must be (N,) or (N, 1)")
    values = values.reshape(len(values)).astype(np.float64)
    if not np.isfinite(values).all():
        raise ValueError("NaN or infinity")
    return values


def _sums(y: np.ndarray, p: np.ndarray, w: np.ndarray | None) -> _Sums | None:
    """Return the sums of a batch, or None if no row of it counts."""
    y, p = _column(y), _column(p)
    if len(y) != len(p):
        raise ValueError("y and p differ in the number of rows")
    if w is None:
        w = np.ones(len(y))
    if w.shape != y.shape:
        raise ValueError("w must have the shape (N,)")
    if not np.isfinite(w).all() or (w < 0).any():
        raise ValueError("weights must be finite and not negative")

    counts = w > 0
    if not counts.any():
        return None
    y, p, w = y[counts], p[counts], w[counts].astype(np.float64)
    weight = float(w.sum())
    errors = np.abs(p - y)
    anchor = float(y[0] + (w / weight) @ (y - y[0]))
    distances = y - anchor
    offset = float(w @ distances) / weight
    return _Sums(
        weight=weight,
        squares=float(w @ errors**2),
        absolutes=float(w @ errors),
        largest=float(errors.max()),
        anchor=anchor,
        offset=offset,
        spread=float(w @ (distances - offset) ** 2),
        low=float(y.min()),
        high=float(y.max()),
    )


def metrics(y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> dict[str, float]:
    """Return MSE, RMSE, MAE and R2."""
    running = Running()
    running.update(y, p, w)
    return running.result()


class Running:
    """The same metrics of data that comes in parts."""

    def __init__(self) -> None:
        self._seen: _Sums | None = None

    def _take(self, sums: _Sums | None) -> None:
        if sums is not None:
            self._seen = sums if self._seen is None else self._seen + sums

    def update(self, y: np.ndarray, p: np.ndarray, w: np.ndarray | None = None) -> None:
        """Take a batch."""
        self._take(_sums(y, p, w))

    def merge(self, other: "Running") -> None:
        """Take over what another one has seen."""
        self._take(other._seen)

    def result(self) -> dict[str, float]:
        """Return the metrics of everything seen."""
        if self._seen is None:
            raise ValueError("nothing has been seen that counts")
        return self._seen.metrics()
