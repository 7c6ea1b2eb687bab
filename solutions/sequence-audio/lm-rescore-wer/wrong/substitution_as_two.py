"""Mistake: a substitution is a deletion and an insertion."""

import math
from collections import Counter

import numpy as np

START, END, UNKNOWN = "<s>", "</s>", "<unk>"


class NGram:
    """An n-gram model with k added to each count."""

    def __init__(self, n, k):
        if n < 1 or not k > 0:
            raise ValueError(f"no model of {n} symbols with {k} added")
        self._n, self._k = n, k
        self._grams, self._contexts = Counter(), Counter()
        self._words = {END, UNKNOWN}

    def fit(self, sents):
        """Count the words of sentences after those before them."""
        for sent in sents:
            self._words.update(sent)
            for i, word in enumerate([*sent, END]):
                context, word = self._seen(word, sent[:i])
                self._grams[context, word] += 1
                self._contexts[context] += 1

    def prob(self, word, history):
        """Return the probability of a word after others."""
        context, word = self._seen(word, history)
        return (self._grams[context, word] + self._k) / (self._contexts[context] + self._k * len(self._words))

    def logprob(self, sent):
        """Return the logarithm of the probability of a sentence."""
        return math.fsum(math.log(self.prob(word, sent[:i])) for i, word in enumerate([*sent, END]))

    def _seen(self, word, history):
        """Return context and word as the model knows them."""
        known = [each if each in self._words else UNKNOWN for each in (*history, word)]
        *context, word = ([START] * self._n + known)[-self._n :]
        return tuple(context), word


def rescore(hyps, am, lm, lam, beta):
    """Choose a hypothesis by sound, language and length."""
    if not hyps or len(hyps) != len(am):
        raise ValueError(f"{len(hyps)} hypotheses and {len(am)} scores")
    sums = [score + lam * lm.logprob(hyp) + beta * len(hyp) for hyp, score in zip(hyps, am)]
    return sums.index(max(sums))


def wer(ref, hyp):
    """Return the word error rate, and substitutions, deletions and insertions."""
    numbers = {}
    said, heard = (np.array([numbers.setdefault(w, len(numbers)) for w in words]) for words in (ref, hyp))
    # an edit costs `unit`, a gap one more, so that the fewest gaps decide among the fewest edits
    unit = len(ref) + len(hyp) + 1
    inserted = (unit + 1) * np.arange(len(hyp) + 1)
    row = inserted
    for word in said:
        best = row + unit + 1
        best[1:] = np.minimum(best[1:], row[:-1] + (2 * unit + 2) * (heard != word))
        row = np.minimum.accumulate(best - inserted) + inserted
    edits, gaps = divmod(int(row[-1]), unit)
    deletions = (gaps + len(ref) - len(hyp)) // 2
    rate = edits / len(ref) if ref else math.inf if hyp else 0.0
    return rate, edits - gaps, deletions, gaps - deletions
