"""The rules of a short question with one part left out each: exemplars must notice, or the part does nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.answers.short import read_answer
from grader.question import LANGUAGES
from grader.rubric import ShortSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from grader.rubric import Exemplar

Values = dict[str, Any]


@dataclass(frozen=True)
class RuleMutant:
    """A spec that lacks one part of its rules."""

    name: str
    without: str
    """The part."""
    spec: ShortSpec


def rule_mutants(spec: ShortSpec) -> Iterator[RuleMutant]:
    """Yield the spec without each of its parts: a misconception, a negation window, exclusions, a thing asked for."""
    for name, misconception in spec.misconceptions.items():
        values = spec.model_dump()
        del values["misconceptions"][name]
        yield _mutant(f"misconception:{name}", misconception.why.en, values)
    for name, point in spec.key_points.items():
        if point.window:
            values = spec.model_dump()
            values["key_points"][name]["window"] = 0
            yield _mutant(f"window:{name}", str(point.window), values)
        for language in LANGUAGES:
            for index, _ in enumerate(point.wordings(language)):
                yield from _without_parts(spec, name, language, index)


def _without_parts(spec: ShortSpec, name: str, language: str, index: int) -> Iterator[RuleMutant]:
    place = f"{name}.{language}.{index}"
    wording = spec.model_dump()["key_points"][name][language][index]
    if wording["none_of"]:
        yield _changed(spec, (name, language, index), f"none_of:{place}", {**wording, "none_of": ()})
    if len(wording["all_of"]) < 2:
        return
    for part, terms in enumerate(wording["all_of"]):
        rest = tuple(other for number, other in enumerate(wording["all_of"]) if number != part)
        mutant = _changed(spec, (name, language, index), f"all_of:{place}.{part}", {**wording, "all_of": rest})
        yield RuleMutant(mutant.name, ", ".join(terms), mutant.spec)


def _changed(spec: ShortSpec, place: tuple[str, str, int], name: str, wording: Values) -> RuleMutant:
    values, (point, language, index) = spec.model_dump(), place
    wordings = list(values["key_points"][point][language])
    without = ", ".join(wordings[index]["none_of"])
    wordings[index] = wording
    values["key_points"][point][language] = wordings
    return _mutant(name, without, values)


def _mutant(name: str, without: str, values: Values) -> RuleMutant:
    return RuleMutant(name, without, ShortSpec.model_validate(values))


def killer(mutant: RuleMutant, exemplars: Mapping[str, Exemplar]) -> str | None:
    """Return the first exemplar that comes out differently without the part, or None."""
    for name, exemplar in exemplars.items():
        if read_answer(mutant.spec, exemplar.text).met != frozenset(exemplar.met):
            return name
    return None
