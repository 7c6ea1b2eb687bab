"""Leaves both to scikit-learn."""

import numpy as np
from sklearn import naive_bayes
from sklearn.feature_extraction.text import TfidfVectorizer


class Tfidf:
    """Turns documents into rows of weights."""

    vocabulary = None

    def fit(self, docs):
        """Learn the vocabulary and the idf of each of its tokens."""
        if not docs:
            raise ValueError("no documents")
        self.vocabulary, self.idf = sorted({token for doc in docs for token in doc}), np.zeros(0)
        if self.vocabulary:
            self._library = TfidfVectorizer(analyzer=list).fit(docs)
            self.idf = self._library.idf_
        return self

    def transform(self, docs):
        """Return a row of weights for each document."""
        if self.vocabulary is None:
            raise ValueError("fit first")
        if not self.vocabulary or not docs:
            return np.zeros((len(docs), len(self.vocabulary)))
        return self._library.transform(docs).toarray()


class MultinomialNB:
    """Classifies rows of counts or weights."""

    def __init__(self, alpha=1.0):
        if not 0 < alpha < np.inf:
            raise ValueError("alpha")
        self._library = naive_bayes.MultinomialNB(alpha=alpha, force_alpha=True)

    def fit(self, X, y):
        """Learn how probable each class is, and each feature in it."""
        self._library.fit(X, y)
        self.classes = sorted(set(y))
        return self

    def predict_log_proba(self, X):
        """Return the logarithm of the probability of each class for each row."""
        return self._library.predict_log_proba(X)

    def predict(self, X):
        """Return the most probable class of each row."""
        return self._library.predict(X).tolist()
