"""Public checks of `transe-embedding`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

E, R = np.array([[0.0, 0.0], [0.6, 0.0], [0.0, 1.0]]), np.array([[0.6, 0.8]])


def draw(submission, triples, known, n_entities, k, seed):
    """Make the generator where the submission lives."""
    return submission.negatives(triples, known, n_entities, k, np.random.default_rng(seed))


def test_the_distance_of_a_triple(solution):
    assert_close(solution.score(E, R, np.array([[0, 0, 1], [0, 0, 2]])), np.array([0.8, np.sqrt(0.4)]))
    assert_close(solution.score(E, R, np.array([[[2, 0, 1]]]), p=1), np.array([[1.8]]))
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.score(E, R, np.array([[0, 0, 1]]), p=3)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_negatives_have_one_other_end(solution, seed):
    triples = np.array([[0, 0, 1], [2, 1, 2]])
    drawn = solution.run(draw, triples, {(0, 0, 1), (2, 1, 2)}, 4, 3, seed)
    assert drawn.shape == (2, 3, 3)
    assert ((drawn != triples[:, None]).sum(axis=2) == 1).all()


def test_a_pair_beyond_the_margin_changes_nothing(solution):
    triples = np.array([[0, 0, 1]]), np.array([[[0, 0, 2]]])
    moved = solution.train_step(E * 0.5, R, triples[0], triples[1], -5.0, 0.1)
    assert_equal(moved, (E * 0.5, R, 0.0))


def test_other_true_tails_do_not_count(solution):
    triple = np.array([[0, 0, 1]])
    assert_equal(solution.filtered_ranks(E, R, triple, set()), np.array([2.0]))
    assert_equal(solution.filtered_ranks(E, R, triple, {(0, 0, 1), (0, 0, 2)}), np.array([1.0]))
