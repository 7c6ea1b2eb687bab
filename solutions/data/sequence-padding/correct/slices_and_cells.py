"""Pads by one slice for each sequence; fills only the cells that get a value."""

import numpy as np


def pad(
    seqs: list[np.ndarray], side: str, value: float, max_len: int | None = None, truncate: str = "post"
) -> tuple[np.ndarray, np.ndarray]:
    """Return one array for all sequences, and where their values stand in it."""
    if side not in ("post", "pre") or truncate not in ("post", "pre"):
        raise ValueError("side and truncate must be 'post' or 'pre'")
    if max_len is not None and max_len < 0:
        raise ValueError("max_len must not be negative")
    if len({seq.dtype for seq in seqs}) > 1:
        raise ValueError("the sequences differ in dtype")

    width = max((len(seq) for seq in seqs), default=0) if max_len is None else max_len
    array = np.full((len(seqs), width), value, dtype=seqs[0].dtype if seqs else np.float64)
    mask = np.zeros(array.shape, dtype=bool)
    for row, seq in enumerate(seqs):
        if len(seq) > width:
            seq = seq[:width] if truncate == "post" else seq[len(seq) - width :]
        start = 0 if side == "post" else width - len(seq)
        array[row, start : start + len(seq)] = seq
        mask[row, start : start + len(seq)] = True
    return array, mask


def ffill(x: np.ndarray, limit: int | None = None) -> np.ndarray:
    """Return a copy in which gaps hold the last observed value."""
    if limit is not None and limit < 0:
        raise ValueError("limit must not be negative")
    missing = np.isnan(x)
    rows = np.arange(len(x))[:, None]
    last = np.maximum.accumulate(np.where(missing, -1, rows), axis=0)
    fill = missing & (last >= 0)
    if limit is not None:
        fill &= rows - last <= limit
    row, column = np.nonzero(fill)
    filled = x.copy()
    filled[row, column] = x[last[row, column], column]
    return filled
