"""The spec: what stands in `question.yaml`, and the question it becomes with its folder and its checks."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pydantic.main
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PositiveFloat, PositiveInt, model_validator

from grader.expressions import Value, evaluate

if TYPE_CHECKING:
    from pathlib import Path

# pydantic (2.14, at least) builds validators under one lock for all models. A process that is forked while another
# thread builds one would inherit the lock as taken, and wait for ever at the first model of its own.
_building = getattr(pydantic.main, "_rebuild_lock", None)
if _building is not None and sys.platform != "win32":
    os.register_at_fork(before=_building.acquire, after_in_parent=_building.release, after_in_child=_building.release)

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")

_SIZE_UNITS = {"": 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "kB": 10**3, "MB": 10**6, "GB": 10**9}
_TIME_UNITS = {"": 1.0, "s": 1.0, "ms": 1e-3, "min": 60.0}


def _with_unit(units: dict[str, Any], kind: str, example: str) -> BeforeValidator:
    def parse(value: object) -> object:
        if not isinstance(value, str):
            return value
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", value)
        if match is None or match[2] not in units:
            raise ValueError(f"{value!r} is no {kind}; write it like {example!r}")
        return float(match[1]) * units[match[2]]

    return BeforeValidator(parse)


Seconds = Annotated[PositiveFloat, _with_unit(_TIME_UNITS, "time", "30s")]
Bytes = Annotated[PositiveInt, _with_unit(_SIZE_UNITS, "size", "512MiB")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]


class Frozen(BaseModel):
    """A value that crosses a boundary: immutable, and an unknown key is an error."""

    # validators are built at first use: a command that reads no verdict pays for none
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Text(Frozen):
    """A short text in the languages the bank offers."""

    en: str
    zh: str | None = None

    def in_language(self, language: Language) -> str:
        """Return the text in `language`, in English where it has no translation."""
        return (self.zh if language == "zh" else None) or self.en


class SubmissionSpec(Frozen):
    """What a candidate hands in."""

    file: str = Field(default="solution.py", pattern=r"^[A-Za-z_][A-Za-z0-9_]*\.py$")
    exports: dict[str, str] = Field(min_length=1)
    """Name to signature; a signature that starts with `class` marks a class."""


class Environment(Frozen):
    """What the guest imports before the submission, and where it runs."""

    packages: tuple[str, ...] = ()
    device: Literal["cpu", "cuda", "any"] = "cpu"
    threads: PositiveInt = 1


class Limits(Frozen):
    """What one submission may use over all its checks, unless said otherwise."""

    wall: Seconds = 30.0
    """Seconds of waiting for the submission, loading included."""
    check: Seconds | None = None
    """Seconds of waiting within one check; a third of `wall` unless given."""
    cpu: Seconds = 30.0
    memory: Bytes = 2 * 2**30
    processes: PositiveInt = 32
    output: Bytes = 64 * 2**10
    disk: Bytes = 16 * 2**20

    @property
    def check_wall(self) -> float:
        """Seconds of waiting allowed within one check."""
        return min(self.check or max(self.wall / 3, 1.0), self.wall)


class Forbidden(Frozen):
    """What the submission must not use."""

    imports: tuple[str, ...] = ()
    """Top-level modules or dotted ones, e.g. `scipy` or `torch.nn.functional`."""
    calls: tuple[str, ...] = ()
    """Dotted names, e.g. `torch.nn.functional.scaled_dot_product_attention`."""


Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class Parameter(Frozen):
    """A value of a question that its variants change."""

    default: Value
    """What stands in the question itself."""
    choices: tuple[Value, ...] = ()
    range: tuple[int, int] | None = None
    """The smallest and the largest of whole numbers, instead of choices."""
    step: PositiveInt = 1

    @model_validator(mode="after")
    def _some_values(self) -> Parameter:
        if bool(self.choices) == (self.range is not None):
            raise ValueError("give either choices or a range")
        if len(set(self.values)) < 2:
            raise ValueError("a parameter needs two different values or more")
        return self

    @property
    def values(self) -> tuple[Value, ...]:
        """What can be drawn."""
        if self.range is None:
            return self.choices
        low, high = self.range
        return tuple(range(low, high + 1, self.step))


class Variants(Frozen):
    """What can be drawn anew to make another question of the same kind."""

    parameters: dict[Identifier, Parameter] = Field(min_length=1)
    where: tuple[str, ...] = ()
    """Formulas over the parameters, all of which must hold."""

    @model_validator(mode="after")
    def _conditions_hold(self) -> Variants:
        for condition in self.where:
            if not evaluate(condition, self.defaults):
                raise ValueError(f"{condition!r} does not hold for the defaults")
        return self

    @property
    def defaults(self) -> dict[str, Value]:
        """The values with which the question stands in the bank."""
        return {name: parameter.default for name, parameter in self.parameters.items()}


class Variant(Frozen):
    """Which variant a question is."""

    of: str
    """Qualified id of the question it was made from."""
    values: dict[Identifier, Value]


class Source(Frozen):
    """Where the question comes from."""

    topic: str
    """Row of the topic table it covers."""
    note: str = ""
    """What the question does otherwise than that row, and why."""
    foreign: bool = False
    """Whether its solutions came from elsewhere and nobody has read them: they run in guests only."""


Reason = Annotated[str, Field(min_length=10)]


class ProofSpec(Frozen):
    """What a person has judged of the question's proof."""

    accept: dict[str, Reason] = Field(default_factory=dict)
    """Name of a mutant, or of a trivial answer, that may survive, and why that is right."""


class Feedback(StrEnum):
    """How much a candidate learns about hidden checks."""

    NONE = "none"
    SCORE = "score"
    CATEGORY = "category"
    FULL = "full"


class Spec(Frozen):
    """What every `question.yaml`, format 1, holds, whatever its kind."""

    format: Literal[1]
    id: Slug
    title: Text
    family: Slug
    difficulty: Literal["easy", "medium", "hard"]
    minutes: PositiveInt
    """Minutes a prepared candidate needs."""
    skills: tuple[str, ...] = ()
    feedback: Feedback = Feedback.CATEGORY
    source: Source


class QuestionSpec(Spec):
    """The content of a `question.yaml` that asks for code."""

    kind: Literal["code"] = "code"
    submission: SubmissionSpec
    environment: Environment = Environment()
    limits: Limits = Limits()
    forbidden: Forbidden = Forbidden()
    proof: ProofSpec = ProofSpec()
    variants: Variants | None = None
    variant: Variant | None = None
    """Set where the question was made from another by drawing its parameters; nobody writes it by hand."""


class Quantity(StrEnum):
    """What a performance check compares."""

    TIME = "time"
    MEMORY = "memory"


class Performance(Frozen):
    """A performance check: a ratio of times, or of peak memory, against one of our own solutions."""

    of: str
    """The export that is measured."""
    at_least: PositiveFloat | None = None
    times_faster_than: str | None = None
    at_most: PositiveFloat | None = None
    times_slower_than: str | None = None
    times_of: str | None = None

    @model_validator(mode="after")
    def _one_direction(self) -> Performance:
        names = ("at_least", "times_faster_than", "at_most", "times_slower_than", "times_of")
        given = {name for name in names if getattr(self, name) is not None}
        if given not in ({*names[:2]}, {*names[2:4]}, {"at_most", "times_of"}):
            raise ValueError("give either at_least= with times_faster_than=, or at_most= with times_slower_than=")
        return self

    @property
    def quantity(self) -> Quantity:
        """What is compared."""
        return Quantity.MEMORY if self.times_of is not None else Quantity.TIME

    @property
    def against(self) -> str:
        """Name of our solution it is measured against: `reference`, or a file stem under `solutions/`."""
        return self.times_faster_than or self.times_slower_than or self.times_of or "reference"

    @property
    def limit(self) -> float:
        """Largest allowed ratio of what the submission takes to what the other takes."""
        return 1.0 / self.at_least if self.at_least is not None else float(self.at_most or 1.0)


class Visibility(StrEnum):
    """Who may see a check's inputs and expectations."""

    PUBLIC = "public"
    HIDDEN = "hidden"


class Check(Frozen):
    """One test of a suite, as its source text declares it."""

    name: str
    visibility: Visibility
    points: float = Field(ge=0)
    group: Text
    hint: Text | None = None
    line: PositiveInt
    performance: Performance | None = None
    stated: tuple[str, ...] = ()
    """Anchors in the statement, at the passages that ask for what it tests."""
    contract: str = ""
    """Why it belongs to the contract though it kills no wrong solution alone; empty for most."""


@dataclass(frozen=True)
class Entry:
    """One folder of the bank, whatever its kind: its spec, and where it and its solutions lie."""

    spec: Spec
    folder: Path
    solutions: Path

    @property
    def id(self) -> str:
        """The id, without its family."""
        return self.spec.id

    @property
    def qualified_id(self) -> str:
        """The id with its family, as in `nlp/masked-pooling`."""
        return f"{self.spec.family}/{self.spec.id}"

    @property
    def variant_of(self) -> str:
        """Qualified id of the question it is a variant of, or nothing."""
        return ""


@dataclass(frozen=True)
class Question(Entry):
    """One that asks for code, with its checks in file order."""

    spec: QuestionSpec
    checks: tuple[Check, ...]

    @property
    def reference(self) -> Path:
        """The reference solution."""
        return self.solutions / "reference.py"

    def suite(self, visibility: Visibility) -> Path:
        """Return the file of the public or the hidden suite."""
        return self.folder / f"test_{visibility.value}.py"

    @property
    def variant_of(self) -> str:
        """Qualified id of the question it is a variant of, or nothing."""
        return self.spec.variant.of if self.spec.variant else ""

    @property
    def max_points(self) -> float:
        """Points of all checks together."""
        return sum(check.points for check in self.checks)
