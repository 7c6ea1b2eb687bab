"""Embeddings of two languages: see the statement for the rules."""

import numpy as np


def align(X, Y):
    """Return the orthogonal matrix that takes X nearest to Y."""
    return np.zeros((X.shape[1], X.shape[1]))


def translate(Q, V, W, k):
    """Return the indices of the k nearest rows of V."""


def csls(S, k):
    """Return similarities corrected for hubs."""
    return S


def macro_f1(true, pred, langs):
    """Return the macro-averaged F1 of each language."""
    return {}
