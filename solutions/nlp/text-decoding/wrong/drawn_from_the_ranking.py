"""Mistake: probabilities are added up from the largest on."""

import math

import numpy as np


def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    """Return the divided logits of the tokens that may follow, and -inf for every other one."""
    if not 0 < temperature < math.inf:
        raise ValueError(f"temperature must be finite and above 0, not {temperature}")
    if top_k is not None and top_k < 1:
        raise ValueError(f"top_k must be at least 1, not {top_k}")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError(f"top_p must be above 0 and at most 1, not {top_p}")
    # a stable sort leaves equal logits in the order of their ids
    order = np.argsort(-logits, axis=-1, kind="stable")
    ranked = np.take_along_axis(logits, order, axis=-1) / temperature
    if top_k is not None:
        ranked[..., top_k:] = -np.inf
    # at 1 a sum that rounds up to 1 would end the set too early
    if top_p is not None and top_p < 1:
        before = np.cumsum(_softmax(ranked), axis=-1)[..., :-1]
        ranked[..., 1:][before >= top_p] = -np.inf
    kept = np.empty_like(logits)
    np.put_along_axis(kept, order, ranked, axis=-1)
    return kept


def generate(step_fn, prompt, max_new, eos, u=None, temperature=1.0, top_k=None, top_p=None):
    """Return the prompt and the new tokens, chosen greedily or by the numbers of u."""
    if max_new < 0:
        raise ValueError(f"max_new must not be negative, it is {max_new}")
    if u is not None and len(u) < max_new:
        raise ValueError(f"{len(u)} numbers cannot draw {max_new} tokens")
    ids = list(prompt)
    for j in range(max_new):
        logits = step_fn(list(ids))
        if u is None:
            token = int(logits.argmax())
        else:
            token = _draw(filter_logits(logits, temperature, top_k, top_p), u[j])
        ids.append(token)
        if token == eos:
            break
    return ids


def _draw(kept, u):
    """Return the first token at which the sum of probabilities exceeds u, or the last that is kept."""
    order = np.argsort(-kept, kind="stable")
    above = np.cumsum(_softmax(kept[order])) > u
    return int(order[above.argmax()]) if above.any() else int(np.flatnonzero(kept > -np.inf)[-1])


def _softmax(logits):
    """Return the probabilities of each row in float64."""
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)
