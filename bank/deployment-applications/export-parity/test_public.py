"""Public checks of `export-parity`: the interface by small examples."""

import json
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal


def small_model(weight, bias):
    """Make the model of the statement's example."""
    model = nn.Sequential(nn.Linear(1, 1), nn.Dropout(0.5), nn.ReLU())
    with torch.no_grad():
        model[0].weight.fill_(weight)
        model[0].bias.fill_(bias)
    return model


def export_small(submission, weight, bias):
    return submission.export(small_model(weight, bias))


def export_tanh(submission):
    return submission.export(nn.Sequential(nn.Linear(2, 2), nn.Tanh()))


def test_the_file_of_the_example(solution):
    blob = solution.run(export_small, 2.0, 0.5)
    assert_equal(blob[:8], b"NETX\x01\0\0\0")
    assert_equal(json.loads(blob[12:-12]), [{"type": "Linear", "shape": [1, 1]}, {"type": "ReLU"}])
    assert_equal(np.frombuffer(blob[-12:-4], "<f4").tolist(), [2.0, 0.5])
    assert_equal(blob[-4:], zlib.crc32(blob[:-4]).to_bytes(4, "little"))


@given(weight=st.sampled_from([-1.5, 0.5, 2.0]), batch=st.integers(0, 3))
@settings(max_examples=10)
def test_files_are_run(solution, weight, batch):
    x = np.arange(batch, dtype=np.float32).reshape(batch, 1)
    y = solution.infer(solution.run(export_small, weight, 0.25), x)
    assert_close(y, np.maximum(weight * x + np.float32(0.25), 0))


def test_what_is_refused(solution):
    with pytest.raises(ValueError, match="Tanh"):
        solution.run(export_tanh)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.infer(b"no file at all", np.zeros((1, 1), np.float32))
