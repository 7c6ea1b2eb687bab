"""Public checks of `model-hot-swap`: the interface by small examples."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal


def stocked(submission):
    """Make the registry of the statement's example."""
    registry = submission.Registry(lambda model: model(0) == 0)
    versions = [
        registry.register("double", lambda x: 2 * x),
        registry.register("next", lambda x: x + 1),
        registry.register("triple", lambda x: 3 * x),
    ]
    return registry, versions


def story(submission):
    registry, versions = stocked(submission)
    registry.promote(1)
    registry.promote(3)
    told = [versions, registry.predict(5)]
    try:
        registry.promote(2)
    except submission.Unhealthy:
        told.append(registry.history())
    return [*told, registry.rollback(), registry.predict(5)]


def answers(submission, order):
    """Tell the answer after each promotion."""
    registry, _ = stocked(submission)
    told = []
    for version in order:
        registry.promote(version)
        told.append(registry.predict(7))
    return told


def go_back(submission):
    registry, _ = stocked(submission)
    registry.promote(1)
    return registry.rollback()


def test_the_example_of_the_statement(solution):
    expected = [[1, 2, 3], (3, 15), [(1, "double"), (3, "triple")], 1, (1, 10)]
    assert_equal(solution.run(story), expected)


@given(order=st.lists(st.sampled_from([1, 3]), max_size=5))
@settings(max_examples=10)
def test_the_last_promotion_counts(solution, order):
    assert_equal(solution.run(answers, order), [(version, 14 if version == 1 else 21) for version in order])


def test_nothing_to_go_back_to(solution):
    with pytest.raises(RuntimeError):
        solution.run(go_back)
