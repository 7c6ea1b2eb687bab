"""Mistake: the logarithms are not made to sum to 1."""

import math
from collections import Counter

import numpy as np


class Tfidf:
    """Turns documents into rows of weights."""

    def __init__(self):
        self.vocabulary, self.idf = None, None

    def fit(self, docs):
        """Learn the vocabulary and the idf of each of its tokens."""
        if not docs:
            raise ValueError("there are no documents to learn from")
        documents = Counter(token for doc in docs for token in set(doc))
        self.vocabulary = sorted(documents)
        counts = np.array([documents[token] for token in self.vocabulary])
        self.idf = np.log((1 + len(docs)) / (1 + counts)) + 1
        return self

    def transform(self, docs):
        """Return a row of weights for each document."""
        if self.vocabulary is None:
            raise ValueError("call fit first")
        columns = {token: column for column, token in enumerate(self.vocabulary)}
        rows = np.zeros((len(docs), len(columns)))
        for row, doc in zip(rows, docs, strict=True):
            for token in doc:
                if token in columns:
                    row[columns[token]] += 1
        rows *= self.idf
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.where(norms > 0, norms, 1)


class MultinomialNB:
    """Classifies rows of counts or weights."""

    def __init__(self, alpha=1.0):
        if not 0 < alpha < math.inf:
            raise ValueError(f"alpha must be finite and above 0, not {alpha}")
        self.alpha, self.classes = alpha, None

    def fit(self, X, y):
        """Learn how probable each class is, and each feature in it."""
        if len(X) == 0 or len(X) != len(y):
            raise ValueError(f"{len(X)} rows do not go with {len(y)} labels")
        self.classes = sorted(set(y))
        groups = [X[[label == one for label in y]] for one in self.classes]
        # the number of all rows adds the same to every class, and cancels out
        self.priors = np.log([len(rows) for rows in groups])
        sums = np.array([rows.sum(axis=0) for rows in groups]) + self.alpha
        self.features = np.log(sums / sums.sum(axis=-1, keepdims=True))
        return self

    def predict_log_proba(self, X):
        """Return the logarithm of the probability of each class for each row."""
        if self.classes is None:
            raise ValueError("call fit first")
        joint = X @ self.features.T + self.priors
        return joint

    def predict(self, X):
        """Return the most probable class of each row."""
        return [self.classes[k] for k in self.predict_log_proba(X).argmax(axis=1)]
