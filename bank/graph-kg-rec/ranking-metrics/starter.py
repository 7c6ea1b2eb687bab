"""Ranking metrics: see the statement for the rules."""


def ndcg(rel, scores, k):
    """Return the mean normalised gain of the first k places."""
    # Write: the refusals, what each item's place is worth, the ideal order.
    return 0.0


def recall_at_k(rel, scores, k):
    """Return the mean share of relevant items among the first k places."""
    return 0.0


def mrr(rel, scores):
    """Return the mean reciprocal place of the first relevant item."""
    return 0.0
