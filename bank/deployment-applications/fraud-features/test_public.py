"""Public checks of `fraud-features`: the interface by small examples."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def first_of_an_endless_stream(submission, number):
    """Give the features of the first payments of a stream that never ends."""

    def payments():
        t = 0
        while True:
            t += 1
            yield t, "card", 2.0

    features = submission.velocity(payments(), 3)
    return [next(features) for _ in range(number)]


def test_the_example_of_the_statement(solution):
    events = [(0, "a", 5.0), (1, "b", 1.0), (1, "a", 7.0), (1, "a", 2.0), (3, "a", 1.0)]
    expected = [(0, 0.0, 0.0), (0, 0.0, 0.0), (1, 5.0, 5.0), (1, 5.0, 5.0), (2, 9.0, 4.5)]
    assert_close(solution.features(events, 2), expected)


@given(number=st.integers(1, 8))
@settings(max_examples=10)
def test_an_endless_stream(solution, number):
    counts = [min(place, 3) for place in range(number)]
    expected = [(count, 2.0 * count, 2.0 if count else 0.0) for count in counts]
    assert_equal(solution.run(first_of_an_endless_stream, number), expected)


def test_time_goes_forward(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.features([(2, "a", 1.0), (1, "a", 1.0)], 5)
