"""Mistake: every layer begins with the states of the first."""

import numpy as np


def lstm(x, layers, h0=None, c0=None, lengths=None):
    """Run the layers over a batch of series."""
    if x.ndim != 3 or not layers:
        raise ValueError("three dimensions and at least one layer, please")
    batch, steps, _ = x.shape
    shape = (len(layers), batch, layers[0]["weight_hh"].shape[1])
    starts = [np.zeros(shape, dtype=x.dtype) if start is None else start for start in (h0, c0)]
    if any(start.shape != shape for start in starts):
        raise ValueError(f"the states before the first step are not of shape {shape}")
    valid = np.full((batch, steps, 1), True) if lengths is None else _valid(x, lengths)
    ends = []
    for layer, h, c in ((layer, starts[0][0], starts[1][0]) for layer in layers):
        x, *end = _run(x, layer, h, c, valid)
        ends.append(end)
    h, c = (np.stack(states) for states in zip(*ends))
    return x, (h, c)


def last_valid(out, lengths):
    """Pick the output at the last valid step of each series."""
    if out.ndim != 3:
        raise ValueError("three dimensions, please")
    last = _valid(out, lengths) & ~_valid(out, np.maximum(lengths - 1, 0))
    return np.where(last, out, 0).sum(axis=1)


def _run(x, layer, h, c, valid):
    """Return the outputs of one layer, and its states at the end."""
    out = np.zeros((*x.shape[:2], h.shape[1]), dtype=x.dtype)
    bias = layer["bias_ih"] + layer["bias_hh"]
    for t in range(x.shape[1]):
        sums = x[:, t] @ layer["weight_ih"].T + h @ layer["weight_hh"].T + bias
        i, f, g, o = np.split(sums, 4, axis=1)
        moved = _logistic(f) * c + _logistic(i) * np.tanh(g)
        c = np.where(valid[:, t], moved, c)
        h = np.where(valid[:, t], _logistic(o) * np.tanh(moved), h)
        out[:, t] = np.where(valid[:, t], h, 0)
    return out, h, c


def _logistic(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def _valid(x, lengths):
    """Return which steps are valid, as an array that fits `x`."""
    batch, steps, _ = x.shape
    if lengths.shape != (batch,) or np.any((lengths < 0) | (lengths > steps)):
        raise ValueError("the lengths do not fit")
    return (np.arange(steps) < lengths[:, None])[:, :, None]
