"""Next-token loss and perplexity: see the statement for the rules."""

import torch


def causal_lm_loss(logits, ids, mask):
    """Return the mean loss of the predictions that count."""
    # Write: which logits predict which token, and which predictions count.
    return torch.zeros(())


def perplexity(batches):
    """Return the perplexity of all batches together."""
    return 0.0
