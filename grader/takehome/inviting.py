"""Who is asked what: the form and the variants of each candidate, written down once and never drawn again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.bank import load_question
from grader.errors import InputError
from grader.handout import to_hand_in
from grader.proof.ledger import State, digest_of, state_of
from grader.question import Question
from grader.takehome.allocation import allocate, number
from grader.takehome.deadlines import NOTHING_GRANTED
from grader.takehome.invitation import Asked, Invitation, identify
from grader.takehome.notice import Posed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from grader.bank import Bank
    from grader.proof.deployment import VariantRecord
    from grader.question import Language
    from grader.rubric import AnyQuestion
    from grader.takehome.assessment import Assessment
    from grader.takehome.forms import Form, Forms
    from grader.takehome.locking import Lock
    from grader.takehome.office import Office


@dataclass(frozen=True)
class Sitting:
    """All that an invitation follows from."""

    office: Office
    assessment: Assessment
    forms: Forms
    lock: Lock
    bank: Bank
    key: bytes


def invite(sitting: Sitting, candidate: str, attempt: int, language: Language, now: datetime) -> Invitation:
    """Return the invitation of a candidate: the one that was issued, or a new one, which is kept.

    Raises:
        InputError: this attempt is not allowed, not yet, or there is nothing left to ask.
    """
    issued = sitting.office.invitations()
    for known in issued:
        if (known.candidate, known.attempt) == (candidate, attempt):
            return known
    _refuse_twin(candidate, issued)
    _refuse_attempt(sitting, candidate, attempt, issued, now)
    invitation = _new(sitting, candidate, attempt, language, now)
    sitting.office.keep(invitation)
    return invitation


def _new(sitting: Sitting, candidate: str, attempt: int, language: Language, now: datetime) -> Invitation:
    issued, assessment = sitting.office.invitations(), sitting.assessment
    form = _form(sitting, candidate, attempt, issued)
    granted = assessment.accommodations.get(candidate, NOTHING_GRANTED)
    return Invitation(
        id=identify(sitting.key, candidate, attempt),
        assessment=assessment.id,
        number=max((each.number for each in issued), default=0) + 1,
        candidate=candidate,
        attempt=attempt,
        language=language,
        form=form.name,
        asked=_asked(sitting, form, candidate, attempt, issued),
        issued=now,
        opens=assessment.window.opens,
        closes=_closes(sitting, candidate),
        duration=assessment.duration * granted.factor,
        grace=assessment.grace,
    )


def _closes(sitting: Sitting, candidate: str) -> datetime:
    """Return the end of the window for a candidate."""
    granted = sitting.assessment.accommodations.get(candidate, NOTHING_GRANTED)
    return sitting.assessment.window.closes + granted.extension


def posed(sitting: Sitting, invitation: Invitation) -> tuple[Posed, ...]:
    """Return the questions of an invitation, each as it was proven.

    Raises:
        InputError: one is not there any more, or has changed since it was proven.
    """
    return tuple(Posed(asked, question_of(sitting, asked)) for asked in invitation.asked)


def question_of(sitting: Sitting, asked: Asked) -> AnyQuestion:
    """Return the question, or the variant, that is really asked.

    Raises:
        InputError: it is not there any more, or has changed since it was proven.
    """
    if asked.variant is None:
        question = sitting.bank.find(asked.question)
        if state_of(question) is not State.PROVEN:
            raise InputError(
                f"{asked.question} is {state_of(question).value}", cure=f"Run: grade verify {asked.question}"
            )
        return question
    record = next((each for each in _variants(sitting, asked.question) if each.id == asked.variant), None)
    if record is None:
        raise InputError(f"{asked.variant} is not locked", file=sitting.office.lock, cure="Restore it from a backup")
    variant = load_question(sitting.office.variants / "bank" / asked.variant)
    if digest_of(variant) != record.digest:
        fault = f"{asked.variant} has changed since it was proven"
        raise InputError(
            fault, file=variant.folder, cure=f"Restore it, or run: grade verify {asked.variant} --bank DIR"
        )
    return variant


def _variants(sitting: Sitting, question: str) -> tuple[VariantRecord, ...]:
    found = sitting.lock.questions.get(question)
    return found.variants if found else ()


def _refuse_twin(candidate: str, issued: Sequence[Invitation]) -> None:
    """Refuse a code that some systems of files cannot tell from another."""
    for known in issued:
        if known.candidate != candidate and known.candidate.casefold() == candidate.casefold():
            fault = f"{candidate!r} is {known.candidate!r} but for its case"
            raise InputError(fault, cure="Take the code that was invited, or another one")


def _refuse_attempt(
    sitting: Sitting, candidate: str, attempt: int, issued: Sequence[Invitation], now: datetime
) -> None:
    """Refuse a try when the window has closed, and a further one that is not allowed or comes too early."""
    closes = _closes(sitting, candidate)
    if now >= closes:
        fault = f"the window closed at {closes.isoformat(timespec='minutes')}"
        raise InputError(fault, file=sitting.office.assessment, cure="Open another one, and assemble its forms")
    before = [each for each in issued if each.candidate == candidate]
    retakes = sitting.assessment.retakes
    if attempt != len(before) + 1:
        fault = f"{candidate} was invited {len(before)} times, so that the next attempt is {len(before) + 1}"
        raise InputError(f"{fault}, not {attempt}", cure="Leave out --attempt for the first")
    if attempt > 1 + retakes.allowed:
        fault = f"{candidate} has no attempt left: the assessment allows {1 + retakes.allowed}"
        raise InputError(fault, cure="Raise retakes.allowed, for everybody")
    if before and now < before[-1].issued + retakes.after:
        earliest = (before[-1].issued + retakes.after).isoformat(timespec="minutes")
        raise InputError(f"{candidate} may try again from {earliest} on", cure="Invite then, or lower retakes.after")


def _form(sitting: Sitting, candidate: str, attempt: int, issued: Sequence[Invitation]) -> Form:
    """Return the form of a candidate; at a second try one without questions seen before, where that is asked for."""
    forms = sitting.forms.forms
    if attempt == 1:
        names = [each.candidate for each in issued if each.attempt == 1] + [candidate]
        return forms[allocate(sitting.key, "form", len(forms), names)[candidate]]
    seen = {asked.question for each in issued if each.candidate == candidate for asked in each.asked}
    left = [form for form in forms if not seen & {placed.id for placed in form.questions}]
    if sitting.assessment.retakes.other_questions:
        if not left:
            fault = f"every form has a question that {candidate} has seen"
            raise InputError(fault, cure="Assemble more forms, or write `other_questions: false` under retakes")
        forms = tuple(left)
    return forms[number(sitting.key, f"form\0{candidate}\0{attempt}", len(forms))]


def _asked(
    sitting: Sitting, form: Form, candidate: str, attempt: int, issued: Sequence[Invitation]
) -> tuple[Asked, ...]:
    found = []
    for position, placed in enumerate(form.questions, start=1):
        question = sitting.bank.find(placed.id)
        asked = Asked(
            position=position,
            question=placed.id,
            variant=_variant(sitting, placed.id, candidate, attempt, issued),
            folder=f"{position}-{question.id}",
            points=placed.points,
            minutes=placed.minutes,
            files=(to_hand_in(question),),
        )
        question_of(sitting, asked)  # nobody is asked what is not proven
        found.append(asked)
    return tuple(found)


def _variant(sitting: Sitting, question: str, candidate: str, attempt: int, issued: Sequence[Invitation]) -> str | None:
    """Return the variant a candidate is given: even over first tries, and at a further one none that was seen."""
    records = _variants(sitting, question)
    if not records:
        return None
    if attempt == 1:
        names = [each.candidate for each in issued if each.attempt == 1 and _asks(each, question)] + [candidate]
        return records[allocate(sitting.key, question, len(records), names)[candidate]].id
    seen = {asked.variant for each in issued if each.candidate == candidate for asked in each.asked}
    left = [record.id for record in records if record.id not in seen]
    if not left:
        raise InputError(f"{candidate} has seen every variant of {question}", cure="Ask other questions at a retake")
    return left[number(sitting.key, f"{question}\0{candidate}\0{attempt}", len(left))]


def _asks(invitation: Invitation, question: str) -> bool:
    return any(asked.question == question for asked in invitation.asked)


def without_variants(sitting: Sitting) -> tuple[str, ...]:
    """Return the questions of the forms that have parameters, and no deployed variants."""
    ids = {placed.id for form in sitting.forms.forms for placed in form.questions}
    return tuple(
        sorted(name for name in ids - sitting.lock.questions.keys() if _has_parameters(sitting.bank.find(name)))
    )


def _has_parameters(question: AnyQuestion) -> bool:
    return isinstance(question, Question) and question.spec.variants is not None
