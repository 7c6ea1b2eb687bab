"""The folder of one assessment: what lies where, and the examiner's records of who was invited.

assessment.yaml  assessment.forms.yaml  variants.lock.yaml
assessment.key                     secret: it signs, it draws; of mode 0600
assessment.signers                 public: the line by which `ssh-keygen -Y verify` knows its signatures
invitations/C-0017-1.json          the first invitation of C-0017, whole; never for a candidate
bundles/C-0017-1.zip               what that candidate gets
variants/bank/  variants/solutions/     deployed variants
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from grader.errors import InputError
from grader.files import write_whole
from grader.takehome.invitation import Invitation

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Office:
    """See the module."""

    assessment: Path
    """The `assessment.yaml`."""

    @property
    def folder(self) -> Path:
        """Where everything lies."""
        return self.assessment.parent

    @property
    def key(self) -> Path:
        """The file of the key."""
        return self.assessment.with_suffix(".key")

    @property
    def signers(self) -> Path:
        """The file of the public line by which signatures are known."""
        return self.assessment.with_suffix(".signers")

    @property
    def forms(self) -> Path:
        """The file of the forms."""
        return self.assessment.with_name(f"{self.assessment.stem}.forms.yaml")

    @property
    def lock(self) -> Path:
        """The file of the deployed variants."""
        return self.folder / "variants.lock.yaml"

    @property
    def variants(self) -> Path:
        """The folder that has the `bank/` and the `solutions/` of the deployed variants."""
        return self.folder / "variants"

    def record(self, candidate: str, attempt: int) -> Path:
        """Return the file of an invitation."""
        return self.folder / "invitations" / f"{candidate}-{attempt}.json"

    def bundle(self, candidate: str, attempt: int) -> Path:
        """Return the file of a bundle."""
        return self.folder / "bundles" / f"{candidate}-{attempt}.zip"

    def invitations(self) -> tuple[Invitation, ...]:
        """Return every invitation, in the order in which they were made.

        Raises:
            InputError: a record cannot be read.
        """
        found = [_read(path) for path in sorted((self.folder / "invitations").glob("*.json"))]
        return tuple(sorted(found, key=lambda each: each.number))

    def keep(self, invitation: Invitation) -> Path:
        """Write the record of a new invitation, and return its file; what was issued is never changed.

        Raises:
            InputError: there is one for this candidate and attempt.
        """
        path = self.record(invitation.candidate, invitation.attempt)
        if path.exists():
            raise InputError("this invitation was issued already", file=path, cure="Keep it")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, invitation.model_dump_json(indent=1) + "\n", durable=True)
        return path


def _read(path: Path) -> Invitation:
    try:
        return Invitation.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        fault = str(error).splitlines()[0]
        raise InputError(f"it is no invitation: {fault}", file=path, cure="Restore it from a backup") from None
