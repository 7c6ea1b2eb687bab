"""What the interface looks like; these tests are yours to run."""

from grader.exam import assert_close


def test_all_right(solution):
    assert_close(solution.SLOT_function([0, 1, 1, 0], [0, 1, 1, 0], 2), 1.0)


def test_all_wrong(solution):
    assert_close(solution.SLOT_function([0, 1], [1, 0], 2), 0.0)
