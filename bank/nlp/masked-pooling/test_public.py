"""Public checks of `masked-pooling`: the interface by small examples."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

H = torch.tensor([[[1.0, -8.0], [3.0, -4.0], [100.0, 100.0]]])
MASK = torch.tensor([[1, 1, 0]])


def test_mean_of_the_example(solution):
    assert_close(solution.masked_mean(H, MASK), torch.tensor([[2.0, -6.0]]))


def test_max_of_the_example(solution):
    assert_equal(solution.masked_max(H, MASK), torch.tensor([[3.0, -4.0]]))


@given(seed=st.integers(0, 2**32 - 1), tokens=st.integers(1, 5))
@settings(max_examples=15)
def test_without_padding_it_is_plain_pooling(solution, seed, tokens):
    h = torch.randn(2, tokens, 3, generator=torch.Generator().manual_seed(seed))
    mask = torch.ones(2, tokens, dtype=torch.bool)
    assert_close(solution.masked_mean(h, mask), h.mean(dim=1))
    assert_equal(solution.masked_max(h, mask), h.amax(dim=1))
