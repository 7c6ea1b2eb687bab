"""The bundle around `check.pyz`: where it lies, what the invitation says, what the archive knows of each question."""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TERMS = "terms.json"
STARTER, READY, EMPTY = "starter", "ready", "empty"


@dataclass(frozen=True)
class Bundle:
    """One unpacked bundle."""

    root: Path
    archive: Path
    """The `check.pyz` that runs."""
    invitation: dict[str, Any]
    """As it was signed."""
    terms: dict[str, Any]

    @property
    def language(self) -> str:
        """In which the candidate was invited."""
        return str(self.terms["language"])

    @property
    def questions(self) -> dict[str, dict[str, Any]]:
        """What is known of each question, by its folder."""
        found: dict[str, dict[str, Any]] = self.terms["questions"]
        return found

    def answers(self) -> list[tuple[str, Path]]:
        """Return folder and path of each file that is to hand in."""
        return [(each["folder"], self.root / each["folder"] / name)
                for each in self.invitation["asked"] for name in each["files"]]  # fmt: skip

    def state(self, folder: str, path: Path) -> str:
        """Say whether a file is an answer already, or still what was handed out."""
        if not path.exists():
            return EMPTY
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return STARTER if digest == self.questions[folder]["starters"].get(path.name) else READY


def digest_of_letter(letter: Mapping[str, object]) -> str:
    """Return the SHA-256 of what an invitation says of the candidate, the times and the questions.

    The list of files is left out, for this archive is one of them, and so is the signature over it.
    """
    return hashlib.sha256(canonical(letter, "files", "signature")).hexdigest()


def canonical(payload: Mapping[str, object], *left_out: str) -> bytes:
    """Return a payload as JSON in one way only: sorted keys, no blanks, UTF-8, and without some of the keys."""
    kept = {name: value for name, value in payload.items() if name not in left_out}
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class UnreadableBundleError(Exception):
    """The invitation beside the archive is missing or spoilt."""


def read_bundle(archive: Path) -> Bundle:
    """Read what lies around the archive.

    Raises:
        UnreadableBundleError: there is no invitation that can be read.
    """
    with zipfile.ZipFile(archive) as packed:
        terms = json.loads(packed.read(TERMS))
    try:
        invitation = json.loads((archive.parent / "invitation.json").read_bytes())
        if [each["folder"] for each in invitation["asked"]] != list(terms["questions"]):
            raise UnreadableBundleError
    except (OSError, ValueError, KeyError, TypeError):
        raise UnreadableBundleError from None
    return Bundle(archive.parent, archive, invitation, terms)
