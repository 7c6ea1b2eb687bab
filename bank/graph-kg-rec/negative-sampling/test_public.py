"""Public checks of `negative-sampling`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def sample(module, counts, seed, positives, k):
    """Make a sampler where the submission lives."""
    return module.NegSampler(np.array(counts), 0.75, seed).sample(positives, k)


def test_a_table_of_two(solution):
    prob, alias = solution.alias_table(np.array([3.0, 1.0]))
    first = prob[0] + (1 - prob[1]) * (alias[1] == 0) + (1 - prob[0]) * (alias[0] == 0)
    assert_close(float(first / 2), 0.75)


def test_numbers_become_items(solution):
    items = solution.draw(np.array([1.0, 0.5]), np.array([0, 0]), np.array([0.1, 0.7, 0.8]))
    assert_equal(items, np.array([0, 1, 0]))


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_positives_are_never_drawn(solution, seed):
    items = solution.run(sample, [5, 0, 9, 2], seed, {0}, 20)
    assert set(items.tolist()) <= {2, 3}


def test_nothing_left_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(sample, [5, 0, 9], 1, {0, 2}, 1)
