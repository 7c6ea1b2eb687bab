"""Mistake: the blank is symbol 0, whatever is said."""

import numpy as np


def ctc_greedy(logits, lengths, blank):
    """Read the best path of each recording."""
    _refuse(logits, lengths, blank)
    paths = logits.argmax(axis=2)
    return [_read(path[:length], blank) for path, length in zip(paths, lengths)]


def ctc_loss(logits, targets, lengths, blank):
    """Sum over all paths that read the target."""
    _refuse(logits, lengths, blank)
    if len(targets) != len(logits):
        raise ValueError(f"{len(targets)} targets for {len(logits)} recordings")
    symbols = set(range(logits.shape[2])) - {blank}
    if any(not symbols.issuperset(target) for target in targets):
        raise ValueError("a target holds what is no symbol of it")
    scores = (rows[:length].astype(np.float64) for rows, length in zip(logits, lengths))
    return np.array([-_forward(rows, target, blank) for rows, target in zip(scores, targets)], dtype=np.float64)


def _read(path, blank):
    """Join runs, then take blanks out."""
    heads = np.flatnonzero(np.diff(path, prepend=-1))
    return [symbol for symbol in path[heads].tolist() if symbol != blank]


def _forward(rows, target, blank):
    """Return the logarithm of the probability of a target."""
    states = np.full(2 * len(target) + 1, 0)
    states[1::2] = target
    # a blank may be left out between two symbols that differ
    barred = np.where(states[2:] == states[:-2], -np.inf, 0.0)
    total = np.full(len(states), -np.inf)
    total[0] = 0.0
    for frame in _log_softmax(rows)[:, states]:
        longer = total.copy()
        longer[1:] = np.logaddexp(longer[1:], total[:-1])
        longer[2:] = np.logaddexp(longer[2:], total[:-2] + barred)
        total = longer + frame
    return np.logaddexp.reduce(total[-2:])


def _log_softmax(rows):
    rows = rows - rows.max(axis=1, keepdims=True)
    return rows - np.log(np.exp(rows).sum(axis=1, keepdims=True))


def _refuse(logits, lengths, blank):
    if logits.ndim != 3:
        raise ValueError("recordings, frames and symbols, please")
    if lengths.shape != logits.shape[:1] or np.any((lengths < 0) | (lengths > logits.shape[1])):
        raise ValueError("the lengths do not fit")
    if not 0 <= blank < logits.shape[2]:
        raise ValueError(f"no symbol {blank}")
