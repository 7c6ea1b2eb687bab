"""Computes row and column of every value; fills by differences of places."""

import numpy as np


def pad(
    seqs: list[np.ndarray], side: str, value: float, max_len: int | None = None, truncate: str = "post"
) -> tuple[np.ndarray, np.ndarray]:
    """Return one array for all sequences, and where their values stand in it."""
    for word in (side, truncate):
        if word != "post" and word != "pre":
            raise ValueError(word)
    if max_len is not None and max_len < 0:
        raise ValueError("max_len")
    if len({seq.dtype for seq in seqs}) > 1:
        raise ValueError("dtypes differ")
    if not seqs:
        return np.full((0, max_len or 0), value, dtype=np.float64), np.zeros((0, max_len or 0), dtype=bool)
    flat = np.concatenate(seqs)
    lengths = np.fromiter(map(len, seqs), dtype=np.int64, count=len(seqs))
    width = int(lengths.max()) if max_len is None else max_len
    rows = np.repeat(np.arange(len(seqs)), lengths)
    offsets = np.arange(len(flat)) - np.repeat(lengths.cumsum() - lengths, lengths)
    if truncate == "pre":
        offsets = offsets - np.repeat(np.maximum(lengths - width, 0), lengths)
    stays = (offsets >= 0) & (offsets < width)
    if side == "pre":
        offsets = offsets + np.repeat(np.maximum(width - lengths, 0), lengths)
    array = np.full((len(seqs), width), value, dtype=flat.dtype)
    mask = np.zeros(array.shape, dtype=bool)
    array[rows[stays], offsets[stays]] = flat[stays]
    mask[rows[stays], offsets[stays]] = True
    return array, mask


def ffill(x: np.ndarray, limit: int | None = None) -> np.ndarray:
    """Return a copy in which gaps hold the last observed value."""
    if limit is not None and limit < 0:
        raise ValueError("limit")
    turned = x.T.copy()
    for column in turned:
        places = np.flatnonzero(~np.isnan(column))
        if not len(places):
            continue
        lengths = np.diff(np.append(places, len(column)))
        ages = np.arange(places[0], len(column)) - np.repeat(places, lengths)
        values = np.repeat(column[places], lengths)
        if limit is not None:
            values[ages > limit] = np.nan
        column[places[0] :] = values
    return turned.T.copy()
