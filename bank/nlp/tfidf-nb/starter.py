"""Bag of words: see the statement for the rules."""

import numpy as np


class Tfidf:
    """Turns documents into rows of weights."""

    def fit(self, docs):
        """Learn the vocabulary and the idf of each of its tokens."""
        # Write: the tokens in order, and in how many documents each of them stands.
        self.vocabulary, self.idf = [], np.zeros(0)
        return self

    def transform(self, docs):
        """Return a row of weights for each document."""
        # Write: counts of known tokens, weighed and scaled.
        return np.zeros((len(docs), len(self.vocabulary)))


class MultinomialNB:
    """Classifies rows of counts or weights."""

    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def fit(self, X, y):
        """Learn how probable each class is, and each feature in it."""
        # Write: the classes in order, and both kinds of logarithms.
        self.classes = []
        return self

    def predict_log_proba(self, X):
        """Return the logarithm of the probability of each class for each row."""
        # Write: the sum of logarithms, then what makes it a probability.
        return np.zeros((len(X), len(self.classes)))

    def predict(self, X):
        """Return the most probable class of each row."""
        # Write: the first of the largest.
        return []
