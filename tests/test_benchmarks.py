"""The benchmarks that need nothing of others run, at their smallest: a figure is renewed long after its command was."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks import batch, saves
from benchmarks.commands import NUMPY
from benchmarks.subjects import write_small

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")


def test_a_batch_costs_something_on_every_side(tmp_path: Path) -> None:
    """Every side has to accept what is right, and nothing else."""
    subject = write_small(tmp_path)
    costs = batch.measure(subject, 4, 2, 1, [])

    assert list(costs) == ["grade batch", "grade batch, nothing known", "floor", "plain pytest"]
    assert all(cost.cpu > 0 for (cost,) in costs.values())
    assert len(batch.rows(subject.title, costs)) == len(costs)


def test_a_save_is_measured() -> None:
    save = saves.measure(NUMPY, rounds=1)

    assert 0 < save.checks < save.wall
