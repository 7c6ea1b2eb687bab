"""Naive Bayes with one product per class, shifted by the largest logarithm of each row."""

import math
from collections import Counter

import numpy as np


class Tfidf:
    """Turns documents into rows of weights."""

    def __init__(self):
        self._column = None

    def fit(self, docs):
        """Learn the vocabulary and the idf of each of its tokens."""
        if len(docs) == 0:
            raise ValueError("fit needs at least one document")
        df = Counter(token for doc in docs for token in set(doc))
        self.vocabulary = sorted(df)
        counts = np.array([df[token] for token in self.vocabulary], dtype=np.float64)
        self.idf = np.log((1 + len(docs)) / (1 + counts)) + 1
        self._column = {token: i for i, token in enumerate(self.vocabulary)}
        return self

    def transform(self, docs):
        """Return a row of weights for each document."""
        if self._column is None:
            raise ValueError("transform before fit")
        rows = np.zeros((len(docs), len(self.vocabulary)))
        for row, doc in zip(rows, docs):
            for token in doc:
                column = self._column.get(token)
                if column is not None:
                    row[column] += 1
        rows *= self.idf
        norms = np.sqrt((rows**2).sum(axis=1, keepdims=True))
        return rows / np.where(norms > 0, norms, 1.0)


class MultinomialNB:
    """Classifies rows of counts or weights."""

    def __init__(self, alpha=1.0):
        if not (math.isfinite(alpha) and alpha > 0):
            raise ValueError("alpha must be a finite number above 0")
        self.alpha = alpha
        self._log_likelihood = None

    def fit(self, X, y):
        """Learn how probable each class is, and each feature in it."""
        if len(X) == 0:
            raise ValueError("fit needs at least one row")
        if len(X) != len(y):
            raise ValueError("as many labels as rows are needed")
        X = np.asarray(X, dtype=np.float64)
        y = [str(label) for label in y]
        self.classes = sorted(set(y))
        index = {label: i for i, label in enumerate(self.classes)}
        rows = np.array([index[label] for label in y])
        sums = np.stack([X[rows == c].sum(axis=0) for c in range(len(self.classes))])
        totals = sums.sum(axis=1, keepdims=True) + self.alpha * X.shape[1]
        self._log_prior = np.log(np.bincount(rows) / len(y))
        self._log_likelihood = np.log(sums + self.alpha) - np.log(totals)
        return self

    def predict_log_proba(self, X):
        """Return the logarithm of the probability of each class for each row."""
        if self._log_likelihood is None:
            raise ValueError("predict before fit")
        X = np.asarray(X, dtype=np.float64)
        if X.ndim != 2 or X.shape[1] != self._log_likelihood.shape[1]:
            raise ValueError("X has another width than in fit")
        joint = np.stack([X @ weights for weights in self._log_likelihood], axis=1) + self._log_prior
        joint -= joint.max(axis=1, keepdims=True)
        return joint - np.log(np.exp(joint).sum(axis=1, keepdims=True))

    def predict(self, X):
        """Return the most probable class of each row."""
        return [self.classes[i] for i in self.predict_log_proba(X).argmax(axis=1)]
