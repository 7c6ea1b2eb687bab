"""What is known of a draft: its stages, what each cost, and how it ended."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from grader.draft.brief import Brief
from grader.question import Frozen

FORMAT = 1


class Ending(StrEnum):
    """How a draft ended."""

    PROVEN = "proven"
    REFUSED = "refused"


class StageRecord(Frozen):
    """One step on the way."""

    name: str
    outcome: Literal["passed", "refused"]
    note: str = ""
    """What came of it, or why it was refused."""
    kept: int = 0
    """Of what the stage looked at: solutions that agree, programs that are wrong, checks that earn their place."""
    offered: int = 0
    tokens: int = 0
    """Generated for it; what the cache knew costs nothing."""
    seconds: float = 0.0


class Likeness(Frozen):
    """A question of the bank that a draft resembles."""

    id: str
    share: float
    """Of the draft's phrases that the other has too, 0 to 1."""


class Nearness(Frozen):
    """A question of the bank that means something near to a draft, by a model's embeddings."""

    id: str
    cosine: float


class Attempts(Frozen):
    """How the same model fared as a candidate."""

    tried: int
    solved: int

    @property
    def difficulty(self) -> str:
        """As in published pipelines: more than two thirds is easy, less than a third hard; none says nothing."""
        if not self.solved:
            return "unknown: no attempt was right"
        share = self.solved / self.tried
        return "easy" if share > 2 / 3 else "medium" if share >= 1 / 3 else "hard"


class Draft(Frozen):
    """The content of one `draft.json`."""

    format: int = FORMAT
    id: str
    family: str
    brief: Brief
    model: str
    template: str | None = None
    ending: Ending
    stage: str
    """Where it ended."""
    reason: str = ""
    faults: tuple[str, ...] = ()
    """What the proof objected to last."""
    stages: tuple[StageRecord, ...]
    rounds: int = 0
    """Repairs that were tried."""
    filled: dict[str, Any] = Field(default_factory=dict)
    """The slots of a template, or the plan."""
    defaults: tuple[str, ...] = ()
    """Slots that are the template's own, for the model filled in nothing that could be used."""
    likeness: tuple[Likeness, ...] = ()
    nearness: tuple[Nearness, ...] = ()
    attempts: Attempts | None = None
    tokens: int = 0
    seconds: float = 0.0
    seed: int = 0


class Acceptance(Frozen):
    """The content of one `acceptance.json`: who moves a draft into the bank leaves it in the draft's folder."""

    format: int = FORMAT
    time: str
    question: str
    forced: bool
    reason: str
    """Why it was taken although it is not proven; empty where it is."""
    digest: str
    """Of the question as it was taken."""
    faults: tuple[str, ...] = ()
