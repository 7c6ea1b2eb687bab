"""Counters united by maximum and cut by minimum; the row of the table as the bits of one integer."""

import math
from collections import Counter


def _ngrams(text, k):
    return Counter(tuple(text[i : i + k]) for i in range(len(text) - k + 1))


def corpus_bleu(cands, refs, n=4):
    """Return the BLEU of a corpus."""
    if n < 1:
        raise ValueError("n must be at least 1")
    if len(cands) != len(refs):
        raise ValueError("cands and refs differ in length")
    if any(len(texts) == 0 for texts in refs):
        raise ValueError("a candidate has no references")

    log_sum = 0.0
    for k in range(1, n + 1):
        matches = count = 0
        for cand, texts in zip(cands, refs):
            grams = _ngrams(cand, k)
            most = Counter()
            for text in texts:
                most |= _ngrams(text, k)
            matches += (grams & most).total()
            count += grams.total()
        if matches == 0:
            return 0.0
        log_sum += math.log(matches / count)

    c = sum(len(cand) for cand in cands)
    r = sum(
        min((len(text) for text in texts), key=lambda size: (abs(size - len(cand)), size))
        for cand, texts in zip(cands, refs)
    )
    penalty = 1.0 if c >= r else math.exp(1 - r / c)
    return penalty * math.exp(log_sum / n)


def _lcs_length(a, b):
    """Length of the longest common subsequence; one row of the table is the bits of an int."""
    places = {}
    for i, token in enumerate(a):
        places[token] = places.get(token, 0) | 1 << i
    full = (1 << len(a)) - 1
    row = full  # a bit of 0 is a place where the length grows by one
    for token in b:
        hits = row & places.get(token, 0)
        if hits:
            row = ((row + hits) | (row - hits)) & full
    return len(a) - row.bit_count()


def rouge_l(cand, ref, beta=1.0):
    """Return precision, recall and F of the longest common subsequence."""
    if not (math.isfinite(beta) and beta >= 0):
        raise ValueError("beta must be a finite number of at least 0")
    length = _lcs_length(cand, ref)
    if length == 0:
        return 0.0, 0.0, 0.0
    precision, recall = length / len(cand), length / len(ref)
    if beta <= 1:
        square = beta**2
        f = (1 + square) * precision * recall / (recall + square * precision)
    else:  # the same divided by beta**2, which might be too large for a float
        inverse = (1 / beta) ** 2
        f = (inverse + 1) * precision * recall / (inverse * recall + precision)
    return precision, recall, f
