"""Public checks of `gcn-layer`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close


def test_two_joined_nodes_and_a_lonely_one(solution):
    A = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    assert_close(solution.normalise(A), np.array([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 1.0]]))


def test_two_layers_on_a_pair(solution):
    X, one, nothing = np.array([[2.0], [-4.0], [3.0]]), np.ones((1, 1)), np.zeros(1)
    A = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]])
    logits = np.array([[-2.0], [-2.0], [1.0]])
    assert_close(solution.gcn(X, A, one, nothing, one, np.array([-2.0])), logits)
    assert_close(solution.gcn_sparse(X, np.array([[1, 0]]), one, nothing, one, np.array([-2.0])), logits)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_the_sparse_form_gives_the_same(solution, seed):
    rng = np.random.default_rng(seed)
    edges = rng.integers(0, 5, size=(6, 2))
    A = np.zeros((5, 5), dtype=bool)
    A[edges[:, 0], edges[:, 1]] = A[edges[:, 1], edges[:, 0]] = True
    np.fill_diagonal(A, val=False)
    X, weights = rng.normal(size=(5, 2)), [rng.normal(size=shape) for shape in ((2, 3), 3, (3, 2), 2)]
    assert_close(solution.gcn_sparse(X, edges, *weights), solution.gcn(X, A, *weights))


def test_a_node_that_does_not_exist_is_an_error(solution):
    one, nothing = np.ones((1, 1)), np.zeros(1)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.gcn_sparse(np.ones((2, 1)), np.array([[0, 2]]), one, nothing, one, nothing)
