"""Stand-in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Handed:
    """x."""

    candidate: str
    path: Path
    place: str
    question: str | None = None


@dataclass(frozen=True)
class Intake:
    """x."""

    handed: tuple[Handed, ...]
    notes: tuple[str, ...] = ()


@contextlib.contextmanager
def take_in(source: Path) -> Iterator[Intake]:
    """X."""
    yield Intake(tuple(Handed(p.stem, p, p.name) for p in sorted(source.iterdir())))


def file_name(candidate: str) -> str:
    """X."""
    return candidate
