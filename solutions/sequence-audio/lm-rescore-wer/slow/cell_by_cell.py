"""Right, but fills the table of distances cell by cell."""

import math
from collections import Counter

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
    # an edit costs `unit`, a gap one more, so that the fewest gaps decide among the fewest edits
    unit = len(ref) + len(hyp) + 1
    row = [(unit + 1) * j for j in range(len(hyp) + 1)]
    for word in ref:
        before, row = row, [row[0] + unit + 1]
        for j, other in enumerate(hyp):
            row.append(min(before[j] + unit * (other != word), before[j + 1] + unit + 1, row[j] + unit + 1))
    edits, gaps = divmod(int(row[-1]), unit)
    deletions = (gaps + len(ref) - len(hyp)) // 2
    rate = edits / len(ref) if ref else math.inf if hyp else 0.0
    return rate, edits - gaps, deletions, gaps - deletions
