"""Public checks of `graph-readout`: the interface by small examples."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

X = torch.tensor([[1.0, -5.0], [10.0, 2.0], [3.0, -7.0]])
BATCH = torch.tensor([2, 0, 2])


def test_three_ways_to_pool(solution):
    assert_close(solution.segment_sum(X, BATCH, 3), torch.tensor([[10.0, 2.0], [0.0, 0.0], [4.0, -12.0]]))
    assert_close(solution.segment_mean(X, BATCH, 3), torch.tensor([[10.0, 2.0], [0.0, 0.0], [2.0, -6.0]]))
    assert_equal(solution.segment_max(X, BATCH, 3), torch.tensor([[10.0, 2.0], [0.0, 0.0], [3.0, -5.0]]))


def test_logits_of_whole_graphs(solution):
    W, b = torch.tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 0.5]]), torch.tensor([0.0, 1.0, 2.0])
    logits = torch.tensor([[10.0, 3.0, 23.0], [0.0, 1.0, 2.0], [2.0, -5.0, 3.0]])
    assert_close(solution.graph_logits(X, BATCH, 3, W, b), logits)


@given(size=st.integers(1, 6))
@settings(max_examples=6)
def test_one_graph_is_pooled_as_a_whole(solution, size):
    x = torch.arange(2.0 * size).reshape(size, 2)
    assert_close(solution.segment_mean(x, torch.zeros(size, dtype=torch.int64), 1), x.mean(dim=0, keepdim=True))


def test_a_graph_that_does_not_exist_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.segment_sum(X, BATCH, 2)
