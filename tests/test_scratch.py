"""What guests may leave in a folder that is no file system of its own, and its removal."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from grader.sandbox import scratch

if TYPE_CHECKING:
    from pathlib import Path

MIB = 2**20


def test_a_modest_folder_has_no_fault(tmp_path: Path) -> None:
    """A few files and folders, a link to something large, and a large hole."""
    outside = tmp_path / "outside"
    outside.write_bytes(bytes(2 * MIB))
    inside = tmp_path / "inside"
    (inside / "a" / "b").mkdir(parents=True)
    (inside / "a" / "b" / "file").write_bytes(bytes(MIB // 2))
    (inside / "link").symlink_to(outside)
    (inside / "above").symlink_to(tmp_path)
    os.truncate(_new(inside / "hole"), 2**30)

    assert scratch.fault_of(str(inside), MIB) == ""
    assert scratch.fault_of(str(tmp_path), MIB) == "wrote more than 1 MiB of files"


def _new(path: Path) -> Path:
    path.touch()
    return path


def test_the_sum_counts(tmp_path: Path) -> None:
    """Many files, each below the limit."""
    for number in range(8):
        (tmp_path / str(number)).write_bytes(bytes(MIB // 4))

    assert scratch.fault_of(str(tmp_path), 3 * MIB) == ""
    assert scratch.fault_of(str(tmp_path), MIB) == "wrote more than 1 MiB of files"


def test_the_number_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty files take no block, but a place in a folder."""
    monkeypatch.setattr(scratch, "MAX_ENTRIES", 10)
    for number in range(10):
        (tmp_path / str(number)).touch()
    before = scratch.fault_of(str(tmp_path), MIB)
    (tmp_path / "one more").touch()

    assert (before, scratch.fault_of(str(tmp_path), MIB)) == ("", "made more than 10 files")


def test_depth_counts_and_is_removed(tmp_path: Path) -> None:
    """Nested deeper than a path can say."""
    root = tmp_path / "root"
    root.mkdir()
    here = os.getcwd()
    try:
        os.chdir(root)
        for _ in range(2500):
            os.mkdir("folder")
            os.chdir("folder")
    finally:
        os.chdir(here)

    assert scratch.fault_of(str(root), 64 * MIB) == "made folders more than 64 deep"
    scratch.remove(str(root))
    assert not root.exists()


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    """There is nothing in it."""
    assert scratch.fault_of(str(tmp_path / "nothing"), MIB) == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is locked for root")
def test_a_locked_folder_is_a_fault_and_is_removed(tmp_path: Path) -> None:
    """What cannot be looked into could hold anything."""
    root = tmp_path / "root"
    locked = root / "locked"
    locked.mkdir(parents=True)
    (locked / "file").touch()
    locked.chmod(0o300)

    assert "locked" in scratch.fault_of(str(root), MIB)
    scratch.remove(str(root))
    assert not root.exists()
