"""Public checks of `fedavg`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def test_the_larger_client_counts_more(solution):
    first = {"w": np.array([0.0, 4.0]), "seen": np.array(10)}
    second = {"w": np.array([4.0, 8.0]), "seen": np.array(30)}
    assert_close(solution.fedavg([first, second], [1, 3]), {"w": np.array([3.0, 7.0]), "seen": np.array(30)})


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 100))
@settings(max_examples=15)
def test_one_client_alone_is_returned(solution, seed, count):
    rng = np.random.default_rng(seed)
    state = {"w": rng.normal(size=(2, 3)), "flags": rng.random(4) < 0.5}
    assert_close(solution.fedavg([state], [count]), state)


def test_nothing_to_merge_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.fedavg([], [])


def test_one_step_on_one_row(solution):
    client = (np.array([[1.0, 2.0]]), np.array([3.0]))
    result = solution.federated_round({"weight": np.zeros(2)}, [client], 0.5, 1)
    assert_equal(result, {"weight": np.array([3.0, 6.0])})
