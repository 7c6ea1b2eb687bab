"""Questions answered in words: options to choose from, or key points that a free answer must make."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PositiveFloat, PositiveInt, model_validator

from grader.question import Check, Entry, Frozen, Language, Question, QuestionSpec, Slug, Spec, Text, Visibility

MAX_OPTIONS = 10
CHOICE = Text(en="choice", zh="选择")
ANSWER = Text(en="answer", zh="回答")
MAX_ANSWER = 20_000
"""Characters; no question may ask for more."""


def _in_both(text: Text) -> Text:
    if not text.en.strip() or not (text.zh or "").strip():
        raise ValueError("write it in both languages, as {en: ..., zh: ...}")
    return text


def _is_term(term: str) -> str:
    if not any(character.isalnum() for character in term):
        raise ValueError(f"{term!r} has no letter and no digit")
    if re.search(r"\*(?![\s-]|$)|(^|[\s-])\*", term):
        raise ValueError(f"{term!r} has a * elsewhere than at the end of a word")
    if re.search(r"[\n!?;。！？；]|\.(\s|$)", term):
        raise ValueError(f"{term!r} would end a sentence, and so is never found within one")
    return term


def _written(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("put quotes around it, for YAML takes it for something else than text")
    return value


def _tolerance(value: object) -> object:
    """Read `2%` as a part of the value."""
    if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?\s*%", value):
        return float(value.rstrip("% ")) / 100
    return value


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple) else (value,)


Translated = Annotated[Text, AfterValidator(_in_both)]
Term = Annotated[str, BeforeValidator(_written), Field(min_length=1, max_length=60), AfterValidator(_is_term)]
"""A wording; `*` at the end of a word stands for any ending of it."""
Terms = Annotated[tuple[Term, ...], Field(min_length=1), BeforeValidator(_listed)]


class Option(Frozen):
    """One thing to choose."""

    text: Translated
    right: bool = False
    misconception: Translated | None = None
    """What somebody believes who chooses it though it is wrong; shown where the feedback is full."""

    @model_validator(mode="after")
    def _wrong_for_a_reason(self) -> Option:
        if self.right == (self.misconception is not None):
            raise ValueError("a wrong option has its misconception, and a right one (`right: true`) has none")
        return self


class Credit(StrEnum):
    """What an incomplete choice among several is worth."""

    ALL = "all"
    """Nothing: all right options and no other."""
    BALANCE = "balance"
    """The part of the right options that is chosen, less the part of the wrong ones: to choose all is worth nothing."""


class ChoiceSpec(Spec):
    """The content of a `question.yaml` that offers options."""

    kind: Literal["choice"]
    choose: Literal["one", "several"]
    points: PositiveFloat = 1.0
    credit: Credit = Credit.ALL
    options: dict[Slug, Option] = Field(min_length=2, max_length=MAX_OPTIONS)

    @model_validator(mode="after")
    def _can_be_answered(self) -> ChoiceSpec:
        right = len(self.right)
        if right == len(self.options):
            raise ValueError("every option is right; write a wrong one")
        if right == 0 or (right > 1 and self.choose == "one"):
            raise ValueError(f"{right} options are right, and the candidate is to choose {self.choose}")
        if self.choose == "one" and self.credit is not Credit.ALL:
            raise ValueError("credit is for a choice of several")
        return self

    @property
    def right(self) -> frozenset[str]:
        """The names of the right options."""
        return frozenset(name for name, option in self.options.items() if option.right)


class Wording(Frozen):
    """One way to say something, in one language; every part that is given must be found, in any form of the terms."""

    any_of: tuple[Term, ...] = ()
    """One of these."""
    all_of: tuple[Terms, ...] = ()
    """Each of these; a list among them stands for any of its terms."""
    order: tuple[Terms, ...] = ()
    """Each of these, and in this order."""
    none_of: tuple[Term, ...] = ()
    """None of these."""

    @model_validator(mode="after")
    def _says_something(self) -> Wording:
        if not (self.any_of or self.all_of or self.order):
            raise ValueError("give any_of, all_of or order")
        if len(self.order) == 1:
            raise ValueError("order needs two terms or more")
        return self

    @property
    def terms(self) -> tuple[str, ...]:
        """Every term that is asked for."""
        return (*self.any_of, *(term for terms in (*self.all_of, *self.order) for term in terms))


Wordings = Annotated[tuple[Wording, ...], BeforeValidator(_listed)]


class Number(Frozen):
    """A number that is asked for."""

    value: float = Field(allow_inf_nan=False)
    tolerance: Annotated[float, BeforeValidator(_tolerance), Field(ge=0, lt=1, allow_inf_nan=False)] = 0.01
    """The part of the value by which it may differ, e.g. `2%`."""
    units: dict[Annotated[str, Field(min_length=1, max_length=20)], PositiveFloat] = Field(default_factory=dict)
    """Unit to what one of it is in that of `value`, e.g. {GB: 1, MB: 0.001}; without any, the number stands bare."""
    guesses: PositiveInt = 3
    """So many different numbers of this unit may stand in the answer; more are guesses."""


class Worded(Frozen):
    """Something that can be said in several ways."""

    en: Wordings = ()
    zh: Wordings = ()
    window: int = Field(default=5, ge=0, le=20)
    """So many words after a negation are negated (a Chinese character is half a word); 0: no negation is looked for."""
    spread: int = Field(default=1, ge=1, le=5)
    """So many sentences in a row may say it together."""

    def wordings(self, language: Language) -> tuple[Wording, ...]:
        """Return the ways to say it in a language."""
        return self.en if language == "en" else self.zh


class KeyPoint(Worded):
    """What a good answer says."""

    points: PositiveFloat
    claim: Translated
    """In a sentence, for whoever reviews."""
    group: Translated | None = None
    """What a candidate may see of it: the learning outcome, never the answer."""
    hint: Translated | None = None
    number: Number | None = None

    @model_validator(mode="after")
    def _in_two_languages(self) -> KeyPoint:
        if bool(self.en) != bool(self.zh) or not (self.en or self.number):
            raise ValueError("give the wordings in both languages, under en: and zh:")
        return self


class Misconception(Worded):
    """What a wrong answer says."""

    costs: tuple[Slug, ...] = Field(min_length=1)
    """Key points that are not met by who says it."""
    why: Translated
    """What is wrong with it; shown where the feedback is full."""

    @model_validator(mode="after")
    def _in_two_languages(self) -> Misconception:
        if not (self.en and self.zh):
            raise ValueError("give the wordings in both languages, under en: and zh:")
        return self


class Referee(StrEnum):
    """Who judges the key points that the rules leave open."""

    RULES = "rules"
    """Nobody else: what the rules do not find is not met."""
    PERSON = "person"
    """Somebody, by `grade review`; until then the verdict is provisional."""
    MODEL = "model"
    """A language model that the examiner names; what it leaves open, or all without one, waits for a person."""


class ShortSpec(Spec):
    """The content of a `question.yaml` that asks for a free answer."""

    kind: Literal["short"]
    characters: int = Field(default=2000, ge=50, le=MAX_ANSWER)
    """A longer answer is not read."""
    referee: Referee = Referee.RULES
    key_points: dict[Slug, KeyPoint] = Field(min_length=1)
    misconceptions: dict[Slug, Misconception] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _costs_what_there_is(self) -> ShortSpec:
        for name, misconception in self.misconceptions.items():
            unknown = [cost for cost in misconception.costs if cost not in self.key_points]
            if unknown:
                raise ValueError(f"the misconception {name!r} costs {unknown[0]!r}, which is no key point")
        return self


class Role(StrEnum):
    """What an exemplar is an example of."""

    GOOD = "good"
    PARTIAL = "partial"
    WRONG = "wrong"
    CONTRADICTION = "contradiction"
    """It says the opposite of a key point, or both."""
    STUFFING = "stuffing"
    """It holds the terms, and says nothing."""
    INJECTION = "injection"
    """It speaks to the grader."""
    FOREIGN = "foreign"
    """It is in a language that the question is not asked in."""


class Exemplar(Frozen):
    """An answer we wrote, and what it must be worth."""

    role: Role
    language: Literal["en", "zh", "other"]
    met: tuple[Slug, ...] = ()
    """The key points it meets, and no other."""
    held_out: bool = False
    """Written without a look at the rules, and never used to write them."""
    text: Annotated[str, Field(min_length=1, max_length=MAX_ANSWER)]

    @model_validator(mode="after")
    def _worth_what_it_is(self) -> Exemplar:
        if self.met and self.role in {Role.WRONG, Role.STUFFING, Role.INJECTION, Role.FOREIGN}:
            raise ValueError(f"an exemplar of the role {self.role.value!r} meets no key point")
        if not self.met and self.role in {Role.GOOD, Role.PARTIAL}:
            raise ValueError(f"an exemplar of the role {self.role.value!r} meets a key point")
        if (self.language == "other") != (self.role is Role.FOREIGN):
            raise ValueError("an exemplar of the role 'foreign' has the language 'other', and no other one has")
        return self


class ExemplarSheet(Frozen):
    """The content of one `exemplars.yaml`, format 1."""

    format: Literal[1]
    exemplars: dict[Slug, Exemplar] = Field(min_length=1)


ConceptSpec = ChoiceSpec | ShortSpec
AnySpec = QuestionSpec | ChoiceSpec | ShortSpec


@dataclass(frozen=True)
class ConceptQuestion(Entry):
    """One that is answered in words."""

    spec: ConceptSpec
    exemplars: dict[str, Exemplar]
    """By name; a choice has none."""

    @property
    def checks(self) -> tuple[Check, ...]:
        """What is judged of an answer: the choice, or each key point."""
        if isinstance(self.spec, ChoiceSpec):
            return (_check("choice", self.spec.points, CHOICE),)
        points = self.spec.key_points
        return tuple(_check(name, point.points, point.group or ANSWER, point.hint) for name, point in points.items())

    @property
    def max_points(self) -> float:
        """Points of a right answer."""
        return sum(check.points for check in self.checks)


def _check(name: str, points: float, group: Text, hint: Text | None = None) -> Check:
    return Check(name=name, visibility=Visibility.HIDDEN, points=points, group=group, hint=hint, line=1)


AnyQuestion = Question | ConceptQuestion
