"""Totals as one matrix, sorted by rounded values, after a partition that leaves out what cannot be among the best."""

import math

import numpy as np

DIGITS = 10  # totals are at least 1e-9 apart or tied; rounding makes ties independent of the order of the sum


def _log_softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _score(total, length, alpha):
    if total == 0 or alpha == 0:
        return float(total)
    with np.errstate(over="ignore"):
        return float(total / np.float64((5 + length) / 6) ** alpha)


def _rank(entry):
    """Sort key of (ids, value): large values first, then small lists."""
    ids, value = entry
    return -round(value, DIGITS), ids


def beam_search(step_fn, prompt, eos, beam, max_new, alpha=0.0):
    """Return the best texts with their scores, the best first."""
    if beam < 1:
        raise ValueError("beam must be at least 1")
    if max_new < 0:
        raise ValueError("max_new must not be negative")
    if not (math.isfinite(alpha) and alpha >= 0):
        raise ValueError("alpha must be a finite number of at least 0")

    alive = [([int(token) for token in prompt], 0.0)]
    finished = []
    for length in range(1, max_new + 1):
        logits = np.asarray(step_fn([list(ids) for ids, _ in alive]), dtype=np.float64)
        totals = np.array([total for _, total in alive])[:, None] + _log_softmax(logits)

        if eos is not None and 0 <= eos < totals.shape[1]:
            for (ids, _), total in zip(alive, totals[:, eos].tolist()):
                if total != -math.inf:
                    finished.append((ids + [int(eos)], _score(total, length, alpha)))
            totals[:, eos] = -math.inf
            finished = sorted(finished, key=_rank)[:beam]

        possible = totals != -math.inf
        if possible.sum() > beam:
            # Only sort what can be among the best, ties at the edge included.
            rounded = np.round(totals, DIGITS)
            edge = np.partition(rounded, -beam, axis=None)[-beam]
            possible &= rounded >= edge - 0.5 * 10.0**-DIGITS
        extended = [(alive[row][0] + [col], float(totals[row, col])) for row, col in np.argwhere(possible).tolist()]
        alive = sorted(extended, key=_rank)[:beam]

        if not alive:
            break
        if alpha == 0 and len(finished) == beam and round(finished[-1][1], DIGITS) > round(alive[0][1], DIGITS):
            alive = []
            break

    finished += [(ids, _score(total, max_new, alpha)) for ids, total in alive]
    return sorted(finished, key=_rank)[:beam]
