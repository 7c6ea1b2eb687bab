"""What people judge: levels on the scorecard by two raters, and decisions. Nothing here decides by itself."""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from grader.agreement import weighted_kappa
from grader.errors import InputError, did_you_mean
from grader.takehome.desk.chain import Event
from grader.takehome.desk.tables import DecisionRow, RatingRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.intervals import Estimate
    from grader.takehome.assessment import Criterion
    from grader.takehome.desk.register import Invited, Register

RATERS = 2
RATED, DECIDED = "rated", "decided"


class Decision(StrEnum):
    """What a person may decide."""

    ADVANCE = "advance"
    HOLD = "hold"
    REJECT = "reject"


def rate(register: Register, code: str, rater: str, levels: Mapping[str, int], note: str) -> int:
    """Put a rater's levels on record; a level given anew counts in place of the one before.

    Returns:
        How many raters the candidate has by now.

    Raises:
        InputError: no such candidate, criterion or level; or two others have rated already.
    """
    invited = register.find(code)
    raters = {row.rater for row in ratings_of(register, invited)}
    if rater not in raters and len(raters) >= RATERS:
        raise InputError(f"{code} has been rated by {' and '.join(sorted(raters))}", cure="Two raters are enough")
    rows = [
        RatingRow(
            invitation_id=invited.row.id,
            rater=rater,
            criterion=_criterion(register, name, level).id,
            level=level,
            note=note,
            recorded=register.now(),
        )
        for name, level in levels.items()
    ]
    register.record(Event(RATED, rater, code), *rows)
    return len(raters | {rater})


def _criterion(register: Register, name: str, level: int) -> Criterion:
    card = {each.id: each for each in register.assessment.scorecard}
    if not card:
        raise InputError("the assessment has no scorecard", cure="Write its criteria under `scorecard`")
    if name not in card:
        cure = did_you_mean(name, card) or f"The criteria are {', '.join(card)}"
        raise InputError(f"the scorecard has no criterion {name!r}", cure=cure)
    if not 1 <= level <= len(card[name].anchors):
        raise InputError(f"{name} has the levels 1 to {len(card[name].anchors)}, and {level} is none of them")
    return card[name]


def ratings_of(register: Register, invited: Invited) -> list[RatingRow]:
    """Return the newest level of each rater for each criterion."""
    found = register.session.scalars(
        select(RatingRow).where(RatingRow.invitation_id == invited.row.id).order_by(RatingRow.id)
    )
    return list({(row.rater, row.criterion): row for row in found}.values())


def agreement(register: Register) -> dict[str, tuple[int, Estimate | None]]:
    """Return for each criterion how many candidates two raters rated by it, and how far they agree."""
    pairs: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for invited in register.invited():
        levels: dict[str, dict[str, int]] = defaultdict(dict)
        for row in ratings_of(register, invited):
            levels[row.criterion][row.rater] = row.level
        for criterion, by_rater in levels.items():
            if len(by_rater) == RATERS:
                one, other = (by_rater[name] for name in sorted(by_rater))
                pairs[criterion].append((one, other))
    return {each.id: _agreed(pairs[each.id]) for each in register.assessment.scorecard}


def _agreed(pairs: Sequence[tuple[int, int]]) -> tuple[int, Estimate | None]:
    return len(pairs), weighted_kappa([one for one, _ in pairs], [other for _, other in pairs])


def decide(register: Register, code: str, decision: Decision, by: str, why: str) -> DecisionRow:
    """Put a person's decision on record, with the reason; a newer one counts, the older ones stay.

    Raises:
        InputError: no such candidate, or nobody answers for it, or there is no reason.
    """
    invited = register.find(code)
    if not by.strip() or not why.strip():
        raise InputError("a decision has somebody who answers for it, and a reason", cure="Give --by and --why")
    row = DecisionRow(
        invitation_id=invited.row.id, decision=decision.value, by=by.strip(), why=why.strip(), recorded=register.now()
    )
    register.record(Event(DECIDED, by.strip(), code), row)
    return row


def decision_of(register: Register, invited: Invited) -> DecisionRow | None:
    """Return the decision that counts; None while nobody decided."""
    return register.session.scalars(
        select(DecisionRow).where(DecisionRow.invitation_id == invited.row.id).order_by(DecisionRow.id.desc()).limit(1)
    ).first()
