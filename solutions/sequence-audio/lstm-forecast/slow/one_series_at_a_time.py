"""Right, but goes through the series one at a time."""

import numpy as np


def lstm(x, layers, h0=None, c0=None, lengths=None):
    """Run the layers over a batch of series."""
    if x.ndim != 3 or not layers:
        raise ValueError("three dimensions and at least one layer, please")
    batch, steps, _ = x.shape
    shape = (len(layers), batch, layers[0]["weight_hh"].shape[1])
    h, c = (np.zeros(shape, dtype=x.dtype) if start is None else start.copy() for start in (h0, c0))
    lengths = np.full(batch, steps) if lengths is None else lengths
    _refuse(x, lengths)
    if h.shape != shape or c.shape != shape:
        raise ValueError(f"the states before the first step are not of shape {shape}")
    out = np.zeros((batch, steps, shape[2]), dtype=x.dtype)
    for b in range(batch):
        for t in range(int(lengths[b])):
            z = x[b, t]
            for k, layer in enumerate(layers):
                h[k, b], c[k, b] = _step(z, layer, h[k, b], c[k, b])
                z = h[k, b]
            out[b, t] = z
    return out, (h, c)


def last_valid(out, lengths):
    """Pick the output at the last valid step of each series."""
    if out.ndim != 3:
        raise ValueError("three dimensions, please")
    _refuse(out, lengths)
    rows = [series[n - 1] if n else np.zeros(out.shape[2], out.dtype) for series, n in zip(out, lengths)]
    return np.array(rows, dtype=out.dtype).reshape(len(out), out.shape[2])


def _step(z, layer, h, c):
    sums = layer["weight_ih"] @ z + layer["weight_hh"] @ h + layer["bias_ih"] + layer["bias_hh"]
    i, f, g, o = np.split(sums, 4)
    c = _logistic(f) * c + _logistic(i) * np.tanh(g)
    return _logistic(o) * np.tanh(c), c


def _logistic(z):
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def _refuse(x, lengths):
    if lengths.shape != (len(x),) or any(n < 0 or n > x.shape[1] for n in lengths):
        raise ValueError("the lengths do not fit")
