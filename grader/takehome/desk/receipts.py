"""Receipts: what becomes of a file that a candidate sent, said in words that can be checked.

The moment of receipt decides. It is the moment in which the file comes here, or an earlier one that a person vouches
for with a reason, as the time in the head of a mail.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from grader.errors import InputError
from grader.question import Frozen
from grader.submission import MAX_TREE
from grader.takehome.deadlines import NOTHING_GRANTED, Deadline, Standing, deadline
from grader.takehome.deadlines import receive as stand
from grader.takehome.desk.chain import Event
from grader.takehome.desk.tables import BeginningRow, ReceiptRow
from grader.takehome.invitation import in_utc, sign
from grader.takehome.packed import read_packed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.takehome.desk.desk import Desk
    from grader.takehome.desk.register import Invited, Register
    from grader.takehome.packed import Packed

RECEIVED, JUDGED_AGAIN = "received", "judged again"


class SignedReceipt(Frozen):
    """What a candidate gets for a file. Its dump is the receipt, format 1."""

    format: Literal[1] = 1
    assessment: str
    invitation: str
    candidate: str
    attempt: int
    sha256: str
    """Of the file as it was received."""
    size: int
    received: str
    due: str
    standing: Standing
    part: float
    """Of the points that counts, from 0 to 1."""
    answered: tuple[str, ...]
    """Folders of the questions that have an answer."""
    audit: str
    """Digest of the audit's link: a chain that does not hold it any more was cut."""
    signature: str = ""
    """HMAC-SHA256, keyed by the assessment's key, over all the rest."""


def begin(register: Register, code: str, moment: datetime, reason: str) -> list[SignedReceipt]:
    """Put on record when a candidate began; what was received is judged again by it.

    Args:
        register: opened.
        code: of the candidate.
        moment: not in the future.
        reason: why another moment was on record before; empty for the first.

    Returns:
        New receipts, for what stands otherwise now.

    Raises:
        InputError: there is no such candidate, the moment is yet to come, or a reason is missing.
    """
    invited = register.find(code)
    _refuse_future(moment, register.now())
    before = register.beginnings(invited)
    if before and not reason:
        fault = f"{code} began at {in_utc(before[-1].begun)} already"
        raise InputError(fault, cure='Say why that is wrong: --reason "..."')
    row = BeginningRow(invitation_id=invited.row.id, begun=moment, recorded=register.now(), reason=reason)
    register.record(Event("began", register.by, code), row)
    return [receipt for each in register.receipts(invited) if (receipt := _judged_again(register, invited, each))]


def _refuse_future(moment: datetime, now: datetime) -> None:
    if moment > now:
        raise InputError(f"{in_utc(moment)} is yet to come", cure="Give a moment that is past, with its offset")


def limits(register: Register, invited: Invited) -> Deadline:
    """Return a candidate's moments: what the invitation promised, or what the assessment grants by now, if it is later.

    The time runs from the beginning that is on record, else from the moment of the invitation.
    """
    terms, assessment = invited.terms, register.assessment
    begun = next((each.begun for each in reversed(register.beginnings(invited))), terms.issued)
    opens, closes, ran = (when.astimezone(UTC) for when in (terms.opens, terms.closes, begun))
    promised = Deadline.of(opens, closes, ran, terms.duration, terms.grace)
    granted = deadline(assessment, begun, assessment.accommodations.get(terms.candidate, NOTHING_GRANTED))
    later = max(promised, granted, key=lambda each: each.forgiven)
    return Deadline(min(promised.opens, granted.opens), later.due, later.forgiven)


def receive(desk: Desk, path: Path, *, at: datetime | None = None, reason: str = "") -> SignedReceipt:
    """Take in what a candidate sent: validated, kept by its content, and judged by the moment of its receipt.

    The same file of the same candidate has one receipt, however often it comes. What comes too late is kept as well,
    and its receipt says so.

    Args:
        desk: of the assessment.
        path: of the file.
        at: the moment that counts, where it is not the present one.
        reason: why it is not.

    Raises:
        InputError: it is no answer to this assessment, or cannot be read; nothing is kept of it then.
    """
    if at is not None:
        _refuse_future(at, desk.now())
    with _taken_in(desk, path) as (kept, packed), desk.register() as register:
        invited = register.by_token(packed.invitation_id)
        data = kept.read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        for row in register.receipts(invited):
            if row.sha256 == sha256:
                return _signed(register, invited, row, _link_of(register, row))
        row = _row(register, invited, packed, at or desk.now(), sha256, len(data), reason)
        os.replace(kept, desk.received(sha256))
        link = register.record(Event(RECEIVED, desk.by, invited.terms.candidate, sha256), row)
        return _signed(register, invited, row, link)


@contextlib.contextmanager
def _taken_in(desk: Desk, path: Path) -> Iterator[tuple[Path, Packed]]:
    """Copy a file beside where it will be kept, and read the copy: what is judged is what is kept."""
    desk.inbox.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".partial-", dir=desk.inbox) as folder:
        copy = Path(folder, path.name)
        try:
            with open(path, "rb") as source, open(copy, "wb") as target:
                target.write(source.read(MAX_TREE + 1))
                target.flush()
                os.fsync(target.fileno())
        except OSError as error:
            fault = f"it cannot be taken in: {error.strerror}"
            raise InputError(fault, file=path, cure="Check the path and the permissions") from None
        yield copy, read_packed(copy, desk.key, desk.assessment.id)


def _row(
    register: Register, invited: Invited, packed: Packed, received: datetime, sha256: str, size: int, reason: str
) -> ReceiptRow:
    own = limits(register, invited)
    judged = stand(register.assessment.late, own, received)
    return ReceiptRow(
        invitation_id=invited.row.id,
        sha256=sha256,
        size=size,
        received=received,
        due=own.due,
        standing=judged.standing.value,
        part=judged.part,
        answered=json.dumps(sorted(packed.files)),
        disclosure=json.dumps(dict(packed.disclosure), sort_keys=True, ensure_ascii=False),
        claimed=packed.begun or "",
        recorded=register.now(),
        reason=reason,
    )


def _judged_again(register: Register, invited: Invited, before: ReceiptRow) -> SignedReceipt | None:
    """Add a row for a file that stands otherwise now, and return its new receipt."""
    own = limits(register, invited)
    judged = stand(register.assessment.late, own, before.received)
    if (judged.standing.value, judged.part, own.due) == (before.standing, before.part, before.due):
        return None
    kept = ("invitation_id", "sha256", "size", "received", "answered", "disclosure", "claimed")
    row = ReceiptRow(
        **{name: getattr(before, name) for name in kept},
        due=own.due,
        standing=judged.standing.value,
        part=judged.part,
        recorded=register.now(),
        reason="the candidate's beginning was put on record",
    )
    link = register.record(Event(JUDGED_AGAIN, register.by, invited.terms.candidate, row.sha256), row)
    return _signed(register, invited, row, link)


def _link_of(register: Register, row: ReceiptRow) -> str:
    """Return the digest of the link that vouches for a receipt."""
    own = {"table": row.__tablename__, "id": row.id}
    links = (*register.chain.links(RECEIVED), *register.chain.links(JUDGED_AGAIN))
    return next(link.row.digest for link in links if any(own.items() <= each.items() for each in link.added))


def _signed(register: Register, invited: Invited, row: ReceiptRow, link: str) -> SignedReceipt:
    receipt = SignedReceipt(
        assessment=register.assessment.id,
        invitation=invited.terms.id,
        candidate=invited.terms.candidate,
        attempt=invited.terms.attempt,
        sha256=row.sha256,
        size=row.size,
        received=in_utc(row.received),
        due=in_utc(row.due),
        standing=Standing(row.standing),
        part=row.part,
        answered=tuple(json.loads(row.answered)),
        audit=link,
    )
    return receipt.model_copy(update={"signature": sign(register.key, receipt.model_dump(mode="json"))})


def told(receipt: SignedReceipt) -> str:
    """Return a receipt in words, for a person."""
    rows = {
        "candidate": f"{receipt.candidate}, attempt {receipt.attempt}",
        "file": f"{receipt.size} bytes, SHA-256 {receipt.sha256}",
        "answers": ", ".join(receipt.answered),
        "received": receipt.received,
        "due": receipt.due,
        "standing": _STANDINGS[receipt.standing].format(part=f"{receipt.part:.0%}"),
        "audit": receipt.audit,
        "signature": receipt.signature,
    }
    return "\n".join(f"{name:<10} {text}" for name, text in rows.items())


_STANDINGS = {
    Standing.EARLY: "before the window opened: it does not count",
    Standing.ON_TIME: "in time",
    Standing.GRACE: "within the grace: it counts as in time",
    Standing.LATE: "late: {part} of the points count",
    Standing.REFUSED: "too late: it is kept, but does not count",
}
