"""What the interface looks like."""

import zlib

from grader.exam import assert_equal


def test_example(solution):
    assert_equal(solution.checksum(b"abc"), zlib.adler32(b"abc"))
