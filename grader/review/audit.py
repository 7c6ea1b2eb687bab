"""A second look at what nobody looked at: a person judges a random part of what rules or a model settled, blind.

Where the two do not agree, the person's word counts. How far they agree says whether a question may go on without one.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from grader.agreement import weighted_kappa
from grader.answers.form import read_text
from grader.errors import InputError
from grader.intervals import Estimate, wilson
from grader.question import Frozen
from grader.review.decisions import append, read_lines
from grader.review.queue import Item, identity
from grader.review.session import Leave
from grader.rubric import ConceptQuestion, ShortSpec
from grader.submission import read_submission
from grader.verdict import Decision, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from grader.batch import Entrant
    from grader.records import BatchFolder, Entry
    from grader.review.session import Person
    from grader.verdict import CheckResult, Verdict

SHARE = 0.1
RELEASED = 0.7
"""Kappa that the lower end of its interval must reach before a question goes on without a person."""

Settler = Literal["rules", "model"]
_SETTLED = {Outcome.PASSED, Outcome.NOT_MET, Outcome.CONTRADICTED}


@dataclass(frozen=True)
class Case:
    """A key point of an answer that was settled without a person."""

    item: Item
    met: bool
    by: Settler
    entries: list[Entry] = field(default_factory=list)
    """Whose verdicts say so: all that have the same answer."""


class Look(Frozen):
    """One case, as a person judged it. A line of `review/audit.jsonl`, format 1."""

    format: Literal[1] = 1
    decision: Decision
    question: str
    key_point: str
    item: str
    met: bool
    """What had been settled."""
    by: Settler


class Agreement(Frozen):
    """How far a person agrees with what was settled."""

    name: str
    looks: int
    missed: int
    """Key points that the person found met, and rules or model had not."""
    undeserved: int
    """The other way round."""
    share: Estimate
    kappa: Estimate | None = None
    """None under 30 looks, and where all came out alike."""

    @property
    def agreed(self) -> int:
        """Key points that they found alike."""
        return self.looks - self.missed - self.undeserved

    @property
    def released(self) -> bool:
        """Whether the question may go on without a person."""
        return self.kappa is not None and self.kappa.low >= RELEASED


def cases(folder: BatchFolder, entrants: Sequence[Entrant], seen: Iterable[Look]) -> tuple[Case, ...]:
    """Return what was settled without a person, each key point of each answer once.

    Args:
        folder: of the batch.
        entrants: its submissions, with their questions as they are now.
        seen: what was looked at; it stays a case after the person's word has taken the place of what was settled.

    Raises:
        InputError: a verdict belongs to another state of its question.
    """
    found: dict[str, Case] = {}
    known = {each.item: each for each in seen}
    for entrant in entrants:
        for case in _settled(entrant, folder.kept(entrant.entry), known):
            found.setdefault(case.item.id, case).entries.append(entrant.entry)
    return tuple(found.values())


def _settled(entrant: Entrant, verdict: Verdict | None, known: Mapping[str, Look]) -> Iterator[Case]:
    question = entrant.question
    if verdict is None or not isinstance(question, ConceptQuestion) or not isinstance(question.spec, ShortSpec):
        return
    settled = [check for check in verdict.checks if check.outcome in _SETTLED]
    if not settled:
        return  # it could not be read, or all of it waits
    text = read_text(question, question.spec, read_submission(entrant.path, question.spec, anonymous=True))
    for check in settled:
        point = question.spec.key_points.get(check.name)
        if point is None:
            fault = f"{verdict.question} has no key point {check.name!r} any more"
            raise InputError(fault, cure="Grade anew with `grade regrade`, then audit")
        item = Item(
            id=identity(verdict.question, check.name, point.claim.en, text),
            question=verdict.question, title=verdict.title, key_point=check.name, claim=point.claim.en,
            points=check.max_points, answer=text, passage=text,
            why="drawn for the audit; what was settled is not shown",
        )  # fmt: skip
        if (before := known.get(item.id)) is not None:
            yield Case(item, before.met, before.by)
        elif check.detail is None or check.detail.decision is None:
            yield Case(item, check.outcome is Outcome.PASSED, "model" if _asked(check) else "rules")


def _asked(check: CheckResult) -> bool:
    return check.detail is not None and bool(check.detail.opinions)


def draw(found: Sequence[Case], share: float, seed: int) -> tuple[Case, ...]:
    """Draw a part of the cases, which a larger share only adds to; nobody who lacks the seed can tell which.

    Args:
        found: all there are.
        share: of them, above 0, at most 1.
        seed: of the batch.
    """
    drawn = sorted(found, key=lambda case: hashlib.sha256(f"{seed}\0{case.item.id}".encode()).digest())
    chosen = drawn[: math.ceil(share * len(drawn))]
    return tuple(sorted(chosen, key=lambda case: (case.item.question, case.item.key_point, case.item.id)))


def unseen(drawn: Iterable[Case], seen: Iterable[Look]) -> list[Case]:
    """Return the cases that nobody has looked at."""
    known = {each.item for each in seen}
    return [case for case in drawn if case.item.id not in known]


def look(left: Sequence[Case], path: Path, person: Person) -> list[Look]:
    """Ask a person about each case; each word is written down before the next is asked for.

    Returns:
        What was judged this time.
    """
    judged = []
    for place, case in enumerate(left):
        decision = person.decide(case.item, len(left) - place)
        if decision is Leave.QUIT:
            break
        if isinstance(decision, Decision):
            judged.append(_look(case, decision))
            append(path, judged[-1])
    return judged


def _look(case: Case, decision: Decision) -> Look:
    item = case.item
    return Look(
        decision=decision, question=item.question, key_point=item.key_point, item=item.id, met=case.met, by=case.by
    )


def looks(path: Path) -> tuple[Look, ...]:
    """Read what was judged, in its order.

    Raises:
        InputError: a line is none of ours.
    """
    return read_lines(path, Look)


def overruled(found: Iterable[Case], seen: Iterable[Look]) -> Mapping[Entry, Mapping[str, Decision]]:
    """Return what has to change: the key points of verdicts that say otherwise than the person."""
    words = {each.item: each.decision for each in seen}
    changes: dict[Entry, dict[str, Decision]] = {}
    for case in found:
        decision = words.get(case.item.id)
        if decision is not None and decision.met != case.met:
            for entry in case.entries:
                changes.setdefault(entry, {})[case.item.key_point] = decision
    return changes


def agreements(seen: Iterable[Look]) -> tuple[Agreement, ...]:
    """Return how far a person and what was settled agree, question by question; the last look at each case counts."""
    groups: dict[str, list[Look]] = {}
    for each in {each.item: each for each in seen}.values():
        groups.setdefault(each.question, []).append(each)
    return tuple(_agreement(name, groups[name]) for name in sorted(groups))


def _agreement(name: str, seen: Sequence[Look]) -> Agreement:
    missed = sum(each.decision.met and not each.met for each in seen)
    undeserved = sum(each.met and not each.decision.met for each in seen)
    return Agreement(
        name=name,
        looks=len(seen),
        missed=missed,
        undeserved=undeserved,
        share=wilson(len(seen) - missed - undeserved, len(seen)),
        kappa=weighted_kappa([each.met for each in seen], [each.decision.met for each in seen]),
    )
