"""Public checks of `multi-hop-query`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal

TRIPLES = [("Emma", "author", "Austen"), ("Austen", "born in", "England"), ("Emma", "set in", "England")]


def test_two_hops(solution):
    queries = [("Emma", ["author", "born in"]), ("England", ["born in"])]
    assert_equal(solution.follow(TRIPLES, queries), [["England"], []])


@given(name=st.text("ab", max_size=3))
@settings(max_examples=10)
def test_without_relations_one_stays(solution, name):
    assert_equal(solution.follow(TRIPLES, [(name, [])]), [[name]])


def test_short_paths_come_first(solution):
    assert_equal(solution.paths(TRIPLES, "Emma", "England", 2), [TRIPLES[2:], TRIPLES[:2]])
    assert_equal(solution.paths(TRIPLES, "Emma", "England", 1), [TRIPLES[2:]])
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.paths(TRIPLES, "Emma", "England", -1)


def test_relations_are_added_up(solution):
    E, R = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 2.0]]), np.array([[1.0, 0.0], [0.0, 2.0]])
    assert_equal(solution.follow_emb(E, R, 0, [0, 1], 2), [2, 1])
