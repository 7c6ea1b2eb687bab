"""Walks over time first, all layers at each step, with only those series that are still alive."""

import numpy as np


def lstm(x, layers, h0=None, c0=None, lengths=None):
    """Run the layers over a batch of series."""
    if x.ndim != 3:
        raise ValueError("a batch of series has three dimensions")
    if len(layers) == 0:
        raise ValueError("no layers")
    size = len(layers[0]["bias_hh"]) // 4
    states = []
    for start in (h0, c0):
        if start is not None and start.shape != (len(layers), x.shape[0], size):
            raise ValueError("a state of another shape")
        states.append(np.zeros((len(layers), x.shape[0], size), x.dtype) if start is None else start.copy())
    h, c = states
    if lengths is None:
        lengths = np.full(x.shape[0], x.shape[1])
    _refuse(x, lengths)
    out = np.zeros((x.shape[0], x.shape[1], size), x.dtype)
    for t in range(x.shape[1]):
        alive = np.flatnonzero(lengths > t)
        z = x[alive, t]
        for k, layer in enumerate(layers):
            sums = z @ layer["weight_ih"].T + layer["bias_ih"] + h[k, alive] @ layer["weight_hh"].T + layer["bias_hh"]
            gates = sums.reshape(len(alive), 4, size)
            c[k, alive] = _sigmoid(gates[:, 1]) * c[k, alive] + _sigmoid(gates[:, 0]) * np.tanh(gates[:, 2])
            z = _sigmoid(gates[:, 3]) * np.tanh(c[k, alive])
            h[k, alive] = z
        out[alive, t] = z
    return out, (h, c)


def last_valid(out, lengths):
    """Pick the output at the last valid step of each series."""
    if out.ndim != 3:
        raise ValueError("outputs have three dimensions")
    _refuse(out, lengths)
    picked = np.zeros((out.shape[0], out.shape[2]), out.dtype)
    some = np.flatnonzero(lengths)
    picked[some] = out[some, lengths[some] - 1]
    return picked


def _refuse(x, lengths):
    if lengths.shape != (x.shape[0],):
        raise ValueError("one length for each series")
    if len(lengths) and (lengths.min() < 0 or lengths.max() > x.shape[1]):
        raise ValueError("a length that is none")


def _sigmoid(z):
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e)).astype(z.dtype)
