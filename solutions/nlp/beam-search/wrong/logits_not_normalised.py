"""Mistake: logits are added up as they are."""

import math


def beam_search(step_fn, prompt, eos, beam, max_new, alpha=0.0):
    """Return the best texts with their scores, the best first."""
    if beam < 1 or max_new < 0:
        raise ValueError(f"beam={beam} must be at least 1, max_new={max_new} at least 0")
    if not 0 <= alpha < math.inf:
        raise ValueError(f"alpha must be finite and at least 0, not {alpha}")
    alive, finished = [(list(prompt), 0.0)], []
    for step in range(max_new):
        extended = _extend(step_fn, alive)
        alive = _best([text for text in extended if text[0][-1] != eos], beam)
        penalty = ((5 + step + 1) / 6) ** alpha
        ended = [(ids, total / penalty) for ids, total in extended if ids[-1] == eos]
        finished = _best(finished + ended, beam)
        if not alive:
            return finished
        if alpha == 0 and len(finished) == beam and finished[-1][1] > alive[0][1]:
            return finished
    penalty = ((5 + max_new) / 6) ** alpha
    return _best(finished + [(ids, total / penalty) for ids, total in alive], beam)


def _extend(step_fn, alive):
    """Return each text with each possible token appended, and its total."""
    logits = step_fn([list(ids) for ids, _ in alive])
    logs = logits
    return [
        ([*ids, token], total + log)
        for (ids, total), row in zip(alive, logs.tolist(), strict=True)
        for token, log in enumerate(row)
        if log > -math.inf
    ]


def _best(texts, count):
    """Return the texts with the largest numbers; of equal ones the smaller list of ids first."""
    return sorted(texts, key=lambda text: (-text[1], text[0]))[:count]
