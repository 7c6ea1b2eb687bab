"""Python lists; each row sorted by hand, the draw by bisection."""

import bisect
import itertools
import math

import numpy as np


def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    """Return the divided logits of the tokens that may follow, and -inf for every other one."""
    if not (temperature > 0 and math.isfinite(temperature)):
        raise ValueError("temperature")
    if top_k is not None and top_k < 1:
        raise ValueError("top_k")
    if top_p is not None and not (0 < top_p and top_p <= 1):
        raise ValueError("top_p")
    rows = [_filter_row(row, temperature, top_k, top_p) for row in logits.reshape(-1, logits.shape[-1]).tolist()]
    return np.array(rows).reshape(logits.shape).astype(logits.dtype)


def _filter_row(row, temperature, top_k, top_p):
    row = [value / temperature for value in row]
    ranked = sorted(range(len(row)), key=row.__getitem__, reverse=True)
    stay = ranked[: len(row) if top_k is None else top_k]
    if top_p is not None and top_p != 1:
        p = _softmax([row[token] for token in stay])
        reached = 0.0
        for count, probability in enumerate(p):
            if reached >= top_p:
                stay = stay[:count]
                break
            reached += probability
    stay = set(stay)
    return [value if token in stay else -math.inf for token, value in enumerate(row)]


def _softmax(row):
    largest = max(row)
    powers = [math.exp(value - largest) for value in row]
    total = sum(powers)
    return [power / total for power in powers]


def generate(step_fn, prompt, max_new, eos, u=None, temperature=1.0, top_k=None, top_p=None):
    """Return the prompt and the new tokens, chosen greedily or by the numbers of u."""
    if max_new < 0 or (u is not None and len(u) < max_new):
        raise ValueError("max_new")
    new = []
    while len(new) < max_new and (not new or eos is None or new[-1] != eos):
        row = step_fn(prompt + new).tolist()
        if u is None:
            new.append(row.index(max(row)))
            continue
        kept = filter_logits(np.array(row), temperature, top_k, top_p).tolist()
        tokens = [token for token, value in enumerate(kept) if value != -math.inf]
        sums = list(itertools.accumulate(_softmax([kept[token] for token in tokens])))
        new.append(tokens[min(bisect.bisect_right(sums, float(u[len(new)])), len(tokens) - 1)])
    return prompt + new
