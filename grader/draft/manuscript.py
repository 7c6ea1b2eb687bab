"""A question before it is in a folder, and who wrote its programs."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from grader.draft.brief import Brief
    from grader.draft.words import Line

LONGEST_ID = 48


@dataclass(frozen=True)
class Manuscript:
    """Everything a question's two folders hold."""

    spec: Mapping[str, Any]
    files: Mapping[str, str]
    """Text of every file but the spec, by its path below `bank/` and `solutions/`."""
    ours: bool
    """Whether its programs are our own; those of a model never enter the examiner."""
    filled: Mapping[str, Any] = field(default_factory=dict)
    """What a model said of it, for the record."""
    defaults: tuple[str, ...] = ()
    """Slots that are the template's own."""
    material: object = None
    """What its writer mends it with."""


def id_of(topic: str) -> str:
    """Return the id a topic leads to; of a topic without a Latin letter, one by its digest."""
    words = "-".join(re.findall(r"[a-z0-9]+", topic.lower()))
    short = words if len(words) <= LONGEST_ID else words[: LONGEST_ID + 1].rpartition("-")[0] or words[:LONGEST_ID]
    return short or f"draft-{hashlib.sha256(topic.encode()).hexdigest()[:8]}"


def make_spec(
    brief: Brief,
    name: str,
    *,
    title: Line,
    chinese: Line,
    exports: Mapping[str, str],
    packages: tuple[str, ...],
    skills: tuple[str, ...],
    minutes: int,
) -> dict[str, Any]:
    """Return the content of a draft's `question.yaml`."""
    large = bool(packages)
    return {
        "format": 1,
        "id": name,
        "title": {"en": title, "zh": chinese},
        "family": brief.family,
        "difficulty": brief.difficulty,
        "minutes": minutes,
        "skills": list(skills),
        "kind": "code",
        "submission": {"file": "solution.py", "exports": dict(exports)},
        "environment": {"packages": list(packages), "device": "cpu", "threads": 1},
        "limits": {
            "wall": "30s",
            "cpu": "30s",
            "memory": "2GiB" if large else "512MiB",
            "processes": 32,
            "output": "64KiB",
            "disk": "16MiB",
        },
        "forbidden": {"imports": [], "calls": []},
        "feedback": "category",
        "source": {"topic": name},
    }
