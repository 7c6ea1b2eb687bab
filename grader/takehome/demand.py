"""What a blueprint's parts ask for, in words, and which questions answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.takehome.assessment import Blueprint, Part, Range
    from grader.takehome.stock import Stocked


def fits(part: Part, question: Stocked) -> bool:
    """Tell whether a question is of the sort a part asks for, proven or not."""
    wanted = {"family": part.family, "topic": part.topic, "difficulty": part.difficulty, "kind": part.kind}
    same = all(value in {None, getattr(question, key)} for key, value in wanted.items())
    return same and (part.minutes is None or part.minutes[0] <= question.minutes <= part.minutes[1])


def eligible(part: Part, blueprint: Blueprint, stock: Iterable[Stocked]) -> list[Stocked]:
    """Return the proven questions that a part may be filled with."""
    return [one for one in stock if one.proven and one.id not in blueprint.without and fits(part, one)]


def asks(part: Part) -> str:
    """Say what a part asks for, as in `2 hard questions of family nlp`."""
    noun = "question" if part.count == 1 else "questions"
    words = [f"{part.count}", *filter(None, (part.difficulty, part.kind)), noun]
    more = [f"of family {part.family}"] if part.family else []
    more += [f"on topic {part.topic}"] if part.topic else []
    more += [f"of {between(part.minutes)} minutes"] if part.minutes else []
    return " ".join([*words, *more])


def between(span: Range) -> str:
    """Write a range, as in `60 to 90`."""
    return f"{span[0]:g} to {span[1]:g}" if span[0] != span[1] else f"{span[0]:g}"


def shortage(part: Part, blueprint: Blueprint, stock: Iterable[Stocked]) -> str:
    """Say that too few questions fit a part for even one form, or return an empty string."""
    stock = tuple(stock)
    found = len(eligible(part, blueprint, stock))
    if found >= part.count:
        return ""
    verb = "is" if part.count == 1 else "are"
    fault = f"{asks(part)} {verb} asked for, {found} {'is' if found == 1 else 'are'} proven"
    waiting = [one.id for one in stock if fits(part, one) and not one.proven and one.id not in blueprint.without]
    cure = f"prove more: grade verify {' '.join(waiting)}" if waiting else "ask for fewer, or write more"
    return f"{fault}; {cure}"
