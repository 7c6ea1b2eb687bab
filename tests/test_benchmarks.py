"""The benchmarks that need nothing of others run, at their smallest: a figure is renewed long after its command was."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks import batch, saves
from benchmarks.commands import NUMPY
from benchmarks.cost import Cost
from benchmarks.subjects import write_small

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")


def test_a_batch_costs_something_on_every_side(tmp_path: Path) -> None:
    """Every side has to accept what is right, and nothing else."""
    subject = write_small(tmp_path)
    ours, turns = batch.measure(subject, 4, 2, 1, [])

    assert list(turns) == ["plain pytest", "floor", "grade batch, nothing known"]
    assert len(ours) == 1 + len(turns)
    assert all(cost.cpu > 0 for cost in ours)
    assert all(turn.ratio > 0 for (turn,) in turns.values())
    assert len(batch.rows(subject.title, ours, turns)) == 1 + len(turns)


def test_a_ratio_is_to_the_neighbours() -> None:
    """Where the pace halves between two runs of ours, the side between them is compared with their mean."""
    turn = batch.Turn(Cost(6.0, 6.0), before=Cost(1.0, 1.0), after=Cost(2.0, 2.0))

    assert turn.ratio == 4.0


def test_a_save_is_measured() -> None:
    save = saves.measure(NUMPY, rounds=1)

    assert 0 < save.checks < save.wall
