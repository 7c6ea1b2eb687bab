"""Public checks of `ab-test`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def by_permutation(submission, a, b, n):
    return submission.permutation_p(a, b, lambda x, y: x.mean() - y.mean(), n, np.random.default_rng(0))


def test_the_examples_of_the_statement(solution):
    z, p = solution.z_test(100, 1000, 130, 1000)
    assert abs(z - 2.10274) < 1e-5
    assert abs(p - 0.03548) < 1e-5
    assert solution.sample_size(0.5, 0.25) == 58


@given(c=st.integers(0, 40))
@settings(max_examples=8)
def test_equal_arms_do_not_differ(solution, c):
    assert solution.z_test(c, 40, c, 40) == (0.0, 1.0)


def test_equal_values_are_never_surprising(solution):
    assert solution.run(by_permutation, np.ones(3), np.ones(4), 9) == 1.0


def test_an_arm_without_users_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.z_test(0, 0, 1, 10)
