"""Public checks of `data-quality-dedup`: the interface by small examples."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal


def test_a_column_of_ages(solution):
    report = solution.audit([{"age": 200}, {"age": "7"}, {}], {"age": ("int", 0, 120)})
    counts = {"missing": 1, "type": 1, "range": 1}
    assert_equal(report, {"columns": {"age": counts}, "duplicates": 0, "extra": 0})


def test_runs_of_words(solution):
    assert_equal(solution.shingles("The cat  sat\ndown", 2), {"cat sat", "sat down", "the cat"})


def test_a_signature(solution):
    assert_equal(solution.minhash({"a", "b"}, 3, 0), [499868061, 2029533234, 415062311])


@given(words=st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6))
@settings(max_examples=10)
def test_the_first_of_equal_texts_stays(solution, words):
    texts = ["unlike all the others", " ".join(words), " ".join(words).upper()]
    assert_equal(solution.dedup(texts, 2, 8, 4, 0.9, 1), [0, 1])


def test_similar_texts(solution):
    texts = ["a b c d", "x y", "A b c d", "a b c e", "", " "]
    assert_equal(solution.dedup(texts, 1, 16, 8, 0.6, 0), [0, 1, 4])


def test_runs_of_nothing_are_refused(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.shingles("a b", 0)
