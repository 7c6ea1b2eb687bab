"""Public checks of `text-decoding`: the interface by small examples."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

LOGITS = np.log([0.1, 0.4, 0.3, 0.2])


def write(module, *arguments):
    return module.generate(lambda ids: LOGITS, *arguments)


def test_filters_of_the_example(solution):
    nothing = -np.inf
    assert_close(solution.filter_logits(LOGITS, top_k=3), np.array([nothing, *LOGITS[1:]]))
    assert_close(solution.filter_logits(LOGITS, top_p=0.6), np.array([nothing, *LOGITS[1:3], nothing]))


def test_texts_of_the_example(solution):
    assert_equal(solution.run(write, [7], 2, None), [7, 1, 1])
    assert_equal(solution.run(write, [7], 3, 3, np.array([0.05, 0.6, 0.95])), [7, 0, 2, 3])


@given(seed=st.integers(0, 2**32 - 1), temperature=st.sampled_from([0.5, 1.0, 2.0]))
@settings(max_examples=10)
def test_without_filters_only_the_temperature_is_left(solution, seed, temperature):
    logits = np.random.default_rng(seed).normal(size=(2, 5))
    assert_close(solution.filter_logits(logits, temperature), logits / temperature)
