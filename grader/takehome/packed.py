"""The packed answer: what `check.pyz pack` wrote, read as if an enemy had written it.

    answer-<invitation id>.zip
        manifest.json                {"format": 1, "invitation": {...}, "files": {path: sha256}, "begun": ..., "disclosure": {...}}
        answers/<folder>/<file>

What may stand in it follows from the invitation, which is signed: nothing of it is believed before its signature is.
Files are handed on as bytes; nothing is written to the disk or executed here.
"""  # noqa: E501  one line of the layout

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from grader.errors import InputError, SubmissionError
from grader.submission import KIB, MAX_SOURCE, MAX_WORDS, WORDS, read_archive
from grader.takehome.invitation import verify

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MANIFEST, ANSWERS = "manifest.json", "answers"
MAX_MANIFEST = 256 * KIB
LARGEST = {"": MAX_SOURCE, **dict.fromkeys(WORDS, MAX_WORDS)}
"""Bytes that a file may have, by its ending."""
_AGAIN = "Pack it again with `python check.pyz pack`"

Disclosed = str | int | float | bool | None | tuple[str, ...]


class Manifest(BaseModel):
    """What stands in `manifest.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    format: Literal[1]
    invitation: dict[str, object]
    files: dict[str, str] = Field(max_length=500)
    """SHA-256 by path, as in `answers/1-masked-pooling/solution.py`."""
    begun: str | None = None
    """When the candidate says to have begun; a claim, from which nothing follows."""
    disclosure: dict[str, Disclosed] = Field(default_factory=dict, max_length=50)


class _Place(BaseModel):
    folder: str
    files: tuple[str, ...]


class _Asked(BaseModel):
    """What a signed invitation says of the answer to it."""

    id: str
    assessment: str
    candidate: str
    attempt: int
    asked: tuple[_Place, ...]


@dataclass(frozen=True)
class Packed:
    """A packed answer whose invitation is genuine and whose files are what its manifest says."""

    invitation_id: str
    candidate: str
    attempt: int
    files: Mapping[str, Mapping[str, bytes]]
    """By folder and name; a question without an answer has no folder."""
    disclosure: Mapping[str, Disclosed]
    begun: str | None
    """When the candidate says to have begun."""


def read_packed(path: Path, key: bytes, assessment: str) -> Packed:
    """Read and validate a packed answer.

    Args:
        path: of the zip; a regular file, no link.
        key: of the assessment.
        assessment: its id.

    Raises:
        SubmissionError: it is none, was changed, or belongs to another assessment; says what to do.
    """
    files = read_archive(path)
    manifest = _manifest(files, path.name)
    asked = _genuine(manifest, key, path.name)
    if asked.assessment != assessment:
        raise _refused(f"it answers {asked.assessment!r}, not {assessment!r}", path.name)
    _refuse_others(manifest, asked, files, path.name)
    return Packed(
        invitation_id=asked.id,
        candidate=asked.candidate,
        attempt=asked.attempt,
        files=_by_folder(files),
        disclosure=manifest.disclosure,
        begun=manifest.begun,
    )


def _manifest(files: Mapping[str, bytes], name: str) -> Manifest:
    data = files.get(MANIFEST)
    if data is None:
        raise _refused(f"it has no {MANIFEST}", name)
    if len(data) > MAX_MANIFEST:
        raise _refused(f"{MANIFEST} is larger than {MAX_MANIFEST // KIB} KiB", name)
    try:
        return Manifest.model_validate_json(data)
    except ValidationError as error:
        raise _refused(f"{MANIFEST}: {_first(error)}", name) from None


def _genuine(manifest: Manifest, key: bytes, name: str) -> _Asked:
    """Return what the invitation asks for, once its signature is believed."""
    try:
        verify(key, manifest.invitation)
        return _Asked.model_validate(manifest.invitation)
    except InputError as error:
        raise _refused(f"invitation: {error.fault}", name, error.cure) from None
    except ValidationError as error:  # signed, but no invitation
        raise _refused(f"invitation: {_first(error)}", name) from None


def _first(error: ValidationError) -> str:
    detail = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(map(str, detail["loc"]))
    return f"{place}: {detail['msg']}"[:200] if place else detail["msg"][:200]


def _most(file: str) -> int:
    return LARGEST.get(PurePosixPath(file).suffix, LARGEST[""])


def _refuse_others(manifest: Manifest, asked: _Asked, files: Mapping[str, bytes], name: str) -> None:
    limits = {f"{ANSWERS}/{each.folder}/{file}": _most(file) for each in asked.asked for file in each.files}
    for path, data in files.items():
        if path == MANIFEST:
            continue
        if path not in limits:
            raise _refused(f"{path[:200]!r} is nothing that was asked for", name)
        if len(data) > limits[path]:
            raise _refused(f"{path} is larger than {limits[path] // KIB} KiB", name, cure="Hand in the answer alone")
        if manifest.files.get(path) != hashlib.sha256(data).hexdigest():
            raise _refused(f"{path} is not the file that was packed", name)
    missing = sorted(manifest.files.keys() - files.keys())
    if missing:
        raise _refused(f"{missing[0][:200]!r} was packed, and is not there any more", name)
    if not manifest.files:
        raise _refused("it holds no answer", name)


def _by_folder(files: Mapping[str, bytes]) -> dict[str, dict[str, bytes]]:
    found: dict[str, dict[str, bytes]] = {}
    for path, data in sorted(files.items()):
        if path != MANIFEST:
            _, folder, name = path.split("/")
            found.setdefault(folder, {})[name] = data
    return found


def _refused(fault: str, name: str, cure: str = _AGAIN) -> SubmissionError:
    return SubmissionError(fault, file=name, cure=cure)
