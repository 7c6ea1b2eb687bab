"""Invitations: what one candidate is asked, by when, and the part of it that the candidate gets, signed.

The examiner keeps the whole of it. The candidate's `invitation.json` names neither the variant nor the form, and of an
accommodation only what follows from it: this candidate's own duration and end. It is signed, so that an answer which
brings it back is known for an answer to it.
"""

from __future__ import annotations

import base64
import hmac
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt

from grader.errors import InputError
from grader.keyed import mac
from grader.question import Frozen, Language, Slug
from grader.takehome.kit import terms

if TYPE_CHECKING:
    from collections.abc import Mapping

_ID_BYTES = 15  # 120 bits, 24 letters without padding
SIGNATURE = "signature"

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
"""A candidate's pseudonym, as in `C-0017`; it becomes the name of a file."""


class Asked(Frozen):
    """One question of an invitation."""

    position: PositiveInt
    """Counted from 1."""
    question: str
    """Qualified id; of a variant, the question it was made from."""
    variant: str | None = None
    """Qualified id of the deployed variant; no candidate ever sees it."""
    folder: str = Field(pattern=r"^[1-9][0-9]*-[a-z0-9]+(-[a-z0-9]+)*$")
    """In the bundle and in what is handed in, as in `1-masked-pooling`."""
    points: NonNegativeFloat
    minutes: int
    files: tuple[str, ...] = Field(min_length=1)
    """Names of what is to hand in, within the folder."""

    @property
    def asked(self) -> str:
        """Qualified id of what is really asked and graded."""
        return self.variant or self.question


class Invitation(Frozen):
    """What one candidate is asked at one attempt: the examiner's record."""

    format: Literal[1] = 1
    id: str = Field(pattern=r"^[a-z2-7]{24}$")
    """See `identify`."""
    assessment: Slug
    number: PositiveInt = 1
    """The how-manieth invitation it is; forms and variants are allocated in this order."""
    candidate: Code
    attempt: PositiveInt = 1
    language: Language
    form: str = ""
    """Which form of the assessment; empty where its questions were listed by hand."""
    asked: tuple[Asked, ...] = Field(min_length=1)
    issued: datetime
    opens: datetime
    closes: datetime
    """The end of the window, for this candidate."""
    duration: timedelta
    """From the moment this candidate begins."""
    grace: timedelta = timedelta(0)


def identify(key: bytes, candidate: str, attempt: int) -> str:
    """Return the id of an invitation: the same for whoever has the key, unguessable for everybody else."""
    digest = mac(key, "invitation", candidate, str(attempt))
    return base64.b32encode(digest[:_ID_BYTES]).decode("ascii").lower()


def canonical(payload: Mapping[str, object]) -> bytes:
    """Return a payload as JSON in the one way that is signed: without the signature."""
    return terms.canonical(payload, SIGNATURE)


def sign(key: bytes, payload: Mapping[str, object]) -> str:
    """Return the signature of a payload, 64 hexadecimal digits."""
    return mac(key, SIGNATURE, canonical(payload).decode()).hex()


def verify(key: bytes, payload: Mapping[str, object]) -> None:
    """Make sure that a payload is as it was signed.

    Raises:
        InputError: it is not, or it was signed with another key.
    """
    found = payload.get(SIGNATURE)
    if not isinstance(found, str) or not hmac.compare_digest(found.encode(), sign(key, payload).encode()):
        fault = "the signature does not match: it was changed, or belongs to another assessment"
        raise InputError(fault, cure="Hand in what `check.pyz pack` wrote, with invitation.json as it was handed out")


def handed_out(
    invitation: Invitation, key: bytes, files: Mapping[str, str], more: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Return the content of the candidate's `invitation.json`, signed.

    Args:
        invitation: whole, as the examiner keeps it.
        key: of the assessment.
        files: SHA-256 of each file of the bundle that stays as it is.
        more: further terms that the candidate reads, each a value of JSON.
    """
    payload: dict[str, object] = {
        "format": 1,
        "id": invitation.id,
        "assessment": invitation.assessment,
        "candidate": invitation.candidate,
        "attempt": invitation.attempt,
        "language": invitation.language,
        "issued": in_utc(invitation.issued),
        "opens": in_utc(invitation.opens),
        "closes": in_utc(invitation.closes),
        "duration_seconds": int(invitation.duration.total_seconds()),
        "grace_seconds": int(invitation.grace.total_seconds()),
        "asked": [
            {"folder": each.folder, "points": each.points, "minutes": each.minutes, "files": list(each.files)}
            for each in invitation.asked
        ],
        "files": dict(files),
        **(more or {}),
    }
    return {**payload, SIGNATURE: sign(key, payload)}


def in_utc(moment: datetime) -> str:
    """Return a moment as ISO 8601 in UTC, to the second, as in `2026-12-01T08:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
