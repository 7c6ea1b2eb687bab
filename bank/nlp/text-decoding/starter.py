"""Text decoding: see the statement for the rules."""

import numpy as np


def filter_logits(logits, temperature=1.0, top_k=None, top_p=None):
    """Return the divided logits of the tokens that may follow, and -inf for every other one."""
    # Write: the temperature, then the k largest, then the smallest set that reaches p.
    return np.zeros_like(logits)


def generate(step_fn, prompt, max_new, eos, u=None, temperature=1.0, top_k=None, top_p=None):
    """Return the prompt and the new tokens, chosen greedily or by the numbers of u."""
    # Write: ask step_fn, choose a token, append it, stop in time.
    return []
