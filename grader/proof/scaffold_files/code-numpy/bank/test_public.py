"""What the interface looks like; these tests are yours to run."""

import numpy as np

from grader.exam import assert_close


def test_example(solution):
    assert_close(solution.standardise(np.array([[1.0, 10.0], [3.0, 30.0]])), np.array([[-1.0, -1.0], [1.0, 1.0]]))
