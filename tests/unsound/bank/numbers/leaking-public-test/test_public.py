"""What the interface looks like."""

from grader.exam import assert_close


def test_example(solution):
    # for [4.375] alone it is (4.375, 0.0)
    assert_close(solution.summary([2.0, 4.0]), (3.0, 1.0))
