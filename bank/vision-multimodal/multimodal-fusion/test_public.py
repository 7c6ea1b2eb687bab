"""Public checks of `multimodal-fusion`: the interface by small examples."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def fuse(module, dims, feats, present=None):
    fused, weights = module.Fusion(dims, 4)(feats, present)
    return fused.detach(), weights.detach()


@given(batch=st.integers(1, 4))
@settings(max_examples=5)
def test_shapes_and_weights(solution, batch):
    feats = {"text": torch.randn(batch, 5), "image": torch.randn(batch, 7, 2, 3)}
    fused, weights = solution.run(fuse, {"text": 5, "image": 7, "audio": 3}, feats)
    assert_equal(list(fused.shape), [batch, 4])
    assert_close(weights.sum(1), torch.ones(batch))
    assert_equal(weights[:, 0], torch.zeros(batch))


def test_a_modality_alone_has_all_the_weight(solution):
    _, weights = solution.run(fuse, {"text": 5}, {"text": torch.randn(3, 5)})
    assert_close(weights, torch.ones(3, 1))


def test_an_unknown_modality_is_an_error(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(fuse, {"text": 5}, {"smell": torch.randn(3, 5)})
