"""What is known of an assessment's candidates; everything that is added goes into the audit chain with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from grader.errors import InputError, did_you_mean
from grader.takehome.deadlines import Standing
from grader.takehome.desk.chain import Chain, Event
from grader.takehome.desk.tables import (
    AssessmentRow,
    Base,
    BeginningRow,
    CandidateRow,
    GradingRow,
    InvitationRow,
    ReceiptRow,
)
from grader.takehome.invitation import Invitation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from grader.takehome.assessment import Assessment

PURGED = "purged"
"""The event of a link that names a candidate of whom nothing is known any more."""
COUNTED = frozenset({Standing.ON_TIME, Standing.GRACE, Standing.LATE})
"""How a receipt may stand to be graded."""


@dataclass(frozen=True)
class Invited:
    """An invitation, as it is kept and as it was given."""

    row: InvitationRow
    terms: Invitation

    @property
    def label(self) -> str:
        """The candidate, and which attempt after the first."""
        return self.terms.candidate if self.terms.attempt == 1 else f"{self.terms.candidate}~{self.terms.attempt}"


class Register:
    """One assessment's rows, within one transaction."""

    def __init__(
        self, session: Session, assessment: Assessment, key: bytes, by: str, now: Callable[[], datetime]
    ) -> None:
        """Find the assessment, or add it."""
        self.session, self.assessment, self.key, self.by, self.now = session, assessment, key, by, now
        found = session.scalars(select(AssessmentRow).where(AssessmentRow.name == assessment.id)).first()
        if found is None:
            found = AssessmentRow(name=assessment.id, opened=now())
            session.add(found)
            session.flush()
        self.row = found

    @property
    def chain(self) -> Chain:
        """The audit chain."""
        return Chain(self.session, self.row.id, self.key)

    def catch_up(self, sha256: str, issued: Iterable[Invitation]) -> None:
        """Put on record what changed in the office meanwhile: the assessment's file, and new invitations.

        Args:
            sha256: of the assessment's file.
            issued: every invitation there is a file of.

        Raises:
            InputError: an invitation belongs to another assessment, or is not the one that is on record.
        """
        seen = [link.note for link in self.chain.rows("assessment")]
        if seen[-1:] != [sha256]:
            self.record(Event("assessment", self.by, self.assessment.id, sha256))
        known = {each.row.token: each.terms for each in self.invited()}
        purged = {link.about: link.at for link in self.chain.rows(PURGED)}
        for invitation in issued:
            if invitation.assessment != self.assessment.id:
                fault = f"{invitation.candidate} was invited to {invitation.assessment!r}, not {self.assessment.id!r}"
                raise InputError(fault, cure="Bring back the id under which people were invited")
            if invitation.candidate in purged and invitation.issued <= purged[invitation.candidate]:
                continue  # its file is left over in somebody else's office
            if invitation.id not in known:
                self._invite(invitation)
            elif known[invitation.id] != invitation:
                fault = f"the invitation of {invitation.candidate}, attempt {invitation.attempt}, was changed"
                raise InputError(fault, cure="Bring the file in invitations/ back as it was issued")

    def record(self, event: Event, *rows: Base) -> str:
        """Add rows, and the link that vouches for them; return the link's digest."""
        self.session.add_all(rows)
        return self.chain.append(event, self.now(), added=rows)

    # --- candidates and invitations ---

    def _invite(self, invitation: Invitation) -> None:
        row = InvitationRow(
            candidate_id=self._candidate(invitation.candidate).id,
            token=invitation.id,
            attempt=invitation.attempt,
            document=invitation.model_dump_json(),
            recorded=self.now(),
        )
        self.record(Event("invited", self.by, invitation.candidate), row)

    def _candidate(self, code: str) -> CandidateRow:
        found = self.session.scalars(self._candidates().where(CandidateRow.code == code)).first()
        if found is None:
            found = CandidateRow(assessment_id=self.row.id, code=code)
            self.record(Event("candidate", self.by, code), found)
        return found

    def _candidates(self) -> Select[CandidateRow]:
        return select(CandidateRow).where(CandidateRow.assessment_id == self.row.id)

    def invited(self) -> list[Invited]:
        """Return every invitation, by candidate and attempt."""
        found = self.session.execute(
            select(InvitationRow, CandidateRow.code)
            .join(CandidateRow, InvitationRow.candidate_id == CandidateRow.id)
            .where(CandidateRow.assessment_id == self.row.id)
            .order_by(CandidateRow.code, InvitationRow.attempt)
        )
        return [Invited(row, Invitation.model_validate_json(row.document)) for row, _ in found]

    def find(self, code: str) -> Invited:
        """Return a candidate's newest invitation.

        Raises:
            InputError: nobody of that name was invited.
        """
        mine = [each for each in self.invited() if each.terms.candidate == code]
        if not mine:
            known = [each.terms.candidate for each in self.invited()]
            cure = did_you_mean(code, known) or "Invite them first: grade assess invite"
            raise InputError(f"nobody called {code!r} was invited to {self.assessment.id}", cure=cure)
        return mine[-1]

    def by_token(self, token: str) -> Invited:
        """Return the invitation of that id.

        Raises:
            InputError: the register does not know it.
        """
        row = self.session.scalars(select(InvitationRow).where(InvitationRow.token == token)).first()
        if row is None:
            fault = f"the invitation {token} is signed by this assessment's key, but was never recorded here"
            raise InputError(fault, cure="Use the database in which the candidate was invited, or invite them again")
        return Invited(row, Invitation.model_validate_json(row.document))

    # --- what came of them ---

    def beginnings(self, invited: Invited) -> Sequence[BeginningRow]:
        """Return when a candidate was said to have begun, the newest last."""
        return self.session.scalars(
            select(BeginningRow).where(BeginningRow.invitation_id == invited.row.id).order_by(BeginningRow.id)
        ).all()

    def receipts(self, invited: Invited) -> list[ReceiptRow]:
        """Return the newest receipt of each file, in the order in which the files were received."""
        found = self.session.scalars(
            select(ReceiptRow).where(ReceiptRow.invitation_id == invited.row.id).order_by(ReceiptRow.id)
        )
        newest = {row.sha256: row for row in found}
        return sorted(newest.values(), key=lambda row: (row.received, row.id))

    def gradings(self, receipt: ReceiptRow) -> dict[int, GradingRow]:
        """Return the newest grading of each question of what was received, by its position."""
        found = self.session.scalars(
            select(GradingRow).join(ReceiptRow).where(ReceiptRow.invitation_id == receipt.invitation_id)
            .where(ReceiptRow.sha256 == receipt.sha256).order_by(GradingRow.id)
        )  # fmt: skip
        return {row.position: row for row in found}


def counting(receipts: Sequence[ReceiptRow]) -> ReceiptRow | None:
    """Return the receipt that counts: of those that keep the largest part of the points, the newest.

    So whoever hands in anew in time is graded by the new answer, and a late one takes nothing from one in time.
    """
    accepted = [row for row in receipts if row.standing in COUNTED]
    return max(accepted, key=lambda row: (row.part, row.received, row.id), default=None)
