"""One recording after the other; logaddexp over all states of a frame."""

import numpy as np


def _check(logits: np.ndarray, lengths: np.ndarray, blank: int) -> np.ndarray:
    if logits.ndim != 3:
        raise ValueError("logits must have three dimensions")
    batch, frames, symbols = logits.shape
    lengths = np.asarray(lengths)
    if lengths.shape != (batch,) or ((lengths < 0) | (lengths > frames)).any():
        raise ValueError("one length from 0 to T per recording is needed")
    if not 0 <= blank < symbols:
        raise ValueError("the blank is no symbol")
    return lengths


def ctc_greedy(logits: np.ndarray, lengths: np.ndarray, blank: int) -> list[list[int]]:
    """Read the best path of each recording."""
    lengths = _check(logits, lengths, blank)
    result = []
    for recording, length in zip(logits, lengths, strict=True):
        path = recording[:length].argmax(axis=1).tolist()
        result.append(
            [symbol for i, symbol in enumerate(path) if symbol != blank and (i == 0 or path[i - 1] != symbol)]
        )
    return result


def _loss(logits: np.ndarray, target: np.ndarray, blank: int) -> float:
    """Return the loss of one recording; all frames count."""
    if len(logits) == 0:
        return 0.0 if len(target) == 0 else np.inf
    scores = logits.astype(np.float64)
    scores -= scores.max(axis=1, keepdims=True)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))

    states = np.full(2 * len(target) + 1, blank)
    states[1::2] = target
    emitted = log_p[:, states]
    # A symbol may follow the symbol two states before it, unless both are equal.
    closed = np.ones(len(states), dtype=bool)
    closed[3::2] = states[3::2] == states[1:-2:2]

    alpha = np.full(len(states), -np.inf)
    alpha[:2] = emitted[0, :2]
    for frame in emitted[1:]:
        total = alpha.copy()
        total[1:] = np.logaddexp(total[1:], alpha[:-1])
        skipped = alpha[:-2].copy()
        skipped[closed[2:]] = -np.inf
        total[2:] = np.logaddexp(total[2:], skipped)
        alpha = total + frame
    return -float(np.logaddexp.reduce(alpha[-2:])) + 0.0


def ctc_loss(logits: np.ndarray, targets: list[list[int]], lengths: np.ndarray, blank: int) -> np.ndarray:
    """Sum over all paths that read the target."""
    lengths = _check(logits, lengths, blank)
    if len(targets) != len(logits):
        raise ValueError("one target per recording is needed")
    symbols = range(logits.shape[2])
    for target in targets:
        if any(symbol == blank or symbol not in symbols for symbol in target):
            raise ValueError("a target holds a blank or what is no symbol")
    losses = [
        _loss(recording[:length], np.array(target, dtype=np.int64), blank)
        for recording, target, length in zip(logits, targets, lengths, strict=True)
    ]
    return np.array(losses, dtype=np.float64)
