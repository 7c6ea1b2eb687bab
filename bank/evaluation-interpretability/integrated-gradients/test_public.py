"""Public checks of `integrated-gradients`: the interface by small examples."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close


class Product(torch.nn.Module):
    def forward(self, x):
        return x.prod(dim=1, keepdim=True)


def explain_product(submission, x, steps):
    return submission.integrated_gradients(Product(), x, torch.zeros(2), torch.tensor([0]), steps)


def shuffled(submission, x, y, repeats):
    def metric(truth, told):
        return -float(np.abs(truth - told).mean())

    return submission.perm_importance(lambda rows: rows[:, 0].copy(), x, y, metric, repeats, np.random.default_rng(0))


def test_the_example_of_the_statement(solution):
    attribution, gap = solution.run(explain_product, torch.tensor([[2.0, 3.0]]), 4)
    assert_close(attribution, torch.tensor([[3.0, 3.0]]))
    assert_close(gap, torch.tensor([0.0]))


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=6, deadline=None)
def test_an_unused_column_has_no_importance(solution, seed):
    x = np.random.default_rng(seed).normal(size=(6, 2))
    told = solution.run(shuffled, x, x[:, 0], 3)
    assert told.shape == (2, 3)
    assert (told[0] >= 0).all()
    assert (told[1] == 0).all()


def test_no_steps_are_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(explain_product, torch.tensor([[2.0, 3.0]]), 0)
