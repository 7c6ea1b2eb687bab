"""Causal attention with padding: see the statement for the rules."""


def attention(q, k, v, padding_mask=None, causal=True):
    """Return the attended values, (B, H, Tq, Dv)."""
    # scores, what each query sees, softmax, weighted sum
    return q
