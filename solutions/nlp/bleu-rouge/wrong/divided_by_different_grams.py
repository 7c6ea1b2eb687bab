"""Mistake: matches are divided by the number of different n-grams."""

import math
from collections import Counter

import numpy as np


def corpus_bleu(cands, refs, n=4):
    """Return the BLEU of a corpus."""
    if n < 1:
        raise ValueError(f"n must be at least 1, not {n}")
    if len(cands) != len(refs) or not all(refs):
        raise ValueError("every candidate needs references of its own")
    matches, grams = [0] * n, [0] * n
    length = closest = 0
    for cand, own in zip(cands, refs, strict=True):
        length += len(cand)
        closest += min((len(ref) for ref in own), key=lambda size: (abs(size - len(cand)), size))
        for k in range(n):
            counts, most = _count(cand, k + 1), Counter()
            for ref in own:
                most |= _count(ref, k + 1)
            matches[k] += (counts & most).total()
            grams[k] += len(counts)
    if 0 in matches:
        return 0.0
    mean = sum(math.log(part / whole) for part, whole in zip(matches, grams, strict=True)) / n
    return math.exp(mean + min(0.0, 1 - closest / length))


def rouge_l(cand, ref, beta=1.0):
    """Return precision, recall and F of the longest common subsequence."""
    if not 0 <= beta < math.inf:
        raise ValueError(f"beta must be finite and at least 0, not {beta}")
    common = _common(cand, ref)
    if common == 0:
        return 0.0, 0.0, 0.0
    precision, recall = common / len(cand), common / len(ref)
    return precision, recall, (1 + beta**2) * precision * recall / (recall + beta**2 * precision)


def _count(text, k):
    """Return how often each k-gram stands in a text."""
    return Counter(tuple(text[i : i + k]) for i in range(len(text) - k + 1))


def _common(a, b):
    """Return the length of the longest common subsequence, one row of the table at a time."""
    numbers = {token: number for number, token in enumerate(b)}
    columns = np.array([numbers[token] for token in b])
    row = np.zeros(len(b) + 1, dtype=np.int64)
    for token in a:
        if token in numbers:
            longer = np.where(columns == numbers[token], row[:-1] + 1, row[1:])
            row[1:] = np.maximum.accumulate(longer)
    return int(row[-1])
