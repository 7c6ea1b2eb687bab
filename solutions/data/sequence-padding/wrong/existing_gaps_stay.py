"""Mistake: Only the first cell of a gap is filled."""

import numpy as np

_ENDS = {"post", "pre"}


def pad(seqs, side, value, max_len=None, truncate="post"):
    """Return one array for all sequences, and where their values stand in it."""
    if side not in _ENDS or truncate not in _ENDS or len({seq.dtype for seq in seqs}) > 1:
        raise ValueError("expected 'post' or 'pre', and sequences of one dtype")
    lengths = np.array([len(seq) for seq in seqs], dtype=np.int64)
    width = lengths.max(initial=0) if max_len is None else max_len
    if width < 0:
        raise ValueError("a negative length")
    flat = np.concatenate(seqs) if seqs else np.zeros(0)
    array = np.full((len(seqs), width), value, dtype=flat.dtype)
    mask = _reach(lengths, width, side == "post")
    widest = lengths.max(initial=0)
    # the values of each sequence that stay, in an array as wide as the longest of them
    array[mask] = flat[_kept(lengths, width, widest, truncate == "post")[_reach(lengths, widest, True)]]
    return array, mask


def ffill(x, limit=None):
    """Return a copy in which gaps hold the last observed value."""
    if limit is not None and limit < 0:
        raise ValueError("a negative limit")
    rows = np.arange(len(x))[:, None]
    last = np.maximum.accumulate(np.where(np.isnan(x), 0, rows), axis=0)
    result = np.take_along_axis(x, last, axis=0)
    result[rows - last > 1] = np.nan
    if limit is not None:
        result[rows - last > limit] = np.nan
    return result


def _reach(lengths, width, from_the_left):
    """Return which cells the sequences cover, counted from the left or from the right."""
    places = np.arange(width) if from_the_left else np.arange(width)[::-1]
    return places < lengths[:, None]


def _kept(lengths, width, widest, beginning):
    """Return which values of left-aligned sequences are not cut off."""
    places = np.arange(widest)
    return np.broadcast_to(places < width, (len(lengths), widest)) if beginning else places >= lengths[:, None] - width
