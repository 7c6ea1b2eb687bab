"""The proof of a question that is answered in words; see `trial` for one that asks for code."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from grader import __version__
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
from grader.rubric import ChoiceSpec

if TYPE_CHECKING:
    from grader.rubric import ConceptQuestion, ShortSpec


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
    return {"faults": (*_title_faults(question), *option_faults(question, spec), *form_faults(question, spec))}


def _try_short(question: ConceptQuestion, spec: ShortSpec) -> dict[str, Any]:
    seen = Readings.of(question, spec)
    killed, alive = try_rules(seen)
    faults = (
        *_title_faults(question),
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


def _title_faults(question: ConceptQuestion) -> tuple[str, ...]:
    return () if question.spec.title.zh else ("statement: the title is missing in 'zh'",)
