"""Dictionaries filled by hand; the subsequence from the places of equal tokens (Hunt and Szymanski 1977)."""

import math
from bisect import bisect_left


def corpus_bleu(cands, refs, n=4):
    """Return the BLEU of a corpus."""
    if not n >= 1:
        raise ValueError("n")
    if len(refs) != len(cands):
        raise ValueError("lengths")
    hits, grams, c, r = {}, {}, 0, 0
    for cand, own in zip(cands, refs, strict=True):
        if len(own) == 0:
            raise ValueError("references")
        c += len(cand)
        nearest = None
        for ref in own:
            better = nearest is None or abs(len(ref) - len(cand)) < abs(nearest - len(cand))
            if better or (abs(len(ref) - len(cand)) == abs(nearest - len(cand)) and len(ref) < nearest):
                nearest = len(ref)
        r += nearest
        left = [_table(ref, n) for ref in own]
        for gram, count in _table(cand, n).items():
            grams[len(gram)] = grams.get(len(gram), 0) + count
            hits[len(gram)] = hits.get(len(gram), 0) + min(count, max(table.get(gram, 0) for table in left))
    if any(hits.get(k, 0) == 0 for k in range(1, n + 1)):
        return 0.0
    product = math.prod(hits[k] / grams[k] for k in range(1, n + 1))
    return product ** (1 / n) * (math.exp(1 - r / c) if c < r else 1.0)


def _table(text, n):
    table = {}
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - n), end):
            gram = tuple(text[start:end])
            table[gram] = table.get(gram, 0) + 1
    return table


def rouge_l(cand, ref, beta=1.0):
    """Return precision, recall and F of the longest common subsequence."""
    if not (beta >= 0 and math.isfinite(beta)):
        raise ValueError("beta")
    places = {}
    for place in reversed(range(len(ref))):
        places.setdefault(ref[place], []).append(place)
    ends = []
    for token in cand:
        for place in places.get(token, ()):
            k = bisect_left(ends, place)
            ends[k : k + 1] = [place]
    if not ends:
        return 0.0, 0.0, 0.0
    p, r = len(ends) / len(cand), len(ends) / len(ref)
    return p, r, p * r * (1 + beta**2) / (beta**2 * p + r)
