"""What the interface looks like; these tests are yours to run."""

import torch

from grader.exam import assert_close


def test_rows_alike(solution):
    row = torch.tensor([[0.5, -1.0, 2.0]])
    alone = solution.SLOT_function(row, torch.tensor([1]), SLOT_example)
    assert alone.shape == ()
    assert alone > 0
    assert_close(solution.SLOT_function(row.repeat(4, 1), torch.tensor([1, 1, -100, 1]), SLOT_example), alone)
