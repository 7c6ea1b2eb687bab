"""Chooses the questions of parallel forms: as few in common as can be, and equally difficult within the tolerances."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

from grader.errors import InputError
from grader.takehome.checking import find
from grader.takehome.demand import asks, between, eligible, shortage
from grader.takehome.forms import Asked, Form, Forms, Placed, Spread
from grader.takehome.programme import INFINITY, Programme, Row
from grader.takehome.stock import DIFFICULTIES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from grader.takehome.assessment import Assessment, Blueprint
    from grader.takehome.stock import Stocked

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MAX_FORMS = len(LETTERS)
_DRAWN = 4
"""So many times the questions needed are looked at first."""


@dataclass(frozen=True)
class _Slot:
    """A question that may stand in a form for a part; a variable says whether it does."""

    form: int
    part: int
    question: Stocked
    points: float
    variable: int


def assemble(assessment: Assessment, sha256: str, stock: Collection[Stocked], count: int) -> Forms:
    """Choose the questions of `count` forms.

    Args:
        assessment: without faults, see `load_assessment`.
        sha256: of its file, to be kept with the forms.
        stock: what the bank has; only what is proven is chosen.
        count: of forms, at most 26.

    Raises:
        InputError: the blueprint cannot be met; names the demands that exclude each other.
    """
    if assessment.blueprint is None:
        return _listed(assessment, sha256, stock, count)
    blueprint, proven = assessment.blueprint, sorted(stock, key=lambda one: one.id)
    short = [text for part in blueprint.parts if (text := shortage(part, blueprint, proven))]
    if short:
        raise InputError("there are not enough questions:" + "".join(f"\n  {text}" for text in short))
    programme, slots = _write(blueprint, _shortlist(blueprint, proven, count, assessment.id), count)
    solution = programme.solve()
    if solution is None or solution.cost > 0.5:
        programme, slots = _write(blueprint, proven, count)
        solution = programme.solve()
    if solution is None:
        raise _impossible(programme, count)
    chosen = [slot for slot in slots if solution.values[slot.variable] > 0.5]
    forms = _named([[slot for slot in chosen if slot.form == form] for form in range(count)])
    asked = tuple(_asked(blueprint, index, proven, chosen) for index in range(len(blueprint.parts)))
    return _summed(assessment, sha256, forms, asked, best=solution.best)


def _impossible(programme: Programme, count: int) -> InputError:
    listing = "".join(f"\n  {demand.name}" for demand in programme.conflict())
    forms = "1 form" if count == 1 else f"{count} forms"
    return InputError(f"{forms} cannot meet all of this; loosen one of these demands:{listing}")


# --- the programme ---------------------------------------------------------------------------------------------------


def _shortlist(blueprint: Blueprint, stock: Sequence[Stocked], count: int, salt: str) -> list[Stocked]:
    """Draw, for each part, some times as many as it needs: others for each assessment, the same for the same one.

    A large bank takes the solver long, and would have every assessment begin with the same questions.
    """
    drawn = sorted(stock, key=lambda one: hashlib.sha256(f"{salt}\0{one.id}".encode()).digest())
    kept = {
        one.id
        for part in blueprint.parts
        for one in eligible(part, blueprint, drawn)[: _DRAWN * count * part.count]
    }  # fmt: skip
    return [one for one in stock if one.id in kept]


def _write(blueprint: Blueprint, stock: Sequence[Stocked], count: int) -> tuple[Programme, list[_Slot]]:
    programme = Programme()
    slots = [
        _Slot(form, index, one, part.points or one.points, programme.variable())
        for form in range(count)
        for index, part in enumerate(blueprint.parts)
        for one in eligible(part, blueprint, stock)
    ]
    _demand_parts(programme, blueprint, slots, count)
    _demand_apart(programme, blueprint, slots)
    _demand_totals(programme, blueprint, slots, count)
    if count > 1:
        _demand_alike(programme, blueprint, slots, count)
        _demand_rarity(programme, blueprint, slots, count)
    return programme, slots


def _groups(slots: Collection[_Slot], key: Callable[[_Slot], object]) -> Iterator[list[_Slot]]:
    found: dict[object, list[_Slot]] = {}
    for slot in slots:
        found.setdefault(key(slot), []).append(slot)
    yield from found.values()


def _sum(slots: Collection[_Slot], low: float, high: float) -> Row:
    return Row({slot.variable: 1.0 for slot in slots}, low, high)


def _demand_parts(programme: Programme, blueprint: Blueprint, slots: Collection[_Slot], count: int) -> None:
    for index, part in enumerate(blueprint.parts):
        mine = [[slot for slot in slots if (slot.part, slot.form) == (index, form)] for form in range(count)]
        name = f"{asks(part)}; {len(mine[0])} {'is' if len(mine[0]) == 1 else 'are'} proven (blueprint.parts.{index})"
        programme.demand(name, [_sum(each, part.count, part.count) for each in mine])
    # a question answers one part of a form only, whoever may ask for what
    programme.structure += [
        _sum(same, 0, 1) for same in _groups(slots, lambda slot: (slot.form, slot.question.id)) if len(same) > 1
    ]


def _demand_apart(programme: Programme, blueprint: Blueprint, slots: Collection[_Slot]) -> None:
    if blueprint.topics_once:
        topics = _groups(slots, lambda slot: (slot.form, slot.question.family, slot.question.topic))
        several = [same for same in topics if len({slot.question.id for slot in same}) > 1]
        programme.demand("no two questions on one topic (blueprint.topics_once)", [_sum(s, 0, 1) for s in several])
    for group in blueprint.apart:
        mine = [slot for slot in slots if slot.question.id in group]
        rows = [_sum(same, 0, 1) for same in _groups(mine, lambda slot: slot.form)]
        programme.demand(f"{' and '.join(group)} are kept apart (blueprint.apart)", rows)


def _demand_totals(programme: Programme, blueprint: Blueprint, slots: Collection[_Slot], count: int) -> None:
    for name, span in (("minutes", blueprint.minutes), ("points", blueprint.points)):
        if span is not None:
            rows = [Row(_weights(slots, form, _MEASURES[name]), *span) for form in range(count)]
            programme.demand(f"a form has {between(span)} {name} (blueprint.{name})", rows)


def _weights(slots: Collection[_Slot], form: int, measure: Callable[[_Slot], float]) -> dict[int, float]:
    return {slot.variable: measure(slot) for slot in slots if slot.form == form}


_MEASURES: dict[str, Callable[[_Slot], float]] = {
    "minutes": lambda slot: slot.question.minutes,
    "points": lambda slot: slot.points,
}


def _demand_alike(programme: Programme, blueprint: Blueprint, slots: Collection[_Slot], count: int) -> None:
    """Ask that totals differ by no more than the tolerances, and prefer that they differ by less."""
    tolerance = blueprint.tolerance
    for name, allowed in (("minutes", tolerance.minutes), ("points", tolerance.points)):
        rows = _within(programme, slots, count, _MEASURES[name], allowed)
        programme.demand(f"forms differ by at most {allowed:g} {name} (blueprint.tolerance.{name})", rows)
    rows = [
        row
        for level in DIFFICULTIES
        for row in _within(programme, slots, count, partial(_is_of, level), tolerance.difficulty)
    ]
    name = f"forms differ by at most {tolerance.difficulty} questions of a difficulty (blueprint.tolerance.difficulty)"
    programme.demand(name, rows)


def _is_of(level: str, slot: _Slot) -> float:
    return float(slot.question.difficulty == level)


def _within(
    programme: Programme, slots: Collection[_Slot], count: int, measure: Callable[[_Slot], float], allowed: float
) -> list[Row]:
    """Say that the totals of all forms lie between a floor and a ceiling that are not further apart than allowed."""
    floor = programme.variable(INFINITY, whole=False)
    width = programme.variable(allowed, wish=1.0 / allowed if allowed else 0.0, whole=False)
    rows = []
    for form in range(count):
        weights = _weights(slots, form, measure)
        rows += [
            Row({**weights, floor: -1.0}, 0.0, INFINITY),
            Row({**weights, floor: -1.0, width: -1.0}, -INFINITY, 0.0),
        ]
    return rows


def _demand_rarity(programme: Programme, blueprint: Blueprint, slots: Collection[_Slot], count: int) -> None:
    """Make the second use of a question dear, the third dearer: as many as the pairs of forms that share it."""
    uses = list(_groups(slots, lambda slot: slot.question.id))
    for same in uses:
        again = {programme.variable(cost=use - 1, whole=False): -1.0 for use in range(2, count + 1)}
        programme.structure.append(Row({**{slot.variable: 1.0 for slot in same}, **again}, -INFINITY, 1.0))
    if blueprint.exposure is not None and blueprint.exposure < count:
        name = f"no question in more than {blueprint.exposure} of the forms (blueprint.exposure)"
        programme.demand(name, [_sum(same, 0, blueprint.exposure) for same in uses])


# --- what was chosen -------------------------------------------------------------------------------------------------


def _named(groups: Collection[Collection[_Slot]]) -> tuple[Form, ...]:
    """Name the forms by their contents: which of them the solver calls the first means nothing."""
    placed = sorted(
        (
            tuple(
                _placed(slot.question, slot.points, slot.part + 1)
                for slot in sorted(group, key=lambda slot: (slot.part, slot.question.id))
            )
            for group in groups
        ),
        key=lambda questions: [each.id for each in questions],
    )
    return tuple(_form(LETTERS[index], questions) for index, questions in enumerate(placed))


def _placed(one: Stocked, points: float, part: int | None) -> Placed:
    return Placed(
        id=one.id, part=part, difficulty=one.difficulty, minutes=one.minutes, points=points, proof=one.proof
    )  # fmt: skip


def _form(name: str, questions: tuple[Placed, ...]) -> Form:
    levels = Counter(each.difficulty for each in questions)
    return Form(
        name=name,
        minutes=sum(each.minutes for each in questions),
        points=sum(each.points for each in questions),
        difficulty={level: levels[level] for level in DIFFICULTIES},
        questions=questions,
    )


def _asked(blueprint: Blueprint, index: int, stock: Sequence[Stocked], chosen: Collection[_Slot]) -> Asked:
    part = blueprint.parts[index]
    used = {slot.question.id for slot in chosen if slot.part == index}
    return Asked(part=asks(part), count=part.count, proven=len(eligible(part, blueprint, stock)), used=len(used))


def _summed(
    assessment: Assessment, sha256: str, forms: tuple[Form, ...], asked: tuple[Asked, ...] = (), *, best: bool = True
) -> Forms:
    ids = {form.name: {each.id for each in form.questions} for form in forms}
    return Forms(
        assessment=assessment.id,
        sha256=sha256,
        asked=asked,
        spread=Spread(
            minutes=_range([form.minutes for form in forms]),
            points=_range([form.points for form in forms]),
            difficulty=max(int(_range([form.difficulty[level] for form in forms])) for level in DIFFICULTIES),
        ),
        shared={f"{a} {b}": len(ids[a] & ids[b]) for a, b in combinations(ids, 2)},
        best=best,
        forms=forms,
    )


def _range(values: Collection[float]) -> float:
    return max(values) - min(values)


def _listed(assessment: Assessment, sha256: str, stock: Collection[Stocked], count: int) -> Forms:
    """Return the one form that was written by hand."""
    if count > 1:
        cure = "Leave out --forms, or write a blueprint"
        raise InputError(f"the questions are listed, so that {count} forms would be the same one", cure=cure)
    picks = [(find(pick.id, stock)[0], pick.points) for pick in assessment.questions]
    questions = tuple(_placed(one, points or one.points, None) for one, points in picks if one is not None)
    return _summed(assessment, sha256, (_form("A", questions),))
