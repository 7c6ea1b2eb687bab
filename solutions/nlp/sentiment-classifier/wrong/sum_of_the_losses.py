"""Mistake: the loss of a batch is a sum."""

from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.functional import cross_entropy


class LabelMap:
    """Labels and their ids."""

    def __init__(self, labels):
        self.classes = sorted(set(labels))
        if not self.classes:
            raise ValueError("there is no label")
        self._ids = {label: i for i, label in enumerate(self.classes)}

    def encode(self, labels):
        """Return the ids of labels."""
        unseen = [label for label in labels if label not in self._ids]
        if unseen:
            raise ValueError(f"unseen labels: {unseen}")
        return torch.tensor([self._ids[label] for label in labels], dtype=torch.int64)

    def decode(self, ids):
        """Return the labels of ids."""
        numbers = ids.tolist()
        if not all(0 <= number < len(self.classes) for number in numbers):
            raise ValueError(f"ids beyond {len(self.classes)} classes: {numbers}")
        return [self.classes[number] for number in numbers]


class _Classifier(nn.Module):
    def __init__(self, vocab_size, n_classes, max_len):
        super().__init__()
        width, heads, inner, dropout = 32, 2, 64, 0.0  # pragma: no mutate
        self.tokens = nn.Embedding(vocab_size, width)
        self.places = nn.Embedding(max_len, width)
        self.layer = nn.TransformerEncoderLayer(width, heads, inner, dropout, batch_first=True)
        self.head = nn.Linear(width, n_classes)

    def forward(self, ids, mask):
        hidden = self.tokens(ids) + self.places.weight[: ids.shape[1]]
        hidden = self.layer(hidden, src_key_padding_mask=~mask)
        total = hidden.masked_fill(~mask[:, :, None], 0).sum(dim=1)
        return self.head(total / mask.sum(dim=1, keepdim=True))


def build(vocab_size, n_classes, max_len, seed):
    """Return a Transformer classifier: model(ids, mask) gives logits."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _Classifier(vocab_size, n_classes, max_len)


def train(model, batches, lr, epochs):
    """Train a model; return the mean loss of each epoch."""
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    with _in_mode(model, True):
        return [_epoch(model, batches, opt) for _ in range(epochs)]


def _epoch(model, batches, opt):
    total, count = 0.0, 0
    for ids, mask, y in batches:
        loss = cross_entropy(model(ids, mask), y, reduction="sum")
        opt.zero_grad()
        loss.backward()
        opt.step()
        total += loss.item() * len(y)
        count += len(y)
    return total / count


@torch.no_grad()
def evaluate(model, batches):
    """Return the accuracy of a model."""
    right, count = 0, 0
    with _in_mode(model, False):
        for ids, mask, y in batches:
            right += (model(ids, mask).argmax(dim=1) == y).sum().item()
            count += len(y)
    if count == 0:
        raise ValueError("there is no text")
    return right / count


@contextmanager
def _in_mode(model, training):
    """Put all modules in one mode, and each back in its own afterwards."""
    modes = {module: module.training for module in model.modules()}
    model.train(training)
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
