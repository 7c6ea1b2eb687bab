"""What a form can be chosen from: the questions of a bank, reduced to what a blueprint asks about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from grader.proof.ledger import State, read_proof, state_of

if TYPE_CHECKING:
    from grader.bank import Bank
    from grader.rubric import AnyQuestion

Difficulty = Literal["easy", "medium", "hard"]
DIFFICULTIES: tuple[Difficulty, ...] = ("easy", "medium", "hard")


@dataclass(frozen=True)
class Stocked:
    """One question, as far as a blueprint asks about it."""

    id: str
    """Qualified id."""
    family: str
    topic: str
    difficulty: Difficulty
    kind: str
    minutes: int
    points: float
    """Of all its checks."""
    state: State
    proof: str = ""
    """Digest of what was proven."""
    public: bool = False
    """Whether anyone can read its hidden suite."""

    @property
    def proven(self) -> bool:
        """Whether it may be handed out."""
        return self.state is State.PROVEN


def stock_of(bank: Bank) -> tuple[Stocked, ...]:
    """Return every question of a bank that can be loaded, in the order of the ids."""
    return tuple(_stocked(question, public=bank.is_public(question)) for question in bank.questions)


def _stocked(question: AnyQuestion, *, public: bool) -> Stocked:
    spec, proof = question.spec, read_proof(question)
    return Stocked(
        question.qualified_id, spec.family, spec.source.topic, spec.difficulty, spec.kind, spec.minutes,
        question.max_points, state_of(question), proof.digest if proof else "", public,
    )  # fmt: skip
