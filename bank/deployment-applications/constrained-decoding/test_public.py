"""Public checks of `constrained-decoding`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal

AUTOMATON = ("a", {"end"}, {"a": {1: "b", 2: "dead"}, "b": {1: "a", 3: "end"}})
EOS = 0
SCORES = (0.0, 4.0, 9.0, 3.0)
SIGN = 1  # variant: 1 if best == "largest" else -1


def decode(submission, scores, automaton, max_len):
    """Decode with the same scores at each step; tell the tokens, and how often the model was called."""
    calls = []

    def step_fn(tokens):
        calls.append(tokens)
        return np.array(scores)

    return submission.constrained_decode(step_fn, automaton, EOS, max_len), len(calls)


def test_the_example_of_the_statement(solution):
    assert_equal(solution.distances(AUTOMATON), {"end": 0, "b": 1, "a": 2})
    assert_equal(solution.run(decode, [SIGN * score for score in SCORES], AUTOMATON, 5), ([1, 1, 1, 3], 5))


@given(scores=st.lists(st.integers(-5, 5), min_size=4, max_size=4), max_len=st.integers(2, 9))
@settings(max_examples=10)
def test_the_end_is_reached(solution, scores, max_len):
    tokens, _ = solution.run(decode, [float(score) for score in scores], AUTOMATON, max_len)
    assert tokens[-1] == 3
    assert len(tokens) <= max_len


def test_no_string_is_short_enough(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(decode, [0.0] * 4, AUTOMATON, 1)
