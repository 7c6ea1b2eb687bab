"""The proof of a question that is answered in words; see `trial` for one that asks for code."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from grader import __version__
from grader.bank import IMAGES, images, statement
from grader.proof.document import Proof
from grader.proof.exemplars import (
    Readings,
    adversary_faults,
    exemplar_faults,
    key_point_faults,
    rule_faults,
    statement_faults,
    try_rules,
)
from grader.proof.ledger import digest_of, environment_of
from grader.proof.options import form_faults, option_faults
from grader.question import LANGUAGES
from grader.rubric import ChoiceSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.question import Language
    from grader.rubric import ConceptQuestion, ShortSpec


MAX_IMAGE = 512 * 2**10
_PICTURE = re.compile(rf"!\[[^\]\n]*\]\({IMAGES}/([^)\s]+)\)")


def try_concept(question: ConceptQuestion) -> Proof:
    """Decide whether a choice or a short question is sound. Nothing in it is drawn: once is enough."""
    started = time.monotonic()
    spec = question.spec
    seen = _try_choice(question, spec) if isinstance(spec, ChoiceSpec) else _try_short(question, spec)
    return Proof(
        id=question.qualified_id,
        proven=not seen["faults"],
        **seen,
        digest=digest_of(question),
        grader=__version__,
        environment=environment_of(question),
        runs=1,
        seconds=round(time.monotonic() - started, 1),
    )


def _try_choice(question: ConceptQuestion, spec: ChoiceSpec) -> dict[str, Any]:
    return {"faults": (*_page_faults(question), *option_faults(question, spec), *form_faults(question, spec))}


def _try_short(question: ConceptQuestion, spec: ShortSpec) -> dict[str, Any]:
    seen = Readings.of(question, spec)
    killed, alive = try_rules(seen)
    faults = (
        *_page_faults(question),
        *statement_faults(question, spec),
        *exemplar_faults(seen),
        *key_point_faults(seen),
        *adversary_faults(seen),
        *rule_faults(killed, alive),
    )
    return {
        "faults": faults,
        "mutants": {"killed": len(killed), "alive": len(alive), "equivalent": 0, "accepted": 0},
        "killed": killed,
        "alive": alive,
        "checks": seen.records(),
        "exhibits": seen.sights(),
        "held_out": seen.held_out(),
    }


def _page_faults(question: ConceptQuestion) -> Iterator[str]:
    """Yield what is wrong with what a candidate sees, in either language: a title or a picture that is not there."""
    if not question.spec.title.zh:
        yield "statement: the title is missing in 'zh'"
    there = {path.name: path.stat().st_size for path in images(question)}
    for language in LANGUAGES:
        shown = set(_PICTURE.findall("\n".join(_pages(question, language))))
        for name in sorted(shown - there.keys()):
            yield f"statement: {IMAGES}/{name} is shown in {language!r}, and there is no such picture"
        for name in sorted(there.keys() - shown):
            yield f"statement: {IMAGES}/{name} is not shown in {language!r}; show it, or take it out"
    for name, size in there.items():
        if size > MAX_IMAGE:
            yield f"statement: {IMAGES}/{name} is larger than {MAX_IMAGE // 2**10} KiB"


def _pages(question: ConceptQuestion, language: Language) -> Iterator[str]:
    yield statement(question, language)
    if isinstance(question.spec, ChoiceSpec):
        yield from (option.text.in_language(language) for option in question.spec.options.values())
