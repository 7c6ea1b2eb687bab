"""What a draft went through: each stage with what came of it, and the refusal that ends it."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.draft.record import StageRecord
from grader.errors import BankError
from grader.models.model import ModelError
from grader.report.untrusted import neutral

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from grader.models.conversation import Conversation

    Heard = Callable[[str], None]


class RefusalError(Exception):
    """A draft is refused at a stage, for a reason that a person can act on."""

    def __init__(self, reason: str, *, faults: tuple[str, ...] = ()) -> None:
        self.faults = faults
        super().__init__(reason)


@dataclass
class Note:
    """What a stage says of itself while it runs."""

    text: str = ""
    kept: int = 0
    offered: int = 0


@dataclass
class Journal:
    """The stages of one draft, in the order in which they ended."""

    conversation: Conversation
    heard: Heard
    """Told when a stage begins."""
    stages: list[StageRecord] = field(default_factory=list)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[Note]:
        """Go through one stage; whatever refuses the draft in it is written down.

        Raises:
            RefusalError: the model gives no answer, there is no question in what it said, or the stage refuses.
        """
        self.heard(name)
        note, started, spent = Note(), time.monotonic(), self.conversation.spent
        refusal: RefusalError | None = None
        try:
            yield note
        except RefusalError as error:
            refusal = RefusalError(neutral(str(error)), faults=tuple(map(neutral, error.faults)))
        except (ModelError, BankError) as error:
            refusal = RefusalError(neutral(str(error)))
        self.stages.append(
            StageRecord(
                name=name,
                outcome="refused" if refusal else "passed",
                note=str(refusal) if refusal else neutral(note.text),
                kept=note.kept,
                offered=note.offered,
                tokens=self.conversation.spent - spent,
                seconds=round(time.monotonic() - started, 2),
            )
        )
        if refusal:
            raise refusal
