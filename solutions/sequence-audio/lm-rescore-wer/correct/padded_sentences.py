"""Counts slices of padded sentences; distances row by row, in one number for edits and gaps."""

import math
from collections import Counter

import numpy as np

START, END, UNKNOWN = "<s>", "</s>", "<unk>"


class NGram:
    """An n-gram model with k added to each count."""

    def __init__(self, n: int, k: float) -> None:
        """Begin without counts."""
        if n < 1:
            raise ValueError("n must be at least 1")
        if not k > 0:
            raise ValueError("k must be greater than 0")
        self.n = n
        self.k = k
        self.vocabulary = {END, UNKNOWN}
        self.ngrams = Counter()
        self.contexts = Counter()

    def fit(self, sents: list[list[str]]) -> None:
        """Count the words of sentences after those before them."""
        before = self.n - 1
        for sent in sents:
            self.vocabulary.update(sent)
            symbols = [START] * before + list(sent) + [END]
            for i in range(before, len(symbols)):
                context = tuple(symbols[i - before : i])
                self.ngrams[context, symbols[i]] += 1
                self.contexts[context] += 1

    def _known(self, word: str) -> str:
        return word if word in self.vocabulary else UNKNOWN

    def prob(self, word: str, history: list[str]) -> float:
        """Return the probability of a word after others."""
        before = self.n - 1
        recent = [self._known(old) for old in history[max(0, len(history) - before) :]]
        context = tuple([START] * (before - len(recent)) + recent)
        seen = self.ngrams[context, self._known(word)]
        return float((seen + self.k) / (self.contexts[context] + self.k * len(self.vocabulary)))

    def logprob(self, sent: list[str]) -> float:
        """Return the logarithm of the probability of a sentence."""
        before = self.n - 1
        symbols = [*sent, END]
        return float(sum(math.log(self.prob(word, symbols[max(0, i - before) : i])) for i, word in enumerate(symbols)))


def rescore(hyps: list[list[str]], am: list[float], lm: NGram, lam: float, beta: float) -> int:
    """Choose a hypothesis by sound, language and length."""
    if len(hyps) == 0 or len(hyps) != len(am):
        raise ValueError("there must be hypotheses, and a score for each")
    totals = [score + lam * lm.logprob(hyp) + beta * len(hyp) for hyp, score in zip(hyps, am, strict=True)]
    return max(range(len(totals)), key=totals.__getitem__)


def wer(ref: list[str], hyp: list[str]) -> tuple[float, int, int, int]:
    """Return the word error rate, and substitutions, deletions and insertions."""
    # One number holds both goals: the edits, times `unit`, and the gaps among them.
    unit = len(ref) + len(hyp) + 1
    gap = unit + 1
    ids = {}
    ref_ids = [ids.setdefault(word, len(ids)) for word in ref]
    hyp_ids = np.array([ids.setdefault(word, len(ids)) for word in hyp], dtype=np.int64)

    inserted = np.arange(len(hyp) + 1, dtype=np.int64) * gap
    row = inserted
    for word in ref_ids:
        best = row + gap
        best[1:] = np.minimum(best[1:], row[:-1] + unit * (hyp_ids != word))
        # Insertions run along the row.
        row = np.minimum.accumulate(best - inserted) + inserted

    edits, gaps = divmod(int(row[-1]), unit)
    longer = len(ref) - len(hyp)  # deletions less insertions
    deletions, insertions = (gaps + longer) // 2, (gaps - longer) // 2
    if ref:
        rate = edits / len(ref)
    else:
        rate = math.inf if hyp else 0.0
    return rate, edits - gaps, deletions, insertions
