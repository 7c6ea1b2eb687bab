"""A Sequential; one-hot rows become class numbers; modes by a context manager."""

from contextlib import contextmanager

import torch
from torch import nn
from torch.nn import functional as F


def build_cnn(in_shape: tuple[int, int, int], n_classes: int) -> nn.Module:
    """Return a new network for images of shape (channels, height, width)."""
    channels, height, width = in_shape
    if channels < 1 or height < 4 or width < 4 or n_classes < 2:
        raise ValueError("channels, height, width or n_classes is too small")
    return nn.Sequential(
        nn.Conv2d(channels, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2, 2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2, 2),
        nn.Flatten(),
        nn.Linear(16 * (height // 4) * (width // 4), n_classes),
    )


def _class_numbers(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the class of each row as int64, whichever form `y` has."""
    rows, classes = logits.shape
    if rows == 0:
        raise ValueError("the batch is empty")
    if y.ndim not in (1, 2) or len(y) != rows:
        raise ValueError("y does not fit the logits")
    if y.ndim == 2:
        if y.shape[1] != classes:
            raise ValueError("one-hot rows of another number of classes")
        ones = y == 1
        if not ((ones | (y == 0)).all() and (ones.sum(dim=1) == 1).all()):
            raise ValueError("rows are not one-hot")
        return ones.to(torch.int64).argmax(dim=1)
    if y.is_floating_point() or y.is_complex() or y.dtype == torch.bool:
        raise ValueError("class numbers must be integers")
    numbers = y.to(torch.int64)
    if (numbers < 0).any() or (numbers >= classes).any():
        raise ValueError("there is no such class")
    return numbers


def loss_fn(logits: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy; y is class numbers or one-hot rows."""
    return F.cross_entropy(logits, _class_numbers(logits, y))


@contextmanager
def _mode(model: nn.Module, train: bool):
    before = [(module, module.training) for module in model.modules()]
    try:
        model.train(train)
        yield
    finally:
        for module, training in before:
            module.training = training


def fit(model: nn.Module, x: torch.Tensor, y: torch.Tensor, steps: int, lr: float) -> list[float]:
    """Train with Adam on all rows and return the losses."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    losses = []
    with _mode(model, train=True):
        for _ in range(steps):
            optimizer.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


def accuracy(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """Return the share of rows that are judged right."""
    with _mode(model, train=False), torch.no_grad():
        logits = model(x)
        right = logits.argmax(dim=1) == _class_numbers(logits, y)
    return right.sum().item() / len(right)
