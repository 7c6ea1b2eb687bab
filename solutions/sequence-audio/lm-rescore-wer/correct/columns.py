"""Nested dicts for counts; distances column by column, with the places of each word of the reference."""

import math
from collections import defaultdict

import numpy as np


class NGram:
    """An n-gram model with k added to each count."""

    def __init__(self, n, k):
        if n < 1:
            raise ValueError("at least one symbol")
        if not k > 0:
            raise ValueError("smoothing must add something")
        self.order, self.extra = n, k
        self.following = defaultdict(lambda: defaultdict(int))
        self.vocabulary = {"</s>", "<unk>"}

    def fit(self, sents):
        """Count the words of sentences after those before them."""
        for sent in sents:
            self.vocabulary |= set(sent)
            padded = ["<s>"] * (self.order - 1) + list(sent) + ["</s>"]
            for end in range(self.order, len(padded) + 1):
                gram = padded[end - self.order : end]
                self.following[tuple(gram[:-1])][gram[-1]] += 1

    def prob(self, word, history):
        """Return the probability of a word after others."""
        padded = ["<s>"] * (self.order - 1) + [self._known(each) for each in history]
        counts = self.following.get(tuple(padded[len(padded) - self.order + 1 :]), {})
        total = sum(counts.values()) + self.extra * len(self.vocabulary)
        return (counts.get(self._known(word), 0) + self.extra) / total

    def logprob(self, sent):
        """Return the logarithm of the probability of a sentence."""
        total = 0.0
        for i in range(len(sent)):
            total += math.log(self.prob(sent[i], sent[:i]))
        return total + math.log(self.prob("</s>", sent))

    def _known(self, word):
        return word if word in self.vocabulary else "<unk>"


def rescore(hyps, am, lm, lam, beta):
    """Choose a hypothesis by sound, language and length."""
    if len(hyps) != len(am) or len(hyps) == 0:
        raise ValueError("one score for each hypothesis, and at least one")
    best, top = 0, -math.inf
    for i, (hyp, score) in enumerate(zip(hyps, am)):
        total = score + lam * lm.logprob(hyp) + beta * len(hyp)
        if total > top:
            best, top = i, total
    return best


def wer(ref, hyp):
    """Return the word error rate, and substitutions, deletions and insertions."""
    n, m = len(ref), len(hyp)
    where = {}
    for i, word in enumerate(ref):
        where.setdefault(word, []).append(i)
    unit = n + m + 1
    down = (unit + 1) * np.arange(n + 1)
    column = down.copy()
    for word in hyp:
        # a substitution everywhere, but where the word stands in the reference
        diagonal = column[:-1] + unit
        places = where.get(word, [])
        diagonal[places] -= unit
        column = column + (unit + 1)
        column[1:] = np.minimum(column[1:], diagonal)
        column = down + np.minimum.accumulate(column - down)
    edits, gaps = divmod(int(column[n]), unit)
    dels = (gaps + n - m) // 2
    rate = edits / n if n else (0.0 if m == 0 else math.inf)
    return rate, edits - gaps, dels, gaps - dels
