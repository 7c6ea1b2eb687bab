"""Public checks of `masked-lm-batches`: the interface by small examples."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

NO_LABEL = -100  # variant: no_label

IDS = torch.tensor([[1, 7, 8, 9, 6]])
U = torch.tensor(
    [[[0.0, 0.1, 0.1, 0.1, 0.9]], [[0.5, 0.3, 0.85, 0.95, 0.0]], [[0.5, 0.5, 0.25, 0.5, 0.5]]], dtype=torch.float64
)


def test_tokens_of_the_example(solution):
    inputs, labels = solution.mask_tokens(IDS, [0, 1], 20, 3, 0.15, U)
    assert_equal(inputs, torch.tensor([[1, 3, 5, 9, 6]]))
    assert_equal(labels, torch.tensor([[NO_LABEL, 7, 8, 9, NO_LABEL]]))


def test_loss_of_the_example(solution):
    hidden, labels = torch.tensor([[[1.0], [5.0]]]), torch.tensor([[1, NO_LABEL]])
    loss = solution.mlm_loss(hidden, labels, torch.tensor([[0.0], [2.0]]), torch.zeros(2))
    assert_close(loss, torch.tensor(0.1269), rtol=1e-3)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=8, deadline=None)
def test_the_original_can_be_put_together_again(solution, seed):
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(0, 30, (2, 9), generator=generator)
    u = torch.rand(3, 2, 9, generator=generator, dtype=torch.float64)
    inputs, labels = solution.mask_tokens(ids, [0, 1, 2], 30, 3, 0.5, u)
    assert_equal(torch.where(labels == NO_LABEL, inputs, labels), ids)
