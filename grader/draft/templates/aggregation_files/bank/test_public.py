"""What the interface looks like; these tests are yours to run."""

from grader.exam import assert_close


def test_clients_that_agree(solution):
    assert_close(solution.SLOT_function([[1.0, 2.0]] * 6), [1.0, 2.0])
