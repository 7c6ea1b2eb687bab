"""What a free answer is worth: each key point is met, contradicted or not met, by rules alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from grader.answers.text import has_han, sentences
from grader.answers.wording import Polarity, findings, read_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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
    settled: bool = False
    """Whether the rules leave no doubt: it is said plainly and nowhere denied, or the answer says nothing at all."""


@dataclass(frozen=True)
class Reading:
    """An answer that was read: a judgement of each key point, in their order, and what a reviewer should know."""

    judgements: tuple[Judgement, ...]
    sentences: tuple[Sentence, ...]
    observations: tuple[str, ...] = ()
    reservations: tuple[str, ...] = ()
    """Why nothing but a rule or a person may find a key point in it."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reviewer should know, where the rules alone decide."""
        claims = any(sentence.claims for sentence in self.sentences)
        return (*self.observations, *(_left_to_a_person(self.judgements) if claims else ()))

    @property
    def unexplained(self) -> str:
        """The sentences that settle no key point."""
        settled = [each.quote for each in self.judgements if each.settled]
        return " ".join(each.source for each in self.sentences if not any(each.source in quote for quote in settled))

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
    said = dict(_misconceptions(spec, claims))
    errors = {cost: judgement for judgements in said.values() for cost, judgement in judgements.items()}
    judged = tuple(
        # a number that stands alone is an answer; too many of them are not
        errors.get(name) or _judge(name, point, claims if point.en else every)
        for name, point in spec.key_points.items()
    )
    return Reading(judged, every, tuple(_notes(every)), tuple(_reservations(every, said)))


def _reservations(every: Sequence[Sentence], said: Iterable[str]) -> Iterator[str]:
    if _speaks_to_grader(every):
        yield "the answer speaks to the grader"
    if _is_foreign(every):
        yield "the answer seems to be in neither English nor Chinese"
    yield from (f"the answer says the misconception {name!r}" for name in said)


def _left_to_a_person(judged: Sequence[Judgement]) -> Iterator[str]:
    missing = sum(each.standing is Standing.NOT_MET for each in judged)
    if missing:
        yield (
            f"{missing} of {len(judged)} key points were not found by the rules, which miss right answers in unusual "
            "words; let a person look before this counts"
        )


def _misconceptions(spec: ShortSpec, claims: Sequence[Sentence]) -> Iterator[tuple[str, dict[str, Judgement]]]:
    """Yield each misconception that is said, with the judgements of the key points that it costs."""
    for name, misconception in spec.misconceptions.items():
        said = [found for found in findings(misconception, claims) if found.polarity is Polarity.AFFIRMED]
        if said:
            reason, quote = f"the misconception {name!r}", said[0].quote
            yield (
                name,
                {
                    cost: Judgement(cost, Standing.CONTRADICTED, quote, reason, misconception.why)
                    for cost in misconception.costs
                },
            )


def _judge(name: str, point: KeyPoint, claims: Sequence[Sentence]) -> Judgement:
    found = findings(point, claims, number=point.number)
    denied = _first(found, Polarity.DENIED)
    affirmed = _first(found, Polarity.AFFIRMED)
    if denied is not None:
        reason = "it is denied" if affirmed is None else f"it is said and denied; said: {affirmed.quote}"
        return Judgement(name, Standing.CONTRADICTED, denied.quote, reason)
    if affirmed is None:
        return Judgement(name, Standing.NOT_MET, settled=not claims)
    guesses = _guesses(point.number, claims)
    if point.number is not None and guesses > point.number.guesses:
        return Judgement(name, Standing.NOT_MET, affirmed.quote, f"it is one of {guesses} numbers that are given")
    plain = next((each for each in found if each.plain), None)
    return Judgement(name, Standing.MET, (plain or affirmed).quote, settled=plain is not None)


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
    if _speaks_to_grader(every):
        yield "the answer speaks to the grader; that is text like any other, and earns and costs nothing"
    if not any(sentence.claims for sentence in every):
        yield "no sentence of the answer says something: it only names things"
    if _is_foreign(every):
        yield "the answer seems to be in neither English nor Chinese; no other language is read"


def _speaks_to_grader(every: Sequence[Sentence]) -> bool:
    return any(_TO_THE_GRADER.search(sentence.text) for sentence in every)


def _is_foreign(every: Sequence[Sentence]) -> bool:
    text = " ".join(sentence.text for sentence in every)
    words = len(re.findall(r"[^\W\d_]+", text))
    return words >= _FEW_WORDS and not has_han(text) and len(_COMMON.findall(text)) < _LEAST_COMMON * words
