"""Whether a bundle is what it should be: signed, whole, made of nothing else, and without a line that is secret."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.bank import statement
from grader.errors import InputError
from grader.handout import form, sources
from grader.markers import files_of
from grader.question import LANGUAGES, Question, Visibility
from grader.submission import read_archive
from grader.takehome.archive import sources_of_archive
from grader.takehome.bundle import ARCHIVE, LETTER, bundle_files
from grader.takehome.invitation import verify
from grader.takehome.kit.packing import zipped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from grader.rubric import AnyQuestion
    from grader.takehome.bundle import Order

SHORTEST = 20
"""Characters of a line that tells something; shorter ones stand in any program."""


@dataclass(frozen=True)
class Secrets:
    """What no bundle may hold."""

    lines: Mapping[str, str]
    """Line to where it stands."""
    words: Mapping[str, str]
    """Further texts, such as the key: text to what it is."""


def inspect(path: Path, order: Order, key: bytes, kept: Iterable[AnyQuestion]) -> tuple[str, ...]:
    """Return everything that is wrong with a bundle.

    Args:
        path: of the bundle.
        order: what it was made of.
        key: of the assessment.
        kept: questions and variants of which no bundle may hold more than their public part.

    Raises:
        InputError: it is no zip.
    """
    files = read_archive(path)
    expected = bundle_files(order, key)
    return (
        *_name_faults(files, expected),
        *_letter_faults(files, key),
        *_secret_faults(files, secrets_of(kept, key)),
        *_repetition_faults(path, files, expected),
    )


def _name_faults(files: Mapping[str, bytes], expected: Mapping[str, bytes]) -> Iterator[str]:
    for name in sorted(files.keys() - expected.keys()):
        yield f"{name}: no bundle has a file of this name"
    for name in sorted(expected.keys() - files.keys()):
        yield f"{name}: it is missing"


def _letter_faults(files: Mapping[str, bytes], key: bytes) -> Iterator[str]:
    try:
        letter: dict[str, Any] = json.loads(files.get(LETTER, b""))
        verify(key, letter)
    except ValueError:
        yield f"{LETTER}: it is no JSON"
        return
    except InputError as error:
        yield f"{LETTER}: {error.fault}"
        return
    for name, digest in letter["files"].items():
        if name in files and hashlib.sha256(files[name]).hexdigest() != digest:
            yield f"{name}: it is not the file that was signed"


def _repetition_faults(path: Path, files: Mapping[str, bytes], expected: Mapping[str, bytes]) -> Iterator[str]:
    """Say where a bundle that is made again differs."""
    other = [name for name in sorted(files.keys() & expected.keys()) if files[name] != expected[name]]
    for name in other:
        yield f"{name}: made again, it is another file"
    if not other and files.keys() == expected.keys() and path.read_bytes() != zipped(expected):
        yield "made again, the zip has other bytes, though its files are the same"


# --- what is secret --------------------------------------------------------------------------------------------------


def secrets_of(kept: Iterable[AnyQuestion], key: bytes) -> Secrets:
    """Return the lines of hidden suites and solutions that stand in no public part, and what else tells something."""
    kept = tuple(kept)
    lines = {line: place for question in kept for line, place in _hidden_lines(question)}
    public = "\n".join(text for question in kept for text in _public_texts(question, key))
    public += "\n".join(data.decode() for data in sources_of_archive().values())
    names = {question.id: "the name of a variant" for question in kept if _is_variant(question)}
    words = {key.decode("latin-1"): "the key of the assessment", **names}
    return Secrets({line: place for line, place in lines.items() if line not in public}, words)


def _is_variant(question: AnyQuestion) -> bool:
    return isinstance(question, Question) and question.spec.variant is not None


def _hidden_lines(question: AnyQuestion) -> Iterator[tuple[str, str]]:
    paths = [*files_of(question.solutions)] if question.solutions.is_dir() else []
    paths.append(
        question.suite(Visibility.HIDDEN) if isinstance(question, Question) else question.folder / "question.yaml"
    )
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if len(line.strip()) >= SHORTEST:
                yield line.strip(), f"{question.qualified_id}, {path.name}:{number}"


def _public_texts(question: AnyQuestion, key: bytes) -> Iterator[str]:
    files = sources(question) if isinstance(question, Question) else form(question, key.hex()[:16])
    yield from (data.decode("utf-8", "replace") for data in files.values())
    yield from (statement(question, language) for language in LANGUAGES)


def _secret_faults(files: Mapping[str, bytes], secrets: Secrets) -> Iterator[str]:
    for name, data in sorted({**files, **_within(files)}.items()):
        text = data.decode("utf-8", "replace")
        for line, place in secrets.lines.items():
            if line in text:
                yield f"{name}: it holds a line of {place}"
        for word, what in secrets.words.items():
            if word in text:
                yield f"{name}: it holds {what}"


def _within(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return what is packed within `check.pyz`."""
    if ARCHIVE not in files:
        return {}
    try:
        with zipfile.ZipFile(io.BytesIO(files[ARCHIVE])) as archive:
            return {f"{ARCHIVE}/{name}": archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        return {}  # then it is another file than the one that was signed, which is said
