"""The assessment: what stands in `assessment.yaml`, as frozen models."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from grader.question import Feedback, Frozen, Slug, Text
from grader.takehome.stock import Difficulty

_UNITS = {"min": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(min|h|d)\s*")
_EXAMPLE = "2026-12-01T09:00:00+01:00"


def _read_duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("write a time with its unit, like 90min, 3h or 2d")
    return timedelta(**{_UNITS[match[2]]: float(match[1])})


def read_moment(value: object) -> datetime:
    """Read a date and time; one without its offset from UTC would mean another moment for every reader.

    Raises:
        ValueError: it is none.
    """
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if not isinstance(moment, datetime):
        raise ValueError(f"write a date and a time with its offset from UTC, like {_EXAMPLE}")
    if moment.tzinfo is None:
        raise ValueError(f"the offset from UTC is missing; write it like {_EXAMPLE}")
    return moment


def _read_range(value: object) -> object:
    """Read `[low, high]`."""
    if isinstance(value, list) and len(value) == 2 and all(isinstance(each, int | float) for each in value):
        if value[0] > value[1]:
            raise ValueError(f"the range is empty; write [{value[1]}, {value[0]}]")
        return value
    raise ValueError("write a range as [lowest, highest]")


def _read_pick(value: object) -> object:
    return {"id": value} if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(_read_duration)]
Moment = Annotated[datetime, BeforeValidator(read_moment)]
Range = Annotated[tuple[NonNegativeFloat, NonNegativeFloat], BeforeValidator(_read_range)]


class Title(Text):
    """A title in both languages: a candidate may ask for either."""

    zh: str


class Pick(Frozen):
    """One question that the author chose by hand."""

    id: str
    points: PositiveFloat | None = None
    """What it counts; what its checks are worth together unless given."""


class Part(Frozen):
    """A number of questions of one sort."""

    count: PositiveInt
    family: str | None = None
    topic: str | None = None
    difficulty: Difficulty | None = None
    kind: str | None = None
    minutes: Range | None = None
    """Of each question."""
    points: PositiveFloat | None = None
    """What each question counts; what its checks are worth together unless given."""


class Tolerance(Frozen):
    """By how much two forms may differ at most."""

    minutes: NonNegativeFloat = 10
    points: NonNegativeFloat = 5
    difficulty: NonNegativeInt = 0
    """Questions of one difficulty more, or fewer."""


class Blueprint(Frozen):
    """What a form is made of."""

    parts: tuple[Part, ...] = Field(min_length=1)
    minutes: Range | None = None
    """Of a whole form."""
    points: Range | None = None
    """Of a whole form."""
    exposure: PositiveInt | None = None
    """In so many forms a question may be at most."""
    topics_once: bool = True
    """Whether a form has no two questions on one topic."""
    apart: tuple[tuple[str, ...], ...] = ()
    """Sets of questions of which a form has at most one, for one gives the other away."""
    without: tuple[str, ...] = ()
    """Questions that are left out."""
    tolerance: Tolerance = Tolerance()


class Window(Frozen):
    """Between which moments an answer is received."""

    opens: Moment
    closes: Moment


class LateRule(StrEnum):
    """What becomes of an answer that comes after the deadline and its grace."""

    REFUSE = "refuse"
    ACCEPT = "accept"
    DEDUCT = "deduct"


class Late(Frozen):
    """The rule for late answers."""

    rule: LateRule = LateRule.REFUSE
    percent: Annotated[float, Field(gt=0, le=100)] | None = None
    """With `deduct`: of the points, for each begun `each`."""
    each: Duration | None = None
    until: Duration | None = None
    """After the deadline; then nothing is received any more."""


class AiUse(StrEnum):
    """Whether a candidate may use an assistant."""

    FORBIDDEN = "forbidden"
    DISCLOSED = "disclosed"
    FREE = "free"


class AiPolicy(Frozen):
    """What a candidate is told of assistants."""

    use: AiUse
    note: Text | None = None


class Retakes(Frozen):
    """Whether somebody may try again."""

    allowed: NonNegativeInt = 0
    after: Duration = timedelta(0)
    other_questions: bool = True
    """Whether questions that were seen are left out."""


class Criterion(Frozen):
    """One line of the scorecard that reviewers fill in."""

    id: Slug
    title: Title
    anchors: tuple[Title, ...] = Field(min_length=2, max_length=7)
    """What each level looks like, the lowest first; levels are counted from 1."""


class Accommodation(Frozen):
    """What one candidate is granted beyond the others."""

    factor: Annotated[float, Field(ge=1, le=4)] = 1.0
    """Of the duration."""
    extension: Duration = timedelta(0)
    """Of the window."""


class Assessment(Frozen):
    """The content of one `assessment.yaml`, format 1."""

    format: Literal[1]
    id: Slug
    title: Title
    questions: tuple[Annotated[Pick, BeforeValidator(_read_pick)], ...] = ()
    blueprint: Blueprint | None = None
    window: Window
    duration: Duration
    """From the moment a candidate begins."""
    grace: Duration = timedelta(0)
    late: Late = Late()
    ai: AiPolicy
    feedback: Feedback = Feedback.CATEGORY
    retakes: Retakes = Retakes()
    scorecard: tuple[Criterion, ...] = ()
    """What people judge beside the points."""
    accommodations: dict[str, Accommodation] = Field(default_factory=dict)
    """By the candidate's code."""
