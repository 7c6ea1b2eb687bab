"""What the interface looks like; these tests are yours to run."""

from grader.exam import assert_close


def test_example(solution):
    assert_close(solution.scale([1.0, 2.0], 3.0), [3.0, 6.0])
