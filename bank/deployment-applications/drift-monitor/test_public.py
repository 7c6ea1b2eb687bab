"""Public checks of `drift-monitor`: the interface by small examples."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

REF, CUR = np.array([1.0, 2.0, 3.0, 4.0]), np.array([3.0, 3.5, 9.0])
FLOOR = 0.0001  # variant: floor


def watch(submission, high, low, hold, values):
    alert = submission.Alert(high, low, hold)
    return [alert.update(value) for value in values]


def test_the_example_of_the_statement(solution):
    # the lower half of the reference has no current value: its share is the floor
    lower, upper = (FLOOR - 0.5) * math.log(FLOOR / 0.5), 0.5 * math.log(2)
    assert_close(solution.psi(REF, CUR, 2), lower + upper, rtol=1e-9)
    assert_close(solution.ks(REF, CUR), (0.5, 0.784769805922802), rtol=1e-9)
    values = (0.3, 0.25, 0.15, 0.05, 0.1, 0.05, 0.0)
    assert_equal(solution.run(watch, 0.25, 0.1, 2, values), [False, True, True, True, True, True, False])


@given(seed=st.integers(0, 2**32 - 1), bins=st.integers(2, 8))
@settings(max_examples=10)
def test_a_sample_does_not_drift_from_itself(solution, seed, bins):
    sample = np.random.default_rng(seed).normal(size=20)
    assert_close(solution.psi(sample, sample, bins), 0.0, atol=1e-12)
    assert_close(solution.ks(sample, sample), (0.0, 1.0), atol=1e-12)


def test_empty_samples_are_refused(solution):
    for function in (solution.ks, lambda ref, cur: solution.psi(ref, cur, 2)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            function(REF, CUR[:0])
