"""What the interface looks like; these tests are yours to run."""

import torch

from grader.exam import assert_close


def test_gain_decides_sign_and_size(solution):
    rows = torch.tensor([[3.0, -3.0], [-5.0, 5.0]])
    doubled = solution.SLOT_function(rows, torch.tensor([2.0, 2.0]), 1e-5)
    assert_close(doubled, -2 * solution.SLOT_function(rows, torch.tensor([-1.0, -1.0]), 1e-5))
    assert doubled[0, 0] > 0
