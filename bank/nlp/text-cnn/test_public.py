"""Public checks of `text-cnn`: the interface by small examples."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close

W = np.array([[[1.0, 0.0]], [[1.0, -1.0]]])
B = np.array([0.5, 0.0])


def test_the_example(solution):
    emb = np.array([[[1.0], [2.0], [-3.0], [9.0]]])
    assert_close(solution.text_cnn(emb, np.array([[1, 1, 1, 0]]), W, B), np.array([[3.5, 3.0]]))


def test_a_text_of_one_token_has_no_window_of_two(solution):
    assert_close(solution.text_cnn(np.ones((1, 3, 1)), np.array([[1, 0, 0]]), W, B), np.zeros((1, 2)))


@given(seed=st.integers(0, 2**32 - 1), tokens=st.integers(1, 6))
@settings(max_examples=8)
def test_filters_of_width_one_look_at_each_token(solution, seed, tokens):
    rng = np.random.default_rng(seed)
    emb, w, b = rng.normal(size=(2, tokens, 3)), rng.normal(size=(1, 3, 4)), rng.normal(size=4)
    answers = np.maximum(emb @ w[0] + b, 0.0)
    assert_close(solution.text_cnn(emb, np.ones((2, tokens)), w, b), answers.max(axis=1))
