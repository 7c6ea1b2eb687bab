"""One token after the other; the loss from gathered logarithms."""

import math

import torch

NO_LABEL = -100  # variant: no_label


def mask_tokens(ids, special, vocab_size, mask_id, p, u):
    """Return what the model is shown, and what it has to restore."""
    if math.isnan(p) or p < 0 or p > 1:
        raise ValueError("p")
    if list(u.shape) != [3, *ids.shape]:
        raise ValueError("u")
    inputs, labels = ids.tolist(), [[NO_LABEL] * ids.shape[1] for _ in ids]
    (choices, kinds, tokens), protected = u.tolist(), set(special)
    for b, row in enumerate(inputs):
        for t, token in enumerate(row):
            if token in protected or choices[b][t] >= p:
                continue
            labels[b][t] = token
            if kinds[b][t] < 0.8:
                row[t] = mask_id
            elif kinds[b][t] < 0.9:
                row[t] = int(tokens[b][t] * vocab_size)
    return torch.tensor(inputs), torch.tensor(labels)


def mlm_loss(hidden, labels, weight, bias):
    """Return the mean loss over the positions with a label."""
    places = torch.nonzero(labels.reshape(-1) != NO_LABEL)[:, 0]
    wanted = labels.reshape(-1)[places]
    logits = torch.addmm(bias, hidden.reshape(-1, hidden.shape[-1])[places], weight.T)
    losses = logits.logsumexp(dim=1) - logits.gather(1, wanted[:, None])[:, 0]
    return losses.sum() / max(len(places), 1)
