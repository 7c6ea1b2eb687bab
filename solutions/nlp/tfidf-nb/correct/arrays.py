"""Arrays wherever there is one: unique, bincount, indicator matrices."""

import numpy as np


class Tfidf:
    """Turns documents into rows of weights."""

    def __init__(self):
        self._fitted = False

    def fit(self, docs):
        """Learn the vocabulary and the idf of each of its tokens."""
        if docs == []:
            raise ValueError("no documents")
        self.vocabulary = sorted({token for doc in docs for token in doc})
        self._fitted = True
        present = (self._counts(docs) > 0).sum(axis=0)
        self.idf = 1.0 + np.log1p(len(docs)) - np.log1p(present)
        return self

    def transform(self, docs):
        """Return a row of weights for each document."""
        if not self._fitted:
            raise ValueError("fit first")
        weights = self._counts(docs) * self.idf
        lengths = np.sqrt(np.einsum("ij,ij->i", weights, weights))
        return np.divide(weights, lengths[:, None], out=np.zeros_like(weights), where=lengths[:, None] > 0)

    def _counts(self, docs):
        places = {token: place for place, token in enumerate(self.vocabulary)}
        table = np.zeros((len(docs), len(places)))
        for row, doc in zip(table, docs, strict=True):
            known = [places[token] for token in doc if token in places]
            row += np.bincount(np.array(known, dtype=int), minlength=len(places))
        return table


class MultinomialNB:
    """Classifies rows of counts or weights."""

    def __init__(self, alpha=1.0):
        if not (np.isfinite(alpha) and alpha > 0):
            raise ValueError("alpha")
        self.alpha = alpha

    def fit(self, X, y):
        """Learn how probable each class is, and each feature in it."""
        if X.shape[0] != len(y) or len(y) == 0:
            raise ValueError("labels")
        self.classes = sorted(set(y))
        codes = np.array([self.classes.index(label) for label in y])
        sums = np.zeros((len(self.classes), X.shape[1]))
        np.add.at(sums, codes, X)
        self._prior = np.log(np.bincount(codes)) - np.log(len(y))
        self._given = np.log(sums + self.alpha) - np.log(sums.sum(axis=1) + self.alpha * X.shape[1])[:, None]
        return self

    def predict_log_proba(self, X):
        """Return the logarithm of the probability of each class for each row."""
        if not hasattr(self, "_given") or X.shape[1] != self._given.shape[1]:
            raise ValueError("fit first, with rows of the same width")
        joint = np.einsum("iv,cv->ic", X, self._given) + self._prior
        top = joint.max(axis=1)
        return joint - (top + np.log(np.exp(joint - top[:, None]).sum(axis=1)))[:, None]

    def predict(self, X):
        """Return the most probable class of each row."""
        logs = self.predict_log_proba(X)
        return [self.classes[int(k)] for k in np.argmax(logs, axis=1)]
