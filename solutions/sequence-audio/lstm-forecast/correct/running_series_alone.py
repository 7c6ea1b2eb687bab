"""Layer by layer, with the products of all inputs at once, and at each step only the series that still run."""

import numpy as np


def _lengths(lengths: np.ndarray | None, batch: int, steps: int) -> np.ndarray:
    if lengths is None:
        return np.full(batch, steps, dtype=np.int64)
    lengths = np.asarray(lengths)
    if lengths.shape != (batch,):
        raise ValueError("lengths must have the shape (B,)")
    if (lengths < 0).any() or (lengths > steps).any():
        raise ValueError("lengths must be from 0 to T")
    return lengths.astype(np.int64)


def _state(state: np.ndarray | None, shape: tuple[int, int, int], dtype: np.dtype) -> np.ndarray:
    if state is None:
        return np.zeros(shape, dtype=dtype)
    if state.shape != shape:
        raise ValueError("h0 and c0 must have the shape (K, B, H)")
    return state.copy()


def _logistic(z: np.ndarray) -> np.ndarray:
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1, small) / (1 + small)


def lstm(
    x: np.ndarray,
    layers: list[dict[str, np.ndarray]],
    h0: np.ndarray | None = None,
    c0: np.ndarray | None = None,
    lengths: np.ndarray | None = None,
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Run the layers over a batch of series."""
    if x.ndim != 3:
        raise ValueError("x must have the shape (B, T, F)")
    if len(layers) == 0:
        raise ValueError("there must be at least one layer")
    batch, steps, _ = x.shape
    hidden = layers[0]["weight_hh"].shape[1]
    shape = (len(layers), batch, hidden)
    h, c = _state(h0, shape, x.dtype), _state(c0, shape, x.dtype)
    lengths = _lengths(lengths, batch, steps)

    valid = np.arange(steps) < lengths[:, None]
    out = np.where(valid[:, :, None], x, x.dtype.type(0))
    for k, layer in enumerate(layers):
        inputs = out @ layer["weight_ih"].T + (layer["bias_ih"] + layer["bias_hh"])
        recurrent = layer["weight_hh"].T
        out = np.zeros((batch, steps, hidden), dtype=x.dtype)
        for t in range(steps):
            runs = valid[:, t]
            if not runs.any():
                break
            i, f, g, o = np.split(inputs[runs, t] + h[k, runs] @ recurrent, 4, axis=1)
            c[k, runs] = _logistic(f) * c[k, runs] + _logistic(i) * np.tanh(g)
            h[k, runs] = out[runs, t] = _logistic(o) * np.tanh(c[k, runs])
    return out, (h, c)


def last_valid(out: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Pick the output at the last valid step of each series."""
    if out.ndim != 3:
        raise ValueError("out must have the shape (B, T, H)")
    batch, steps, hidden = out.shape
    lengths = _lengths(lengths, batch, steps)
    last = np.zeros((batch, hidden), dtype=out.dtype)
    filled = np.flatnonzero(lengths)
    last[filled] = out[filled, lengths[filled] - 1]
    return last
