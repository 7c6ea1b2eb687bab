"""What a model says of a question before it writes any of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from grader.draft.words import ChineseLine, ChineseProse, Line, Name, Prose
from grader.question import Frozen, Slug

Type = Literal[
    "int", "float", "bool", "str", "list[int]", "list[float]", "list[bool]", "list[str]", "list[list[int]]",
    "list[list[float]]", "Tensor",
]  # fmt: skip
LONGEST_PROGRAM = 8000


class Parameter(Frozen):
    """One argument of the function."""

    name: Name
    type: Type


class Behaviour(Frozen):
    """One thing the function must do, which a passage of the statement states and checks test."""

    name: Slug
    text: Prose


class Mistake(Frozen):
    """One way to get it wrong that a candidate may well take."""

    name: Name
    text: Prose


class Plan(Frozen):
    """What is asked, in outline."""

    title: Line
    title_zh: ChineseLine
    function: Name
    parameters: Annotated[tuple[Parameter, ...], Field(min_length=1, max_length=6)]
    returns: Type
    behaviours: Annotated[tuple[Behaviour, ...], Field(min_length=1, max_length=8)]
    mistakes: Annotated[tuple[Mistake, ...], Field(min_length=4, max_length=8)]
    skills: Annotated[tuple[Slug, ...], Field(min_length=1, max_length=6)]
    minutes: Annotated[int, Field(ge=5, le=180)]

    @model_validator(mode="after")
    def _names_differ(self) -> Plan:
        groups = (self.parameters, self.behaviours, self.mistakes)
        for group in groups:
            names = [each.name for each in group]
            if len(set(names)) < len(names):
                raise ValueError(f"two things have one name among {', '.join(names)}")
        return self

    @property
    def signature(self) -> str:
        """As in `(values: list[float]) -> float`."""
        arguments = ", ".join(f"{each.name}: {each.type}" for each in self.parameters)
        return f"({arguments}) -> {self.returns}"

    @property
    def packages(self) -> tuple[str, ...]:
        """What a guest imports for it."""
        return ("torch",) if "Tensor" in self.signature else ()


class Program(Frozen):
    """One Python module."""

    code: Annotated[str, Field(min_length=10, max_length=LONGEST_PROGRAM)]


class Passage(Frozen):
    """What the statement says of one behaviour."""

    behaviour: Slug
    en: Prose
    zh: ChineseProse


class StatementDraft(Frozen):
    """The statement in both languages, without the signature, which is known."""

    story_en: Prose
    story_zh: ChineseProse
    passages: Annotated[tuple[Passage, ...], Field(min_length=1, max_length=8)]
