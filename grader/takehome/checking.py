"""Whether an assessment can be held: every fault of its file, and of what it asks the bank for, each with its line."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from grader.errors import InputError
from grader.proof.ledger import State
from grader.sheet import hint_at, read_sheet
from grader.takehome.assessment import Assessment, LateRule
from grader.takehome.demand import between, shortage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from grader.sheet import Fault, Place
    from grader.takehome.assessment import Blueprint
    from grader.takehome.stock import Stocked

    Finding = tuple[Place, str]
    Refusal = Callable[[Assessment, Collection[Stocked]], Iterator[Finding]]

_UNPROVEN = {
    State.STALE: "has changed since it was proven",
    State.UNPROVEN: "is not proven",
}


def check_assessment(path: Path, stock: Collection[Stocked]) -> tuple[Assessment | None, tuple[Fault, ...]]:
    """Read an assessment and find everything that is wrong with it.

    Args:
        path: of the `assessment.yaml`.
        stock: what the bank has.

    Returns:
        The assessment, or None where it cannot be read at all, and the faults in the order of their lines.
    """
    sheet = read_sheet(path, Assessment)
    if sheet.value is None:
        return None, sheet.faults
    found = [sheet.fault(*finding) for refusal in _REFUSALS for finding in refusal(sheet.value, stock)]
    return sheet.value, tuple(sorted(found, key=lambda fault: fault.line or 0))


def load_assessment(path: Path, stock: Collection[Stocked]) -> Assessment:
    """Read an assessment that can be held.

    Raises:
        InputError: it cannot; lists every fault.
    """
    assessment, faults = check_assessment(path, stock)
    if assessment is None or faults:
        raise InputError("the assessment cannot be used:" + "".join(f"\n  {fault}" for fault in faults))
    return assessment


# --- times -----------------------------------------------------------------------------------------------------------


def _window_faults(assessment: Assessment, _stock: Collection[Stocked]) -> Iterator[Finding]:
    window = assessment.window
    if window.closes <= window.opens:
        yield ("window", "closes"), "the window closes before it opens; swap the two, or mend the dates"
    elif window.closes - window.opens < assessment.duration:
        long, short = _told(assessment.duration), _told(window.closes - window.opens)
        yield (
            ("duration",),
            f"the duration is {long}, but the window is open for {short}; widen the window",
        )
    if not assessment.duration:
        yield ("duration",), "the duration is nothing; say how long a candidate has, like 3h"


def _late_faults(assessment: Assessment, _stock: Collection[Stocked]) -> Iterator[Finding]:
    late = assessment.late
    given = {name for name in ("percent", "each", "until") if getattr(late, name) is not None}
    needed = {"percent", "each"} if late.rule is LateRule.DEDUCT else set()
    allowed = {LateRule.REFUSE: set(), LateRule.ACCEPT: {"until"}, LateRule.DEDUCT: {"percent", "each", "until"}}
    for name in sorted(needed - given):
        yield ("late",), f"late.{name} is missing: `deduct` takes a percent of the points for each begun time"
    for name in sorted(given - allowed[late.rule]):
        yield ("late", name), f"late.{name} means nothing with the rule {late.rule.value!r}; take it out"
    if late.each is not None and not late.each:
        yield ("late", "each"), "late.each is nothing; write a time like 1h"
    if late.until is not None and late.until <= assessment.grace:
        yield ("late", "until"), "late.until is within the grace, so that nothing could be late; make it longer"


def _told(duration: timedelta) -> str:
    minutes = duration / timedelta(minutes=1)
    return f"{minutes:g} min" if minutes < 120 else f"{minutes / 60:g} h" if minutes < 2880 else f"{minutes / 1440:g} d"


# --- questions -------------------------------------------------------------------------------------------------------


def _source_faults(assessment: Assessment, _stock: Collection[Stocked]) -> Iterator[Finding]:
    if assessment.questions and assessment.blueprint:
        yield ("blueprint",), "questions and blueprint exclude each other; keep one of them"
    if not assessment.questions and assessment.blueprint is None:
        yield (), "nothing says what is asked; list questions, or write a blueprint"


def _pick_faults(assessment: Assessment, stock: Collection[Stocked]) -> Iterator[Finding]:
    seen: Counter[str] = Counter()
    for index, pick in enumerate(assessment.questions):
        found, fault = find(pick.id, stock)
        if found is None:
            yield ("questions", index), fault
            continue
        if not found.proven:
            yield ("questions", index), f"{found.id} {_UNPROVEN[found.state]}; run: grade verify {found.id}"
        if seen[found.id]:
            yield ("questions", index), f"{found.id} is listed twice; take one of them out"
        seen[found.id] += 1
    minutes = timedelta(minutes=sum(one.minutes for one in stock if one.id in seen))
    if minutes > assessment.duration:
        fault = f"the questions take {_told(minutes)}, but the duration is {_told(assessment.duration)}"
        yield ("duration",), f"{fault}; drop a question, or give more time"


def find(name: str, stock: Collection[Stocked]) -> tuple[Stocked | None, str]:
    """Return the question of that id, with or without its family, or None and what is wrong with the name."""
    matches = [one for one in stock if name in {one.id, one.id.partition("/")[2]}]
    if len(matches) == 1:
        return matches[0], ""
    if matches:
        return None, f"{name!r} may be {' and '.join(one.id for one in matches)}; give the family too"
    known = [word for one in stock for word in (one.id, one.id.partition("/")[2])]
    return None, f"no question is called {name!r}{hint_at(name, known) or '; grade list shows them all'}"


# --- the blueprint ---------------------------------------------------------------------------------------------------


def _part_faults(assessment: Assessment, stock: Collection[Stocked]) -> Iterator[Finding]:
    if assessment.blueprint is None:
        return
    for index, part in enumerate(assessment.blueprint.parts):
        place: Place = ("blueprint", "parts", index)
        unknown = [
            (key, value, {getattr(one, key) for one in stock})
            for key in ("family", "topic", "kind")
            if (value := getattr(part, key)) is not None
        ]
        odd = [(key, value, known) for key, value, known in unknown if value not in known]
        for key, value, known in odd:
            cure = hint_at(value, known) or f"; there are {', '.join(sorted(known)[:20])}"
            yield (*place, key), f"no question of the bank has the {key} {value!r}{cure}"
        lacking = shortage(part, assessment.blueprint, stock)
        if lacking and not odd:
            yield place, lacking


def _name_faults(assessment: Assessment, stock: Collection[Stocked]) -> Iterator[Finding]:
    for place, name in _names(assessment.blueprint):
        found, fault = find(name, stock)
        if found is None:
            yield place, fault
        elif found.id != name:
            yield place, f"write {found.id!r} for {name!r}: here the family is needed"


def _names(blueprint: Blueprint | None) -> Iterator[tuple[Place, str]]:
    if blueprint is None:
        return
    for index, name in enumerate(blueprint.without):
        yield ("blueprint", "without", index), name
    for index, group in enumerate(blueprint.apart):
        for name in group:
            yield ("blueprint", "apart", index), name


def _size_faults(assessment: Assessment, _stock: Collection[Stocked]) -> Iterator[Finding]:
    blueprint = assessment.blueprint
    if blueprint is None or blueprint.minutes is None:
        return
    minutes = assessment.duration / timedelta(minutes=1)
    if blueprint.minutes[1] > minutes:
        fault = f"a form of {between(blueprint.minutes)} minutes does not fit the duration of {minutes:g} minutes"
        yield ("blueprint", "minutes"), f"{fault}; lower the range, or give more time"


_REFUSALS: tuple[Refusal, ...] = (
    _window_faults, _late_faults, _source_faults, _pick_faults, _part_faults, _name_faults, _size_faults,
)  # fmt: skip
