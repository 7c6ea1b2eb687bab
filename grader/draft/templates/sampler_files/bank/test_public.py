"""What the interface looks like; these tests are yours to run."""

from grader.exam import assert_close


def test_two_tokens_alike(solution):
    assert_close(solution.SLOT_function([3.0, 3.0], 0.5, SLOT_wholelimit), [0.5, 0.5])
