"""Public checks of `gat-layer`: the interface by small examples."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close

X = torch.tensor([[1.0], [3.0], [5.0]])
A = torch.tensor([[0, 1, 0], [0, 0, 0], [0, 0, 0]])


def test_without_preferences_a_node_averages(solution):
    out, alpha = solution.gat(X, A, torch.ones(1, 1, 1), torch.zeros(1, 1), torch.zeros(1, 1), 0.2)
    assert_close(out, torch.tensor([[2.0], [3.0], [5.0]]))
    assert_close(alpha, torch.tensor([[[0.5, 0.5, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]))


@given(heads=st.integers(1, 3), concat=st.booleans())
@settings(max_examples=6)
def test_shapes(solution, heads, concat):
    W, a = torch.ones(heads, 1, 2), torch.ones(heads, 2)
    out, alpha = solution.gat(X, A, W, a, a, 0.2, concat)
    assert out.shape == (3, 2 * heads if concat else 2)
    assert alpha.shape == (heads, 3, 3)


def test_another_number_of_nodes_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.gat(X, A[:2, :2], torch.ones(1, 1, 1), torch.zeros(1, 1), torch.zeros(1, 1), 0.2)
