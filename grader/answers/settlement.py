"""What becomes of each key point: the rules' word, a model's where they leave it open, or a person's to come.

A model alone awards a point only where the rules found nothing, its three runs agree, each quote bears what it says,
and nothing in the answer gives reason to doubt. It takes away no point that the rules gave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.answers.judge import Case
from grader.answers.quotes import fault_of
from grader.answers.short import Standing
from grader.models.model import ModelError
from grader.rubric import Referee
from grader.verdict import Opinion, Stance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.answers.judge import Judge, Said
    from grader.answers.short import Judgement, Reading
    from grader.answers.text import Sentence
    from grader.rubric import ShortSpec


@dataclass(frozen=True)
class Settlement:
    """What became of one key point, and by whom."""

    rules: Judgement
    standing: Standing | None
    """None where a person has to decide."""
    reason: str
    opinions: tuple[Opinion, ...] = ()

    @property
    def earned(self) -> bool:
        """Whether the points are given: while it waits, what the rules gave stays."""
        return (self.standing or self.rules.standing) is Standing.MET

    @property
    def quote(self) -> str:
        """The passage that decides, or that has to be looked at: the rules' own, or the first that a model gave."""
        borne = (opinion.quote for opinion in self.opinions if opinion.quote and not opinion.fault)
        return self.rules.quote or next(borne, "")


def settle(spec: ShortSpec, reading: Reading, text: str, *, key: bytes, judge: Judge | None) -> tuple[Settlement, ...]:
    """Settle every key point, or leave it to a person.

    Args:
        spec: says who is to judge what the rules leave open.
        reading: the answer, read by the rules.
        text: the answer.
        key: decides on the orders in which a model is asked.
        judge: the model that the examiner named, if one was.
    """
    open_points = [each.key_point for each in reading.judgements if not each.settled]
    if spec.referee is Referee.RULES or not open_points:
        return tuple(_by_rules(each) for each in reading.judgements)
    if spec.referee is Referee.PERSON or judge is None:
        return _left_open(reading, "the rules leave it open")
    claims = {name: spec.key_points[name].claim for name in open_points}
    try:
        runs = judge.ask(Case(spec.title, claims, text, key))
    except ModelError as error:
        return _left_open(reading, f"the rules leave it open, and the model gave no answer, {error}")
    return tuple(
        _by_rules(each) if each.settled else _weigh(each, _opinions(spec, each.key_point, runs, reading), reading)
        for each in reading.judgements
    )


def _by_rules(rules: Judgement) -> Settlement:
    return Settlement(rules, rules.standing, rules.reason)


def _left_open(reading: Reading, why: str) -> tuple[Settlement, ...]:
    """Leave to a person what the rules leave open."""
    return tuple(_by_rules(each) if each.settled else _to_a_person(each, why) for each in reading.judgements)


def _to_a_person(rules: Judgement, why: str, opinions: tuple[Opinion, ...] = ()) -> Settlement:
    found = f"the rules: {rules.standing.value}" + (f", {rules.reason}" if rules.reason else "")
    return Settlement(rules, None, f"{why}; {found}", opinions)


def _opinions(spec: ShortSpec, name: str, runs: Sequence[dict[str, Said]], reading: Reading) -> tuple[Opinion, ...]:
    bare = not spec.key_points[name].en
    return tuple(_opinion(run[name], reading.sentences, bare=bare) for run in runs)


def _opinion(said: Said, sentences: Sequence[Sentence], *, bare: bool) -> Opinion:
    """Hold what was said to its quote: without one that bears it, it is unclear."""
    if said.stance not in {Stance.MET, Stance.CONTRADICTED}:
        return Opinion(stance=said.stance)
    fault = fault_of(said.quote, said.stance, sentences, bare=bare)
    if not fault:
        return Opinion(stance=said.stance, quote=said.quote)
    return Opinion(stance=Stance.UNCLEAR, quote=said.quote, fault=f"{said.stance.value}, but {fault}")


def _weigh(rules: Judgement, opinions: tuple[Opinion, ...], reading: Reading) -> Settlement:
    stances = {opinion.stance for opinion in opinions}
    if len(stances) > 1:
        told = ", ".join(opinion.stance.value for opinion in opinions)
        return _to_a_person(rules, f"the model does not agree with itself: {told}", opinions)
    (stance,) = stances
    if stance is Stance.UNCLEAR:
        return _to_a_person(rules, "the model cannot tell", opinions)
    ruled = rules.standing is not Standing.NOT_MET or bool(rules.reason)
    if ruled and stance.value != rules.standing.value:
        return _to_a_person(rules, f"the model: {stance.value}", opinions)
    if stance is Stance.MET and not ruled and reading.reservations:
        return _to_a_person(rules, f"the model: met, but {reading.reservations[0]}", opinions)
    by = "the rules and the model" if ruled else "the model, asked three times"
    reason = f"{stance.value}, by {by}" + (f"; {rules.reason}" if rules.reason else "")
    return Settlement(rules, Standing(stance.value), reason, opinions)
