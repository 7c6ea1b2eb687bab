"""Copies sequence after sequence, and goes down row after row."""

import numpy as np


def pad(seqs, side, value, max_len=None, truncate="post"):
    """Return one array for all sequences, and where their values stand in it."""
    if side not in ("pre", "post") or truncate not in ("pre", "post"):
        raise ValueError("pre or post")
    if max_len is not None and max_len < 0:
        raise ValueError("max_len")
    dtype = seqs[0].dtype if seqs else np.dtype(np.float64)
    if any(seq.dtype != dtype for seq in seqs):
        raise ValueError("dtypes")
    width = max_len if max_len is not None else max(map(len, seqs), default=0)
    array = np.full((len(seqs), width), value, dtype=dtype)
    mask = np.zeros((len(seqs), width), dtype=bool)
    for row, seq in enumerate(seqs):
        if len(seq) > width:
            seq = seq[:width] if truncate == "post" else seq[len(seq) - width :]
        place = slice(0, len(seq)) if side == "post" else slice(width - len(seq), width)
        array[row, place] = seq
        mask[row, place] = True
    return array, mask


def ffill(x, limit=None):
    """Return a copy in which gaps hold the last observed value."""
    if limit is not None and limit < 0:
        raise ValueError("limit")
    result = x.copy()
    ages = np.zeros(x.shape[1], dtype=np.int64)
    for row in range(1, len(x)):
        gaps = np.isnan(x[row])
        ages = np.where(gaps, ages + 1, 0)
        fill = gaps if limit is None else gaps & (ages <= limit)
        result[row, fill] = result[row - 1, fill]
    return result
