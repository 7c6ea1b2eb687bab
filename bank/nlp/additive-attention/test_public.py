"""Public checks of `additive-attention`: the interface by small examples."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close


def test_the_example(solution):
    enc = torch.tensor([[[0.0, 4.0], [1.0, 8.0], [9.0, 9.0]]])
    context, weights = solution.additive_attention(
        torch.tensor([[0.0]]), enc, torch.tensor([[1.0, 1.0, 0.0]]), torch.tensor([1.0]), torch.tensor([[1, 1, 0]])
    )
    assert_close(weights, torch.tensor([[0.3183, 0.6817, 0.0]]), rtol=1e-3)
    assert_close(context, torch.tensor([[0.6817, 6.7270]]), rtol=1e-3)


@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 4))
@settings(max_examples=8, deadline=None)
def test_weights_sum_to_one_over_time(solution, seed, steps):
    generator = torch.Generator().manual_seed(seed)
    h, enc, W, v = (torch.randn(*shape, generator=generator) for shape in ((2, 3), (2, steps, 4), (5, 7), (5,)))
    context, weights = solution.additive_attention(h, enc, W, v)
    assert context.shape == (2, 4)
    assert_close(weights.sum(dim=1), torch.ones(2))
