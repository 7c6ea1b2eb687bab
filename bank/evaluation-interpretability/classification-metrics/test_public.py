"""Public checks of `classification-metrics`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal

ANIMALS = np.array([[1, 0, 0], [1, 2, 0], [0, 0, 0]])


def test_the_example_of_the_statement(solution):
    labels, matrix = solution.confusion(
        ["cat", "cat", "dog", "cat"], ["cat", "dog", "dog", "cat"], ["dog", "cat", "cow"]
    )
    assert_equal(labels, ["dog", "cat", "cow"])
    assert_equal(matrix, ANIMALS)
    assert_close(solution.report(ANIMALS, None)["precision"], np.array([0.5, 1.0, 0.0]))
    assert_close(solution.report(ANIMALS)["recall"], 5 / 9)


@given(pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=8))
@settings(max_examples=10)
def test_every_sample_is_counted(solution, pairs):
    labels, matrix = solution.confusion([true for true, _ in pairs], [predicted for _, predicted in pairs])
    assert labels == sorted(set(sum(pairs, ())))
    assert matrix.sum() == len(pairs)


def test_a_perfect_classifier(solution):
    for average in ("macro", "micro", "weighted"):
        scores = solution.report(np.diag([3, 1]), average)
        assert_equal(scores, {"accuracy": 1.0, "precision": 1.0, "recall": 1.0, "f1": 1.0})


def test_an_unknown_average_is_refused(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.report(ANIMALS, "mean")
