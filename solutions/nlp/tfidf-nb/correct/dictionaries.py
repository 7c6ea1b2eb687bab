"""Dictionaries and Python floats; logarithms taken apart."""

import math

import numpy as np


class Tfidf:
    """Turns documents into rows of weights."""

    vocabulary = idf = None

    def fit(self, docs):
        """Learn the vocabulary and the idf of each of its tokens."""
        if len(docs) == 0:
            raise ValueError("no documents")
        seen_in = {}
        for number, doc in enumerate(docs):
            for token in doc:
                seen_in.setdefault(token, set()).add(number)
        self.vocabulary = sorted(seen_in.keys())
        self.idf = np.array([1.0 - math.log((1 + len(seen_in[t])) / (len(docs) + 1)) for t in self.vocabulary])
        return self

    def transform(self, docs):
        """Return a row of weights for each document."""
        if self.idf is None:
            raise ValueError("fit first")
        rows = np.zeros((len(docs), len(self.idf)))
        for i, doc in enumerate(docs):
            for j, token in enumerate(self.vocabulary):
                rows[i, j] = doc.count(token) * self.idf[j]
            length = math.sqrt(sum(weight**2 for weight in rows[i].tolist()))
            if length:
                rows[i] /= length
        return rows


class MultinomialNB:
    """Classifies rows of counts or weights."""

    def __init__(self, alpha=1.0):
        if math.isnan(alpha) or alpha <= 0 or alpha == math.inf:
            raise ValueError("alpha")
        self.alpha, self.tables = alpha, None

    def fit(self, X, y):
        """Learn how probable each class is, and each feature in it."""
        if not len(y) or len(y) != X.shape[0]:
            raise ValueError("labels")
        self.classes, self.tables, self.width = sorted(set(y)), {}, X.shape[1]
        for label in self.classes:
            own = X[[i for i, other in enumerate(y) if other == label]]
            sums = own.sum(axis=0)
            whole = math.log(sums.sum() + self.alpha * self.width)
            self.tables[label] = math.log(len(own)) - math.log(len(y)), np.log(sums + self.alpha) - whole
        return self

    def predict_log_proba(self, X):
        """Return the logarithm of the probability of each class for each row."""
        if self.tables is None or X.shape[1] != self.width:
            raise ValueError("fit first, and with rows of the same width")
        joint = np.array([[p + float(np.dot(row, logs)) for p, logs in self.tables.values()] for row in X])
        shifted = joint - joint.max(axis=1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def predict(self, X):
        """Return the most probable class of each row."""
        rows = self.predict_log_proba(X).tolist()
        return [self.classes[row.index(max(row))] for row in rows]
