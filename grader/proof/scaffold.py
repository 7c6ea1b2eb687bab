"""The scaffold of a new question: a small, sound one, whose files are replaced piece by piece."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

from grader.errors import InputError

FILES = Path(__file__).parent / "scaffold_files"
Kind = Literal["code", "choice", "short"]
Package = Literal["numpy", "torch"]
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def write_scaffold(
    bank: Path, family: str, name: str, kind: Kind = "code", package: Package | None = None
) -> tuple[Path, ...]:
    """Write the folders of a question of some kind, and return the files.

    Args:
        bank: folder of the bank.
        family: folder in it, made where there is none.
        name: the question's own part of its id.
        kind: what is asked for.
        package: what its code works with; plain Python when None.

    Raises:
        InputError: the name is no slug, the question exists, or a package is named for a question in words.
    """
    if package and kind != "code":
        raise InputError(f"a question of kind {kind} runs no code", cure="Leave out --package")
    for word in (family, name):
        if not _SLUG.fullmatch(word):
            raise InputError(f"{word!r} is no name for a folder of the bank", cure="Use a-z, 0-9 and hyphens")
    places = {"bank": bank / family / name, "solutions": bank.parent / "solutions" / family / name}
    for place in places.values():
        if place.exists():
            raise InputError("the question exists already", file=place, cure="Choose another id; nothing was written")
    source = FILES / (f"{kind}-{package}" if package else kind)
    return tuple(path for part, place in places.items() for path in _copy(source / part, place, family, name))


def _copy(source: Path, target: Path, family: str, name: str) -> list[Path]:
    written = []
    for path in sorted(source.rglob("*")):
        if not path.is_file() or path.suffix == ".pyc":
            continue
        text = path.read_text(encoding="utf-8")
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.format(id=name, family=family) if path.suffix == ".yaml" else text, encoding="utf-8")
        written.append(place)
    return written
