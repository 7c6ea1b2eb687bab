"""Public checks of `epsilon-greedy-ucb`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def choose(submission, q, eps, seed):
    return submission.eps_greedy(q, eps, np.random.default_rng(seed))


def play_two(submission):
    return submission.play(lambda arm: [1.0, 3.0][arm], 2, 3, 0.5)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_one_of_the_best(solution, seed):
    assert solution.run(choose, np.array([1.0, 5.0, 5.0]), 0.0, seed) in (1, 2)


def test_a_falling_line(solution):
    assert_close([solution.eps_at(t, 1.0, 0.2, 4) for t in (0, 2, 4, 9)], [1.0, 0.6, 0.2, 0.2])


def test_a_choice_and_a_game(solution):
    assert_equal(solution.ucb1(np.array([10, 2]), np.array([0.5, 0.4]), 12, 1.0), 1)
    assert_close(solution.run(play_two), (np.array([1, 2]), np.array([1.0, 3.0])))


def test_no_actions_are_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(choose, np.zeros(0), 0.5, 1)
