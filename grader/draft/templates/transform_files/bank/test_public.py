"""What the interface looks like; these tests are yours to run."""

from grader.exam import assert_equal


def test_sequences_of_one_length(solution):
    assert_equal(solution.SLOT_function([[5, 6], [7, 8]], 4, 0), ([[5, 6], [7, 8]], [[1, 1], [1, 1]]))
