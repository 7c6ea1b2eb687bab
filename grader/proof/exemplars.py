"""Is a short question sound? Its exemplars come out as they should, and every part of its rules is needed for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.anchors import passages
from grader.answers.short import Standing, read_answer
from grader.bank import statement_file
from grader.errors import did_you_mean
from grader.proof.adversaries import denied_answers, empty_answers
from grader.proof.document import CheckRecord, MutantRecord, Sight
from grader.proof.rules import killer, rule_mutants
from grader.question import LANGUAGES
from grader.rubric import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.answers.short import Reading
    from grader.rubric import ConceptQuestion, Exemplar, ShortSpec

_NEEDED: tuple[tuple[Role, str, int], ...] = (
    *((role, language, 1) for role in (Role.CONTRADICTION, Role.STUFFING) for language in LANGUAGES),
    *((Role.GOOD, language, 2) for language in LANGUAGES),
    (Role.PARTIAL, "", 1),
    (Role.WRONG, "", 2),
    (Role.INJECTION, "", 1),
    (Role.FOREIGN, "", 1),
)
"""Role, language (any where empty), and how many exemplars of it there must be, those held out not counted."""
LEAST_KILLED = 0.5
"""The part of the rule mutants that exemplars must notice."""


@dataclass(frozen=True)
class Readings:
    """Every exemplar of a question, read."""

    question: ConceptQuestion
    spec: ShortSpec
    readings: dict[str, Reading]

    @classmethod
    def of(cls, question: ConceptQuestion, spec: ShortSpec) -> Readings:
        """Read them."""
        return cls(question, spec, {name: read_answer(spec, each.text) for name, each in question.exemplars.items()})

    @property
    def own(self) -> dict[str, Exemplar]:
        """The exemplars that are not held out."""
        return {name: exemplar for name, exemplar in self.question.exemplars.items() if not exemplar.held_out}

    def is_right(self, name: str) -> bool:
        """Tell whether an exemplar comes out as it should."""
        return self.readings[name].met == frozenset(self.question.exemplars[name].met)

    def held_out(self) -> dict[str, int]:
        """Count those held out: `right` as they should be, or `wrong`. No fault: they are the measurement."""
        names = [name for name, exemplar in self.question.exemplars.items() if exemplar.held_out]
        right = sum(map(self.is_right, names))
        return {"right": right, "wrong": len(names) - right}

    def sights(self) -> tuple[Sight, ...]:
        """Return a line for each exemplar."""
        return tuple(
            Sight(
                name=name,
                role=exemplar.role.value + (" (held out)" if exemplar.held_out else ""),
                failing=tuple(
                    f"{each.key_point}: {each.standing.value}"
                    for each in self.readings[name].judgements
                    if each.standing is not Standing.MET
                ),
                seconds=0.0,
            )
            for name, exemplar in self.question.exemplars.items()
        )

    def records(self) -> tuple[CheckRecord, ...]:
        """Return a line for each key point: how many exemplars miss it, and one that misses nothing else."""
        every = frozenset(self.spec.key_points)
        return tuple(
            CheckRecord(
                name=point,
                kills=sum(point not in exemplar.met for exemplar in self.own.values()),
                alone=next((name for name, each in self.own.items() if every - set(each.met) == {point}), None),
            )
            for point in self.spec.key_points
        )


def exemplar_faults(seen: Readings) -> Iterator[str]:
    """Yield what comes out wrong, and what there is no exemplar of."""
    for name, exemplar in seen.own.items():
        if not seen.is_right(name):
            met = seen.readings[name].met
            asked = ", ".join(sorted(exemplar.met)) or "nothing"
            yield f"exemplars: {name} ({exemplar.role.value}) should meet {asked}, and meets {_names(met)}"
    for role, language, least in _NEEDED:
        found = sum(each.role is role and language in {"", each.language} for each in seen.own.values())
        if found < least:
            where = f" in {language!r}" if language else ""
            yield f"exemplars: there are {found} of the role {role.value!r}{where}, and {least} are asked for"
    for language in LANGUAGES:
        if not any(each.held_out and each.language == language for each in seen.question.exemplars.values()):
            yield f"exemplars: none in {language!r} is held out"


def _names(met: frozenset[str]) -> str:
    return ", ".join(sorted(met)) or "nothing"


def key_point_faults(seen: Readings) -> Iterator[str]:
    """Yield the key points that nobody who meets another one misses, or nobody meets who misses another one."""
    if len(seen.spec.key_points) == 1:
        return
    every = frozenset(seen.spec.key_points)
    for point in seen.spec.key_points:
        if not any(each.met and point not in each.met for each in seen.own.values()):
            yield f"key points: no exemplar meets another key point and misses {point}; what is it good for?"
        if not any(point in each.met and set(each.met) != every for each in seen.own.values()):
            yield f"key points: no exemplar meets {point} and misses another key point"


def adversary_faults(seen: Readings) -> Iterator[str]:
    """Yield what earns points and says nothing, or denies what it should say."""
    for name, text in empty_answers(seen.question, seen.spec):
        met = read_answer(seen.spec, text).met
        if met:
            yield f"adversaries: {name}, handed in as an answer, meets {_names(met)}"
    denying = {name for name, point in seen.spec.key_points.items() if point.window}
    for name, text in denied_answers(seen.question):
        met = read_answer(seen.spec, text).met & denying
        if met:
            yield f"adversaries: {name}: meets {_names(met)}, which it denies"


def statement_faults(question: ConceptQuestion, spec: ShortSpec) -> Iterator[str]:
    """Yield the key points that a statement does not ask for by an anchor, and anchors of no key point."""
    for language in LANGUAGES:
        path = statement_file(question.folder, language)
        marked = passages(path.read_text(encoding="utf-8"))
        for point in spec.key_points:
            if not any(passage.text for passage in marked.get(point, ())):
                yield f"statement: {path.name} asks for {point} nowhere; mark it with <!-- states: {point} -->"
        for anchor, places in marked.items():
            if anchor not in spec.key_points:
                cure = did_you_mean(anchor, spec.key_points) or "Take it out"
                yield f"statement: {path.name} line {places[0].line}: {anchor} is no key point. {cure}"


def try_rules(seen: Readings) -> tuple[tuple[MutantRecord, ...], tuple[MutantRecord, ...]]:
    """Leave out each part of the rules; return those whose lack an exemplar notices, and the others."""
    killed: list[MutantRecord] = []
    alive: list[MutantRecord] = []
    for mutant in rule_mutants(seen.spec):
        found = killer(mutant, seen.own)
        record = MutantRecord(name=mutant.name, line=1, before=mutant.without[:200], after="", killer=found)
        (alive if found is None else killed).append(record)
    return tuple(killed), tuple(alive)


def rule_faults(killed: tuple[MutantRecord, ...], alive: tuple[MutantRecord, ...]) -> Iterator[str]:
    """Yield the misconceptions and windows that no exemplar needs, and that too few parts are needed."""
    for record in alive:
        if record.name.startswith(("misconception:", "window:")):
            yield f"rules: without {record.name} every exemplar comes out the same; add one that needs it"
    total = len(killed) + len(alive)
    if total and len(killed) < LEAST_KILLED * total:
        names = ", ".join(record.name for record in alive)
        yield f"rules: exemplars need {len(killed)} of {total} parts, and {LEAST_KILLED:.0%} are asked for; not {names}"
