"""What a job needs on a machine that shares no files with this one; knows nothing of grading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from grader.errors import InputError
from grader.files import files_below

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

J = TypeVar("J")

MAX_CARGO = 64 * 2**20
"""Bytes of the files of one job: they are held in memory on every machine."""


class Freight(Protocol[J]):
    """Says what a job takes along. It is pickled itself, and goes before the first job."""

    def needs(self, job: J, /) -> Mapping[str, float]:
        """Return the resources it needs beside a core, e.g. `{"GPU": 1}`."""

    def cargo_of(self, job: J, /) -> str:
        """Return what its files are called; jobs with the same name share them."""

    def pack(self, job: J, /) -> Mapping[str, bytes]:
        """Return its files by their relative paths, `/` between their parts; called once for each name."""

    def unpacked(self, job: J, folder: Path, /) -> J:
        """Return the job as it is where its files lie in `folder`."""


def load(root: Path, below: str) -> dict[str, bytes]:
    """Read the files of a folder, to be put `below` another; what Python has compiled there is left behind."""
    return {f"{below}/{path.relative_to(root).as_posix()}": path.read_bytes() for path in files_below(root)}


def weigh(name: str, cargo: Mapping[str, bytes]) -> None:
    """See that files are few enough to travel.

    Raises:
        InputError: they are too many.
    """
    total = sum(map(len, cargo.values()))
    if total > MAX_CARGO:
        raise InputError(
            f"{name}: its files are {total / 2**20:.0f} MiB, and {MAX_CARGO // 2**20} MiB may go to another machine",
            cure="Take out what is not needed, or grade with --engine local",
        )


def unload(cargo: Mapping[str, bytes], folder: Path) -> None:
    """Write files that were packed by a machine of ours."""
    for name, content in cargo.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
