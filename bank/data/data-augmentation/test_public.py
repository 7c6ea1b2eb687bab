"""Public checks of `data-augmentation`: the interface by small examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal


def changed(submission, seed, img, *strengths, boxes=None):
    return submission.augment(img, np.random.default_rng(seed), *strengths, boxes)


def test_a_flip(solution):
    img = np.array([[[0], [100], [200]]], dtype=np.uint8)
    new, boxes = solution.run(changed, 0, img, 1.0, 0.0, 0.0, 0.0, boxes=np.array([[0.0, 0.0, 1.0, 1.0]]))
    assert_equal(new, img[:, ::-1])
    assert_close(boxes, np.array([[2.0, 0.0, 3.0, 1.0]]))


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=10)
def test_without_strength_nothing_changes(solution, seed):
    img = np.random.default_rng(seed).integers(0, 256, size=(4, 5, 3), dtype=np.uint8)
    assert_equal(solution.run(changed, seed, img, 0.0, 0.0, 0.0, 0.0), (img, None))


def test_nothing_but_noise(solution):
    img = np.full((30, 30, 3), 0.5, dtype=np.float32)
    new, _ = solution.run(changed, 1, img, 0.0, 0.0, 0.0, 1.0)
    assert set(np.unique(new).tolist()) == {0.0, 1.0}


def test_negative_brightness_is_refused(solution):
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.run(changed, 0, np.zeros((1, 1, 1), dtype=np.uint8), 0.0, -0.1, 0.0, 0.0)
