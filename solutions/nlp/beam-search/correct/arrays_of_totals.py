"""Totals as one flat array, parents and tokens by division; a heap of finished texts."""

import heapq

import numpy as np


def beam_search(step_fn, prompt, eos, beam, max_new, alpha=0.0):
    """Return the best texts with their scores, the best first."""
    if beam <= 0:
        raise ValueError("beam")
    if max_new < 0:
        raise ValueError("max_new")
    if not (np.isfinite(alpha) and alpha >= 0):
        raise ValueError("alpha")
    texts, totals, done = [tuple(prompt)], np.zeros(1), []
    for length in range(1, max_new + 1):
        logits = step_fn([list(text) for text in texts])
        tokens = logits.shape[1]
        table = totals[:, None] + logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
        if eos is not None:
            scores = table[:, eos] / ((5 + length) / 6) ** alpha
            done += [
                (-score, (*text, eos)) for score, text in zip(scores.tolist(), texts, strict=True) if score > -np.inf
            ]
            table[:, eos] = -np.inf
        done = heapq.nsmallest(beam, done)
        flat = table.ravel()
        # texts are in the order of their ids, so that the place breaks ties
        places = np.lexsort((np.arange(flat.size), -flat))[:beam]
        places = np.sort(places[flat[places] > -np.inf])
        texts = [(*texts[place // tokens], int(place % tokens)) for place in places]
        totals = flat[places]
        if not texts:
            break
        if alpha == 0 and len(done) == beam and -done[-1][0] > totals.max():
            break
    else:
        done += [
            (-total / ((5 + max_new) / 6) ** alpha, text) for total, text in zip(totals.tolist(), texts, strict=True)
        ]
    return [(list(text), 0.0 - negative) for negative, text in heapq.nsmallest(beam, done)]
