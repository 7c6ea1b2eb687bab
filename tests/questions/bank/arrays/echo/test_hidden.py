"""Hidden checks of `echo`; what they draw can be seen in what comes back."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grader.exam import assert_close, assert_equal, performance, points


@points(2, group="drawn")
def test_a_drawn_array(solution, rng):
    x = rng.random(3)
    assert_close(solution.echo(x), x)


@points(2, group="drawn")
@given(st.lists(st.integers(0, 10**6)))
def test_any_list(solution, values):
    assert_equal(solution.total(values), sum(values))


@points(1, group="arrays")
@given(hnp.arrays(hnp.scalar_dtypes() | hnp.unicode_string_dtypes(max_len=3), hnp.array_shapes(min_dims=0, min_side=0)))
@settings(max_examples=50)
def test_any_array(solution, x):
    result = solution.echo(x)
    assert result.shape == x.shape
    assert result.tobytes() == np.ascontiguousarray(x, x.dtype.newbyteorder("<")).tobytes()


@performance(points=3, group="speed", of="spread", at_most=2.0, times_slower_than="reference")
def many_pairs(rng):
    return (rng.random(900),), {}
