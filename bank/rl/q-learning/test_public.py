"""Public checks of `q-learning`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


class Corridor:
    """Three cells in a row; action 1 goes right, and the last step is worth 1."""

    n_states, n_actions = 3, 2

    def reset(self):
        self.state = 0
        return self.state, {}

    def step(self, action):
        if action == 1 and self.state == 2:
            return self.state, 1.0, True, False, {}
        self.state = max(0, self.state + (1 if action == 1 else -1))
        return self.state, 0.0, False, False, {}


def updated(submission, table, *arguments):
    return submission.q_update(table, *arguments), table


def learn(submission, episodes):
    return submission.train(Corridor(), episodes, 1.0, 0.5, 0.5, np.random.default_rng(3))


def test_a_cell(solution):
    assert_equal(solution.bucketise(np.array([0.5, 2.0]), [np.array([0.0, 1.0]), np.array([1.0, 2.0, 3.0])]), 6)


@given(reward=st.floats(-5, 5), terminated=st.booleans())
@settings(max_examples=10)
def test_one_update(solution, reward, terminated):
    target = reward if terminated else reward + 2.0
    error, table = solution.run(updated, np.array([[0.0, 2.0], [4.0, 1.0]]), 0, 1, reward, 1, terminated, 0.5, 0.5)
    assert_close(error, target - 2, atol=1e-9)
    assert_close(table, np.array([[0.0, 1 + target / 2], [4.0, 1.0]]))


def test_a_corridor_is_learnt(solution):
    assert_close(solution.run(learn, 200)[:, 1], np.array([0.25, 0.5, 1.0]))
    assert_equal(solution.run(learn, 0), np.zeros((3, 2)))


def test_a_learning_rate_above_one_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.train(None, 1, 1.5, 0.5, 0.5, None)
