"""Two blocks with attention of their own and the norm in front; modes set module by module."""

import math
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn import functional as F


class LabelMap:
    """Labels and their ids."""

    def __init__(self, labels):
        self.classes = sorted(set(labels))
        if not self.classes:
            raise ValueError("no labels")
        self._ids = {label: i for i, label in enumerate(self.classes)}

    def encode(self, labels):
        """Return the ids of labels."""
        ids = []
        for label in labels:
            if label not in self._ids:
                raise ValueError(f"unknown label {label!r}")
            ids.append(self._ids[label])
        return torch.tensor(ids, dtype=torch.int64)

    def decode(self, ids):
        """Return the labels of ids."""
        numbers = ids.tolist()
        if any(not 0 <= i < len(self.classes) for i in numbers):
            raise ValueError("a number is no id")
        return [self.classes[i] for i in numbers]


class Block(nn.Module):
    def __init__(self, dim, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.qkv, self.out = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
        self.ff = nn.Sequential(nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim))

    def forward(self, x, mask):
        B, T, E = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(B, T, 3, self.heads, E // self.heads).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-1, -2) / math.sqrt(E // self.heads)
        scores = scores.masked_fill(~mask[:, None, None, :], -math.inf)
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(B, T, E)
        x = x + self.out(mixed)
        return x + self.ff(self.norm2(x))


class Classifier(nn.Module):
    def __init__(self, vocab_size, n_classes, max_len, dim=32, heads=4, layers=2):
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, dim)
        self.positions = nn.Embedding(max_len, dim)
        self.blocks = nn.ModuleList(Block(dim, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, n_classes)

    def forward(self, ids, mask):
        x = self.tokens(ids) + self.positions(torch.arange(ids.shape[1], device=ids.device))
        for block in self.blocks:
            x = block(x, mask)
        x = self.norm(x).masked_fill(~mask[..., None], 0.0)
        return self.head(x.sum(1) / mask.sum(1, keepdim=True))


def build(vocab_size, n_classes, max_len, seed):
    """Return a Transformer classifier: model(ids, mask) gives logits."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Classifier(vocab_size, n_classes, max_len).float()


@contextmanager
def all_modules(model, training):
    """Put every module into one mode, and back into its own afterwards."""
    before = [(module, module.training) for module in model.modules()]
    try:
        for module, _ in before:
            module.training = training
        yield
    finally:
        for module, mode in before:
            module.training = mode


def train(model, batches, lr, epochs):
    """Train a model; return the mean loss of each epoch."""
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    history = []
    with all_modules(model, True):
        for _ in range(epochs):
            total, texts = 0.0, 0
            for ids, mask, y in batches:
                opt.zero_grad(set_to_none=True)
                loss = F.cross_entropy(model(ids, mask), y)
                loss.backward()
                opt.step()
                total += loss.item() * len(y)
                texts += len(y)
            history.append(total / texts)
    return history


def evaluate(model, batches):
    """Return the accuracy of a model."""
    right, texts = 0, 0
    with all_modules(model, False), torch.no_grad():
        for ids, mask, y in batches:
            right += (model(ids, mask).argmax(1) == y).sum().item()
            texts += len(y)
    if texts == 0:
        raise ValueError("no texts to evaluate")
    return right / texts
