"""Public checks of `echo`."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from grader.exam import assert_equal


def test_a_small_array(solution):
    assert_equal(solution.echo(np.arange(3)), np.arange(3))


@given(st.lists(st.integers(0, 10**6)))
def test_any_list_seen(solution, values):
    assert_equal(solution.total(values), sum(values))
