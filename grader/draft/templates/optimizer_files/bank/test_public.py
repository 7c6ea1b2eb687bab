"""What the interface looks like; these tests are yours to run."""

from grader.exam import assert_close


def test_flat_ground(solution):
    assert_close(solution.SLOT_function([1.0, 2.0], [[0.0, 0.0]], 0.5), [1.0, 2.0])
