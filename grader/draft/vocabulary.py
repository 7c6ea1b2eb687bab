"""What a model may say of a hidden suite: data of a closed vocabulary, from which our own text is rendered.

A suite runs in the examiner, which holds every expected value. So no word of a model becomes code in it: inputs are
drawn by kinds and bounds, expected values are computed, properties and relations are chosen from the list here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from grader.draft.words import ChineseLine, Line, Name
from grader.question import Frozen, Slug

SizeName = Annotated[str, Field(pattern=r"^[A-Z]$")]
Bound = Annotated[float, Field(ge=-1e6, le=1e6)]
Whole = Annotated[int, Field(ge=-(10**6), le=10**6)]
LARGEST_SIZE = 12


class _Ordered(Frozen):
    """A range that is not empty."""

    @model_validator(mode="after")
    def _low_comes_first(self) -> _Ordered:
        bounds = self.model_dump()
        if bounds["low"] > bounds["high"]:
            raise ValueError(f"low {bounds['low']} is above high {bounds['high']}")
        return self


class Size(_Ordered):
    """A length that is drawn once for a case, so that several arguments can share it."""

    name: SizeName
    low: Annotated[int, Field(ge=0, le=LARGEST_SIZE)]
    high: Annotated[int, Field(ge=0, le=LARGEST_SIZE)]


class Integer(_Ordered):
    """A whole number."""

    kind: Literal["integer"]
    low: Whole
    high: Whole


class Number(_Ordered):
    """A float."""

    kind: Literal["number"]
    low: Bound
    high: Bound


class Flag(Frozen):
    """True or False."""

    kind: Literal["flag"]


class Choice(Frozen):
    """One of a few values."""

    kind: Literal["choice"]
    values: Annotated[
        tuple[bool | Whole | Bound | Annotated[str, Field(max_length=60)], ...], Field(min_length=1, max_length=12)
    ]


Scalar = Annotated[Integer | Number | Flag | Choice, Field(discriminator="kind")]


class Row(Frozen):
    """A list."""

    kind: Literal["row"]
    of: Scalar
    size: SizeName


class Table(Frozen):
    """A list of lists."""

    kind: Literal["table"]
    of: Scalar
    rows: SizeName
    columns: SizeName


class TensorOf(_Ordered):
    """A torch tensor."""

    kind: Literal["tensor"]
    sizes: Annotated[tuple[SizeName, ...], Field(min_length=1, max_length=4)]
    low: Bound
    high: Bound
    whole: bool
    """int64 in place of float32."""


Input = Annotated[Integer | Number | Flag | Choice | Row | Table | TensorOf, Field(discriminator="kind")]


class Argument(Frozen):
    """How one argument is drawn."""

    name: Name
    input: Input


class Values(Frozen):
    """The result is the one that was computed when the question was drafted."""

    kind: Literal["values"]
    cases: Annotated[int, Field(ge=2, le=16)]


class Raises(Frozen):
    """These inputs are refused."""

    kind: Literal["raises"]
    error: Literal["ValueError", "TypeError", "IndexError", "KeyError", "ZeroDivisionError"]


class Unchanged(Frozen):
    """The arguments are left as they were."""

    kind: Literal["unchanged"]


class Property(Frozen):
    """Something that holds of every result."""

    kind: Literal["property"]
    holds: Literal[
        "finite", "not-negative", "at-most-one", "sums-to-one", "ascending", "as-long-as-first", "same-items-as-first"
    ]


class Relation(Frozen):
    """What becomes of the result when one argument is changed."""

    kind: Literal["relation"]
    argument: Name
    change: Literal["reversed", "negated", "shifted", "scaled", "repeated"]
    amount: Bound
    """By which it is shifted or scaled."""
    result: Literal["the-same", "reversed", "negated", "shifted", "scaled", "repeated"]
    """In the same way, and by the same amount."""


Judgement = Annotated[Values | Raises | Unchanged | Property | Relation, Field(discriminator="kind")]


class CheckDraft(Frozen):
    """One hidden check."""

    name: Name
    behaviour: Slug
    points: Annotated[int, Field(ge=1, le=5)]
    hint_en: Line
    hint_zh: ChineseLine
    sizes: Annotated[tuple[Size, ...], Field(max_length=6)]
    arguments: Annotated[tuple[Argument, ...], Field(min_length=1, max_length=6)]
    judgement: Judgement


class SuiteDraft(Frozen):
    """The hidden suite."""

    checks: Annotated[tuple[CheckDraft, ...], Field(min_length=1, max_length=10)]

    def without(self, name: str) -> SuiteDraft:
        """Return the suite without one check."""
        return SuiteDraft(checks=tuple(check for check in self.checks if check.name != name))
