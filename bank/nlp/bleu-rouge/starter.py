"""BLEU and ROUGE-L: see the statement for the rules."""


def corpus_bleu(cands, refs, n=4):
    """Return the BLEU of a corpus."""
    # Write: matches and n-grams of each order, the penalty, the mean.
    return 0.0


def rouge_l(cand, ref, beta=1.0):
    """Return precision, recall and F of the longest common subsequence."""
    # Write: the length of the longest common subsequence, and the three scores.
    return 0.0, 0.0, 0.0
