"""What the interface looks like; these tests are yours to run."""

import torch

from grader.exam import assert_close


def learn(submission):
    """Return the loss of each of two steps of a small model."""
    model = torch.nn.Linear(1, 1, dtype=torch.float64)
    torch.nn.init.zeros_(model.weight)
    torch.nn.init.zeros_(model.bias)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x, y = torch.ones(2, 1, dtype=torch.float64), torch.full((2, 1), 2.0, dtype=torch.float64)
    return [submission.SLOT_function(model, optimizer, x, y, 100.0) for _ in range(2)]


def test_the_loss_falls(solution):
    assert_close(solution.run(learn), [4.0, 1.44])
