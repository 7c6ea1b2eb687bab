"""One example at a time, with its real steps alone."""

import torch


def additive_attention(h, enc, W, v, mask=None):
    """Return the context of each example, and the weight of each of its steps."""
    contexts, rows = [], []
    for b in range(len(h)):
        places = torch.arange(enc.shape[1]) if mask is None else mask[b].nonzero().flatten()
        steps = enc[b, places]
        hidden = (W[:, h.shape[1] :] @ steps.T + (W[:, : h.shape[1]] @ h[b])[:, None]).tanh()
        weights = torch.softmax(v @ hidden, dim=0)
        contexts.append(weights @ steps)
        rows.append(torch.zeros(enc.shape[1], dtype=enc.dtype).index_put((places,), weights))
    return torch.stack(contexts), torch.stack(rows)
