"""Public checks of `lm-rescore-wer`: the interface by small examples."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def chosen(submission, lam):
    lm = submission.NGram(2, 1.0)
    lm.fit([["a", "b"], ["a"]])
    return submission.rescore([["b"], ["a"]], [-1.0, -1.5], lm, lam, 0.0)


def test_two_probabilities(solution):
    lm = solution.NGram(2, 1.0)
    lm.fit([["a", "b"], ["a"]])
    assert_close([lm.prob("b", ["x", "a"]), lm.prob("a", [])], [1 / 3, 1 / 2])


def test_the_language_model_decides(solution):
    assert_equal([solution.run(chosen, 0.0), solution.run(chosen, 1.0)], [0, 1])


@given(words=st.lists(st.sampled_from("abc"), min_size=1, max_size=6))
@settings(max_examples=10)
def test_right_words_are_no_errors(solution, words):
    assert_equal(solution.wer(words, words), (0.0, 0, 0, 0))
    assert_equal(solution.wer(["a", "b", "c"], ["a", "x", "c", "d"]), (2 / 3, 1, 0, 1))


def test_no_hypotheses_are_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.rescore([], [], None, 1.0, 0.0)
