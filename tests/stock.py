"""Questions that are nowhere, and assessments that ask for them."""

from __future__ import annotations

import random
from typing import Any

from grader.proof.ledger import State
from grader.takehome.assessment import Assessment
from grader.takehome.stock import DIFFICULTIES, Stocked

PLAIN: dict[str, Any] = {
    "format": 1,
    "id": "sample",
    "title": {"en": "A sample", "zh": "示例"},
    "window": {"opens": "2026-12-01T09:00:00+01:00", "closes": "2026-12-14T18:00:00+01:00"},
    "duration": "6h",
    "ai": {"use": "disclosed"},
}


def question(name: str, **facts: Any) -> Stocked:
    """A question by its qualified id: proven, of medium difficulty, 20 minutes, 10 points, on a topic of its own."""
    family, _, own = name.partition("/")
    facts = {"topic": own, "difficulty": "medium", "kind": "code", "minutes": 20, "points": 10.0, **facts}
    return Stocked(name, family, state=facts.pop("state", State.PROVEN), proof="0" * 64, **facts)


def stock(count: int, families: int = 6, seed: int = 1) -> list[Stocked]:
    """So many proven questions, in turns of each family, of any difficulty, 5 to 34 minutes, 5 to 19 points."""
    draw = random.Random(seed)
    return [
        question(
            f"family-{index % families}/question-{index}",
            difficulty=draw.choice(DIFFICULTIES),
            minutes=draw.randrange(5, 35),
            points=float(draw.randrange(5, 20)),
        )
        for index in range(count)
    ]


def assessment(**more: Any) -> Assessment:
    """An assessment without a fault, but for what is given."""
    return Assessment.model_validate({**PLAIN, **more})


def blueprint(*parts: dict[str, Any], **more: Any) -> Assessment:
    """An assessment that asks for parts."""
    return assessment(blueprint={"parts": parts, **more})
