"""Everything divided and ranked in float64, and rounded at the end."""

import math

import numpy as np


def _softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    """Return the divided logits of the tokens that may follow, and -inf for every other one."""
    if not (math.isfinite(temperature) and temperature > 0):
        raise ValueError("temperature must be a finite number above 0")
    if top_k is not None and top_k < 1:
        raise ValueError("top_k must be at least 1")
    if top_p is not None and not 0 < top_p <= 1:
        raise ValueError("top_p must be above 0 and at most 1")

    logits = np.asarray(logits)
    scaled = logits.astype(np.float64) / float(temperature)
    # largest first; the stable sort puts the lower id first among equals
    order = np.argsort(-logits, axis=-1, kind="stable")
    ranked = np.take_along_axis(scaled, order, axis=-1)
    if top_k is not None:
        ranked[..., top_k:] = -np.inf
    if top_p is not None and top_p < 1:
        sums = np.cumsum(_softmax(ranked), axis=-1)
        # a token stays as long as those before it have not reached top_p
        ranked[..., 1:][sums[..., :-1] >= top_p] = -np.inf
    result = np.empty_like(scaled)
    np.put_along_axis(result, order, ranked, axis=-1)
    return result.astype(logits.dtype)


def generate(step_fn, prompt, max_new, eos, u=None, temperature=1.0, top_k=None, top_p=None):
    """Return the prompt and the new tokens, chosen greedily or by the numbers of u."""
    if max_new < 0:
        raise ValueError("max_new must not be negative")
    if u is not None and len(u) < max_new:
        raise ValueError("u holds too few numbers")
    ids = [int(token) for token in prompt]
    for j in range(max_new):
        logits = np.asarray(step_fn(list(ids)))
        if u is None:
            token = int(np.argmax(logits))
        else:
            filtered = filter_logits(logits, temperature, top_k, top_p)
            sums = np.cumsum(_softmax(filtered.astype(np.float64)))
            above = np.flatnonzero(sums > u[j])
            token = int(above[0]) if len(above) else int(np.flatnonzero(np.isfinite(filtered))[-1])
        ids.append(token)
        if eos is not None and token == eos:
            break
    return ids
