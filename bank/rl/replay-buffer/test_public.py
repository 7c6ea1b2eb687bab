"""Public checks of `replay-buffer`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal


def counted(submission, capacity, number, n):
    """Add experiences that are numbered, and draw."""
    buffer = submission.Replay(capacity, (1,), np.random.default_rng(0))
    for k in range(number):
        buffer.add(np.array([k]), k, 0.5, np.array([k + 1]), k == 2)
    return len(buffer), buffer.sample(n)


def test_the_oldest_leaves(solution):
    length, sample = solution.run(counted, 2, 3, 2)
    assert_equal((length, sorted(sample["action"].tolist())), (2, [1, 2]))


@given(capacity=st.integers(1, 5), number=st.integers(0, 9))
@settings(max_examples=10)
def test_all_that_is_there(solution, capacity, number):
    length, sample = solution.run(counted, capacity, number, min(capacity, number))
    assert length == min(capacity, number)
    assert sorted(sample["action"].tolist()) == list(range(max(0, number - capacity), number))
    assert_equal(sample["next_obs"], sample["obs"] + np.float32(1))


def test_too_large_a_sample_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(counted, 5, 3, 4)
