"""Keeps apart paths that end in a blank and in a symbol, and walks from the last frame to the first."""

import numpy as np


def ctc_greedy(logits, lengths, blank):
    """Read the best path of each recording."""
    _check(logits, lengths, blank)
    texts = []
    for b, length in enumerate(lengths):
        text, before = [], None
        for t in range(length):
            symbol = int(np.argmax(logits[b, t]))
            if symbol not in (before, blank):
                text.append(symbol)
            before = symbol
        texts.append(text)
    return texts


def ctc_loss(logits, targets, lengths, blank):
    """Sum over all paths that read the target."""
    _check(logits, lengths, blank)
    if len(targets) != logits.shape[0]:
        raise ValueError("one target for each recording")
    for target in targets:
        for symbol in target:
            if symbol == blank or not 0 <= symbol < logits.shape[2]:
                raise ValueError(f"no symbol {symbol} in a target")
    losses = np.empty(len(targets))
    for b, target in enumerate(targets):
        losses[b] = _loss(logits[b, : lengths[b]].astype(float), np.array(target, dtype=int), blank)
    return losses


def _loss(rows, target, blank):
    size = len(target)
    top = rows.max(axis=1, keepdims=True)
    rows = rows - (top + np.log(np.exp(rows - top).sum(axis=1, keepdims=True)))
    # what is still to be read: `void[k]` before a blank, with symbols k and later to come; `full[k]` before symbol k
    void = np.full(size + 1, -np.inf)
    full = np.full(size + 1, -np.inf)
    void[size] = 0.0
    if len(rows) == 0:
        return 0.0 if size == 0 else np.inf
    change = np.append(target[1:] != target[:-1], False) if size else np.zeros(0, dtype=bool)
    done = np.full(size, -np.inf)
    if size:
        done[-1] = 0.0
    last = True
    for row in rows[::-1]:
        if last:
            next_void = np.full(size + 1, -np.inf)
            next_void[size] = row[blank]
            next_full = np.append(done + row[target], -np.inf) if size else np.array([-np.inf])
            last = False
        else:
            next_void = np.logaddexp(void, full) + row[blank]
            step = np.logaddexp(full[:-1], void[1:])
            step = np.where(change, np.logaddexp(step, full[1:]), step)
            next_full = np.append(step + row[target], -np.inf)
        void, full = next_void, next_full
    return -np.logaddexp(void[0], full[0])


def _check(logits, lengths, blank):
    if logits.ndim != 3 or lengths.shape != (logits.shape[0],):
        raise ValueError("shapes")
    if any(length < 0 or length > logits.shape[1] for length in lengths):
        raise ValueError("lengths")
    if blank < 0 or blank >= logits.shape[2]:
        raise ValueError("blank")
