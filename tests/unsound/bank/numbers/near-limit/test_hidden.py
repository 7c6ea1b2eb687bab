"""The hidden suite: one check for each thing that is stated."""

import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, performance, points, stated


@points(2, group="values", group_zh="数值")
@stated("definition")
@given(data=st.binary(min_size=1, max_size=8))
@settings(max_examples=10)
def test_a_few_bytes(solution, data):
    assert_equal(solution.checksum(data), zlib.adler32(data))


@points(1, group="values", group_zh="数值")
@stated("remainder")
def test_large_sums(solution):
    assert_equal(solution.checksum(b"\xff" * 400), zlib.adler32(b"\xff" * 400))


@points(1, group="edge cases", group_zh="边界情况")
@stated("empty")
def test_no_byte(solution):
    assert_equal(solution.checksum(b""), 1)


@performance(points=1, of="checksum", group="speed", group_zh="速度", at_most=1.7, times_slower_than="reference")
@stated("speed")
def many_bytes(rng):
    return (rng.bytes(40_000),), {}
