"""Public checks of `maml`: the interface by small examples."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close


def example(submission, start, first_order):
    tasks = [(lambda p: p["w"] ** 2, lambda p: (p["w"] - 3) ** 2)]
    return submission.meta_grad({"w": torch.tensor(start)}, tasks, 0.25, 1, first_order)


def adapt(submission, start, steps):
    return submission.inner({"w": torch.tensor(start)}, lambda p: p["w"] ** 2, 0.25, steps)


def test_the_example_of_the_statement(solution):
    assert_close(solution.run(example, 2.0, False), ({"w": torch.tensor(-2.0)}, 4.0))
    assert_close(solution.run(example, 2.0, True), ({"w": torch.tensor(-4.0)}, 4.0))


@given(start=st.integers(-50, 50), steps=st.integers(0, 4))
@settings(max_examples=10, deadline=None)
def test_each_step_halves_the_parameter(solution, start, steps):
    assert_close(solution.run(adapt, float(start), steps), {"w": torch.tensor(start / 2.0**steps)})


def test_no_task_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.meta_grad({"w": torch.tensor(1.0)}, [], 0.1, 1)
