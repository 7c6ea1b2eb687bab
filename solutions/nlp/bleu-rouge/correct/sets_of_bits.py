"""Matches counted gram by gram; the row of the table as the bits of one integer (Hyyrö 2004)."""

import math


def corpus_bleu(cands, refs, n=4):
    """Return the BLEU of a corpus."""
    if n <= 0 or len(cands) != len(refs):
        raise ValueError("n, or the number of references")
    score = 1.0
    c = sum(map(len, cands))
    r = 0
    for cand, own in zip(cands, refs, strict=True):
        if not own:
            raise ValueError("no references")
        lengths = sorted(map(len, own))
        distances = [abs(length - len(cand)) for length in lengths]
        r += lengths[distances.index(min(distances))]
    for k in range(1, n + 1):
        matches = total = 0
        for cand, own in zip(cands, refs, strict=True):
            grams = _grams(cand, k)
            theirs = [_grams(ref, k) for ref in own]
            total += len(grams)
            matches += sum(min(grams.count(gram), max(t.count(gram) for t in theirs)) for gram in set(grams))
        if not matches:
            return 0.0
        score *= (matches / total) ** (1 / n)
    return score if c >= r else score * math.exp(1 - r / c)


def _grams(text, k):
    return list(zip(*(text[i:] for i in range(k)), strict=False))


def rouge_l(cand, ref, beta=1.0):
    """Return precision, recall and F of the longest common subsequence."""
    if math.isnan(beta) or math.isinf(beta) or beta < 0:
        raise ValueError("beta")
    places = {}
    for i, token in enumerate(ref):
        places[token] = places.get(token, 0) | 1 << i
    everything = (1 << len(ref)) - 1
    row = everything
    for token in cand:
        met = row & places.get(token, 0)
        row = ((row + met) | (row - met)) & everything
    common = len(ref) - row.bit_count()
    if not common:
        return 0.0, 0.0, 0.0
    p, r = common / len(cand), common / len(ref)
    return p, r, (1 + beta * beta) / (1 / p + beta * beta / r) if beta else p
