"""Public checks of `data-anonymise`: the interface by small examples."""

from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal

LENGTH = 16  # variant: length


def test_the_example_of_the_statement(solution):
    people = [{"name": "Ada", "tags": ["x", {"phone": 1}]}, {"name": "Ada", "tags": []}]
    ada = "1f77073350ff476b"  # variant: "1f77073350ff476b91014430"[:length]
    phone = "0aa2054d88556d7e"  # variant: "0aa2054d88556d7e5df6e54b"[:length]
    expected = [{"name": ada, "tags": ["x", {"phone": phone}]}, {"name": ada, "tags": []}]
    assert_equal(solution.pseudonymise(people, {"name", "phone"}, b"k"), expected)


@given(names=st.lists(st.text("abé中", max_size=4), max_size=5), key=st.binary(max_size=20))
@settings(max_examples=15)
def test_equal_names_get_equal_tokens_and_others_do_not(solution, names, key):
    result = solution.pseudonymise([{"name": name} for name in names], {"name"}, key)
    tokens = [record["name"] for record in result]
    assert len(tokens) == len(names)
    assert len(set(tokens)) == len(set(names))
    assert all(len(token) == LENGTH for token in tokens)


def test_the_smallest_group_counts(solution):
    records = [{"zip": 1, "age": 30}, {"zip": 2, "age": 30}, {"zip": 1, "age": 30}]
    assert_equal(solution.k_anonymity(records, ["zip"]), 1)
    assert_equal(solution.k_anonymity(records, ["age"]), 3)
