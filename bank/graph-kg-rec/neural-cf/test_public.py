"""Public checks of `neural-cf`: the interface by small examples."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal

VECTORS = torch.tensor([[1.0, -2.0], [0.5, 3.0], [0.0, 4.0]])


def look(module, vectors, freeze):
    """Tell the table of users and what learns."""
    model = module.NCF(3, 4, 2, user_init=vectors, freeze=freeze)
    return model.user_table.weight, {name: p.requires_grad for name, p in model.named_parameters()}


def count(module, size):
    """Tell the shape of the logits."""
    ids = torch.zeros(size, dtype=torch.int64)
    return tuple(module.NCF(2, 2, 3)(ids, ids).shape)


def first_loss(module, y):
    """Make a step of a model that has no opinion yet."""
    model = module.NCF(2, 2, 2)
    with torch.no_grad():
        model.out.weight.zero_()
        model.out.bias.zero_()
    opt = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    return module.bce_step(model, torch.tensor([0, 1]), torch.tensor([1, 1]), y, opt)


def test_given_vectors_are_loaded_and_frozen(solution):
    weight, learns = solution.run(look, VECTORS, True)
    assert_equal(weight, VECTORS)
    assert learns["user_table.weight"] is False
    assert learns["item_table.weight"] is True


def shape(module, d):
    """Tell the shape of the hidden layer."""
    return tuple(module.NCF(2, 2, d).hidden.weight.shape)


def test_the_hidden_layer_has_its_size(solution):
    wide = 1  # variant: wide
    for d in (1, 4):
        assert solution.run(shape, d) == (wide * d, 2 * d)


@given(size=st.integers(0, 4))
@settings(max_examples=5)
def test_one_logit_for_each_pair(solution, size):
    assert solution.run(count, size) == (size,)


def test_the_loss_of_no_opinion(solution):
    assert math.isclose(solution.run(first_loss, torch.tensor([0, 1])), math.log(2), rel_tol=1e-6)


def test_ratings_are_no_targets(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(first_loss, torch.tensor([1, 5]))
