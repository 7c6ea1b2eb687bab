"""What a free answer is worth: each key point is met, contradicted or not met, by rules alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from grader.answers.text import has_han, sentences
from grader.answers.wording import Polarity, findings, read_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.answers.text import Sentence
    from grader.answers.wording import Finding
    from grader.question import Text
    from grader.rubric import KeyPoint, Number, ShortSpec


class Standing(StrEnum):
    """How an answer stands to a key point."""

    MET = "met"
    CONTRADICTED = "contradicted"
    """It says the opposite, or both, or what nobody says who has understood."""
    NOT_MET = "not met"


@dataclass(frozen=True)
class Judgement:
    """What became of one key point."""

    key_point: str
    standing: Standing
    quote: str = ""
    """Of the answer, verbatim: the passage that decides."""
    reason: str = ""
    why: Text | None = None
    """What is wrong with the misconception that costs it."""


@dataclass(frozen=True)
class Reading:
    """An answer that was read: a judgement of each key point, in their order, and what a reviewer should know."""

    judgements: tuple[Judgement, ...]
    notes: tuple[str, ...] = ()

    @property
    def met(self) -> frozenset[str]:
        """The key points that earn their points."""
        return frozenset(each.key_point for each in self.judgements if each.standing is Standing.MET)


def read_answer(spec: ShortSpec, text: str) -> Reading:
    """Judge every key point of a question by what an answer says.

    A sentence that only names things earns nothing and denies nothing.
    """
    every = sentences(text)
    claims = [sentence for sentence in every if sentence.claims]
    errors = dict(_misconceptions(spec, claims))
    judged = tuple(
        # a number that stands alone is an answer; too many of them are not
        errors.get(name) or _judge(name, point, claims if point.en else every)
        for name, point in spec.key_points.items()
    )
    return Reading(judged, (*_notes(every), *_left_to_a_person(judged, claims)))


def _left_to_a_person(judged: Sequence[Judgement], claims: Sequence[Sentence]) -> Iterator[str]:
    missing = sum(each.standing is Standing.NOT_MET for each in judged)
    if missing and claims:
        yield (
            f"{missing} of {len(judged)} key points were not found by the rules, which miss right answers in unusual "
            "words; let a person look before this counts"
        )


def _misconceptions(spec: ShortSpec, claims: Sequence[Sentence]) -> Iterator[tuple[str, Judgement]]:
    for name, misconception in spec.misconceptions.items():
        said = [found for found in findings(misconception, claims) if found.polarity is Polarity.AFFIRMED]
        if said:
            for cost in misconception.costs:
                reason = f"the misconception {name!r}"
                yield cost, Judgement(cost, Standing.CONTRADICTED, said[0].quote, reason, misconception.why)


def _judge(name: str, point: KeyPoint, claims: Sequence[Sentence]) -> Judgement:
    found = findings(point, claims, number=point.number)
    denied = _first(found, Polarity.DENIED)
    affirmed = _first(found, Polarity.AFFIRMED)
    if denied is not None:
        reason = "it is denied" if affirmed is None else f"it is said and denied; said: {affirmed.quote}"
        return Judgement(name, Standing.CONTRADICTED, denied.quote, reason)
    if affirmed is None:
        return Judgement(name, Standing.NOT_MET)
    guesses = _guesses(point.number, claims)
    if point.number is not None and guesses > point.number.guesses:
        return Judgement(name, Standing.NOT_MET, affirmed.quote, f"it is one of {guesses} numbers that are given")
    return Judgement(name, Standing.MET, affirmed.quote)


def _first(found: Sequence[Finding], polarity: Polarity) -> Finding | None:
    return next((each for each in found if each.polarity is polarity), None)


def _guesses(number: Number | None, claims: Sequence[Sentence]) -> int:
    """Return how many different numbers of the unit an answer gives."""
    if number is None:
        return 0
    return len({value for sentence in claims for value, _ in read_numbers(sentence.text, number)})


# --- what a reviewer should know -------------------------------------------------------------------------------------

_TO_THE_GRADER = re.compile(
    r"""\b(?:ignore|disregard|forget)\s(?:\w+\s){0,3}(?:instruction|prompt|rubric|rule|criteria|above|previous)
      | \b(?:full|maximum|all)\s(?:marks|points|score|credit)\b | \b(?:grader|examiner)s?\b | \bsystem\sprompt\b
      | \bas\san\sai\b | \byou\sare\s(?:now\s)?an?\s(?:\w+\s){0,2}(?:grader|assistant|model)\b
      | 满分 | 给我?分 | 忽略(?:以上|之前|前面|上述|所有) | 阅卷 | 评分(?:者|员|系统|器|模型) | 系统提示""",
    re.VERBOSE,
)
_COMMON = re.compile(r"\b(?:the|a|is|are|of|to|in|and|it|that|for|with|as|be|on|not|by|this|so|from|when)\b")
_FEW_WORDS, _LEAST_COMMON = 8, 0.05


def _notes(every: Sequence[Sentence]) -> Iterator[str]:
    if any(_TO_THE_GRADER.search(sentence.text) for sentence in every):
        yield "the answer speaks to the grader; that is text like any other, and earns and costs nothing"
    if not any(sentence.claims for sentence in every):
        yield "no sentence of the answer says something: it only names things"
    text = " ".join(sentence.text for sentence in every)
    words = len(re.findall(r"[^\W\d_]+", text))
    if words >= _FEW_WORDS and not has_han(text) and len(_COMMON.findall(text)) < _LEAST_COMMON * words:
        yield "the answer seems to be in neither English nor Chinese; no other language is read"
