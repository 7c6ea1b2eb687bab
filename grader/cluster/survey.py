"""What is installed on a machine, to see whether two would do the same work alike."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import grader

if TYPE_CHECKING:
    from collections.abc import Collection

GRADER = "grader"
SOURCES = "its files"
"""The version of the grader and the SHA-256 over its files stand under these names."""


def survey(packages: Collection[str]) -> dict[str, str]:
    """Return name to version of the grader, of Python and of packages; empty for one that is not installed here."""
    versions = {name: _version(name) for name in sorted(packages)}
    return {GRADER: grader.__version__, SOURCES: _sources(), "python": platform.python_version(), **versions}


def differences(here: dict[str, str], there: dict[str, str]) -> list[str]:
    """Return in words what has another version there than here."""
    return [
        f"{name} {there.get(name) or '(none)'} instead of {version or '(none)'}"
        for name, version in here.items()
        if there.get(name) != version
    ]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


@cache
def _sources() -> str:
    root = Path(grader.__file__).parent
    total = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        total.update(f"{path.relative_to(root)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()
