"""Public checks of `kg-triples`: the interface by small examples."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal

PATTERNS = [("{h} is in {t}", "in"), ("{t}的首都是{h}", "capital of")]
FOUND = [("Paris", "in", "France"), ("巴黎", "capital of", "法国")]


def test_two_languages(solution):
    assert_equal(solution.extract(["Paris is in France.", "法国的首都是巴黎。", "Paris!"], PATTERNS), FOUND)


def test_one_name_for_each_entity(solution):
    merged = [("Paris", "capital of", "France"), ("Paris", "in", "France")]
    assert_equal(solution.merge(FOUND, [("巴黎", "Paris"), ("法国", "France")]), merged)


@given(names=st.lists(st.text("abc", min_size=1, max_size=2), min_size=2, max_size=5))
@settings(max_examples=15)
def test_without_aliases_nothing_is_renamed(solution, names):
    triples = [(head, "knows", "everybody") for head in names]
    assert_equal(solution.merge(triples, []), sorted(set(triples)))


def test_two_places_of_birth_are_a_conflict(solution):
    triples = [("Ada", "born in", "London"), ("Ada", "born in", "Paris"), ("Ada", "knows", "Bob")]
    expected = [("Ada", "knows", "Bob")], {("Ada", "born in"): ["London", "Paris"]}
    assert_equal(solution.attributes(triples, {"born in"}), expected)


def test_a_template_needs_both_ends(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.extract([], [("{h} is in France", "in")])
