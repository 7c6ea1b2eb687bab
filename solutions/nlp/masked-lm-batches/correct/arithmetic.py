"""Flat tensors and copies written by index; the mean taken only where there is one."""

import torch
import torch.nn.functional as F

NO_LABEL = -100  # variant: no_label


def mask_tokens(ids, special, vocab_size, mask_id, p, u):
    """Return what the model is shown, and what it has to restore."""
    if not (p >= 0 and p <= 1):
        raise ValueError("p")
    if u.ndim != 3 or u.shape[0] != 3 or u.shape[1:] != ids.shape:
        raise ValueError("u")
    inputs, labels = ids.clone(), torch.full_like(ids, NO_LABEL)
    protected = torch.zeros(vocab_size, dtype=torch.bool)
    for token in special:
        protected[token] = True
    rows, columns = torch.nonzero((u[0] < p) & ~protected[ids], as_tuple=True)
    labels[rows, columns] = ids[rows, columns]
    kind = torch.bucketize(u[1, rows, columns], torch.tensor([0.8, 0.9], dtype=torch.float64), right=True)
    drawn = torch.floor(u[2, rows, columns] * vocab_size).to(torch.int64)
    choices = torch.stack([torch.full_like(drawn, mask_id), drawn, ids[rows, columns]])
    inputs[rows, columns] = choices.gather(0, kind[None])[0]
    return inputs, labels


def mlm_loss(hidden, labels, weight, bias):
    """Return the mean loss over the positions with a label."""
    labelled = labels.ne(NO_LABEL)
    if not labelled.any():
        return (hidden[labelled].sum() + 0 * weight.sum() + 0 * bias.sum()).to(hidden.dtype)
    log_p = F.log_softmax(hidden[labelled] @ weight.T + bias, dim=-1)
    return F.nll_loss(log_p, labels[labelled])
