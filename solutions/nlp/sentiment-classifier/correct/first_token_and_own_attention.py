"""A token of its own before the text answers for it; attention is written out."""

import math

import torch
from torch import nn


class LabelMap:
    """Labels and their ids."""

    def __init__(self, labels):
        self.classes = []
        for label in sorted(labels):
            if label not in self.classes:
                self.classes.append(label)
        if len(self.classes) == 0:
            raise ValueError("labels")

    def encode(self, labels):
        """Return the ids of labels."""
        # list.index raises ValueError itself
        return torch.LongTensor([self.classes.index(label) for label in labels])

    def decode(self, ids):
        """Return the labels of ids."""
        if ids.numel() and (ids.min() < 0 or ids.max() >= len(self.classes)):
            raise ValueError("ids")
        return [self.classes[int(i)] for i in ids]


class Block(nn.Module):
    """Attention and a small network, each added to what was there."""

    def __init__(self, width):
        super().__init__()
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mix = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.net = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, x, mask):
        q, k, v = self.mix(self.before(x)).chunk(3, dim=-1)
        scores = q @ k.transpose(1, 2) / math.sqrt(x.shape[-1])
        weights = scores.masked_fill(~mask[:, None, :], -1e9).softmax(dim=-1)
        x = x + self.out(weights @ v)
        return x + self.net(self.between(x))


class Model(nn.Module):
    """Two blocks over tokens and places."""

    def __init__(self, vocab_size, n_classes, max_len, width=24):
        super().__init__()
        self.words = nn.Embedding(vocab_size + 1, width)
        self.places = nn.Parameter(torch.randn(max_len + 1, width))
        self.blocks = nn.ModuleList([Block(width), Block(width)])
        self.answer = nn.Linear(width, n_classes)

    def forward(self, ids, mask):
        start = ids.new_full((len(ids), 1), self.words.num_embeddings - 1)
        ids = torch.cat([start, ids], dim=1)
        mask = torch.cat([torch.ones_like(start, dtype=torch.bool), mask], dim=1)
        x = self.words(ids) + self.places[: ids.shape[1]]
        for block in self.blocks:
            x = block(x, mask)
        return self.answer(x[:, 0])


def build(vocab_size, n_classes, max_len, seed):
    """Return a Transformer classifier: model(ids, mask) gives logits."""
    state = torch.get_rng_state()
    torch.manual_seed(seed)
    model = Model(vocab_size, n_classes, max_len)
    torch.set_rng_state(state)
    return model


def train(model, batches, lr, epochs):
    """Train a model; return the mean loss of each epoch."""
    modes = [(m, m.training) for m in model.modules()]
    model.train()
    model.zero_grad()
    opt = torch.optim.Adam(list(model.parameters()), lr=lr)
    means = []
    for _ in range(epochs):
        losses = []
        for ids, mask, y in batches:
            each = nn.CrossEntropyLoss(reduction="none")(model(ids, mask), y)
            each.mean().backward()
            opt.step()
            opt.zero_grad()
            losses += each.tolist()
        means.append(math.fsum(losses) / len(losses))
    for m, mode in modes:
        m.training = mode
    return means


def evaluate(model, batches):
    """Return the accuracy of a model."""
    modes = [(m, m.training) for m in model.modules()]
    model.eval()
    hits = []
    with torch.inference_mode():
        for ids, mask, y in batches:
            hits += torch.eq(model(ids, mask).max(dim=1).indices, y).tolist()
    for m, mode in modes:
        m.training = mode
    if not hits:
        raise ValueError("no texts")
    return sum(hits) / len(hits)
