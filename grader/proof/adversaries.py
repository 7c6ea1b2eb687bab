"""Answers that a machine can write without understanding: made from a question's own words, and worth nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from grader.answers.negation import turns
from grader.answers.text import sentences
from grader.bank import statement
from grader.question import LANGUAGES
from grader.rubric import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.question import Language
    from grader.rubric import ConceptQuestion, ShortSpec

_LISTS: dict[Language, dict[str, tuple[str, str]]] = {
    "en": {
        "a list": ("{}", ", "),
        "words in a row": ("{}", " "),
        "joined by and": ("The {}.", " and the "),
        "about": ("The answer is about {}.", ", "),
        "bullets": ("- {}", "\n- "),
        "key words": ("Keywords: {}", "; "),
        "important": ("It is important to consider {}.", ", "),
    },
    "zh": {
        "a list": ("{}", "、"),
        "words in a row": ("{}", " "),
        "commas": ("{}。", "，"),
        "about": ("答案与{}有关。", "、"),
        "bullets": ("- {}", "\n- "),
        "key words": ("关键词：{}。", "，"),
        "important": ("需要考虑{}。", "、"),
    },
}
_DENIALS: dict[Language, dict[str, str]] = {
    "en": {"it is not true that": "It is not true that {}.", "is wrong": "The claim that {} is wrong."},
    "zh": {"是错误的": "认为“{}”是错误的。", "并不是说": "这并不是说{}。"},
}


def empty_answers(question: ConceptQuestion, spec: ShortSpec) -> Iterator[tuple[str, str]]:
    """Yield answers that say nothing of their own, each with its name: the statement, the hints, lists of the terms."""
    for language in LANGUAGES:
        yield f"the statement ({language})", statement(question, language)
        yield f"groups and hints ({language})", "\n\n".join(_shown(spec, language))
        terms = _terms(spec, language)
        for name, (frame, joint) in _LISTS[language].items():
            yield f"the terms as {name} ({language})", frame.format(joint.join(terms))


def _shown(spec: ShortSpec, language: Language) -> Iterator[str]:
    """Yield what a candidate sees of the key points after a first attempt."""
    for point in spec.key_points.values():
        for text in (point.group, point.hint):
            if text is not None:
                yield text.in_language(language)


def _terms(spec: ShortSpec, language: Language) -> list[str]:
    """Return a term for each thing that is asked for: all of them together would meet every key point."""
    wordings = [point.wordings(language)[0] for point in spec.key_points.values() if point.wordings(language)]
    groups = [terms for wording in wordings for terms in (wording.any_of[:1], *wording.all_of, *wording.order) if terms]
    return [re.sub(r"\*", "", term) for terms in groups for term in terms[:2]]


def denied_answers(question: ConceptQuestion) -> Iterator[tuple[str, str]]:
    """Yield good exemplars of which every sentence is denied, each with its name.

    A sentence that gives a reason is left out: whoever denies "it is so, because ..." does not deny the reason.
    """
    for name, exemplar in question.exemplars.items():
        if exemplar.role is not Role.GOOD or exemplar.held_out:
            continue
        said = [sentence for sentence in sentences(exemplar.text) if not turns(sentence.text)]
        for language in LANGUAGES:
            own = [sentence.source.strip().rstrip(".。;；!！") for sentence in said if sentence.language == language]
            for way, frame in _DENIALS[language].items():
                if own:
                    yield f"{name}, {way}", "\n".join(frame.format(each) for each in own)
