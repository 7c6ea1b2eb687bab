"""Public checks of `beam-search`: the interface by small examples."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def step_fn(texts):
    return np.log([[0.05, 0.45, 0.5] if text[-1] != 1 else [0.9, 0.05, 0.05] for text in texts])


def search(module, *arguments):
    return module.beam_search(step_fn, *arguments)


def test_the_example(solution):
    assert_close(solution.run(search, [2], 0, 1, 2), [([2, 2, 2], 2 * float(np.log(0.5)))])
    best, second = solution.run(search, [2], 0, 2, 2)
    assert_equal((best[0], second[0]), ([2, 1, 0], [2, 2, 2]))
    assert_close(best[1], float(np.log(0.405)))


@given(beam=st.integers(1, 4), max_new=st.integers(1, 4))
@settings(max_examples=8, deadline=None)
def test_the_best_come_first(solution, beam, max_new):
    found = solution.run(search, [2], 0, beam, max_new)
    scores = [score for _, score in found]
    assert 1 <= len(found) <= beam
    assert scores == sorted(scores, reverse=True)
