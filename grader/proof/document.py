"""The proof of a question, as it is shown and kept."""

from __future__ import annotations

from pydantic import Field

from grader.question import Frozen

FORMAT = 1


class Sight(Frozen):
    """How one of our own solutions fared."""

    name: str
    role: str
    failing: tuple[str, ...]
    """Checks it did not pass, with their outcome."""
    ratios: dict[str, float] = Field(default_factory=dict)
    """What performance checks measured."""
    seconds: float
    digest: str = ""
    """Of the solution as it was run."""
    luck: float | None = None
    """Of a wrong answer: the share of all seeds that would let it pass, at most, estimated; see `proof.luck`."""


class MutantRecord(Frozen):
    """One mutant, and what noticed it."""

    name: str
    line: int
    before: str
    after: str
    killer: str | None = None


class CheckRecord(Frozen):
    """What one hidden check is good for."""

    name: str
    kills: int
    """Programs it found wrong; it was not asked about all of them."""
    alone: str | None = None
    """A program that nothing else found wrong."""
    contract: str = ""


class Proof(Frozen):
    """Whether a question is sound, and why not."""

    format: int = FORMAT
    id: str
    proven: bool
    quick: bool = False
    faults: tuple[str, ...]
    mutants: dict[str, int] = Field(default_factory=dict)
    """Counts: killed, alive, equivalent (probably), accepted (alive, and the spec says why)."""
    killed: tuple[MutantRecord, ...] = ()
    alive: tuple[MutantRecord, ...] = ()
    equivalent: tuple[MutantRecord, ...] = ()
    accepted: tuple[MutantRecord, ...] = ()
    same: tuple[str, ...] = ()
    """Trivial answers that are as good as the reference, as far as the suite asks."""
    checks: tuple[CheckRecord, ...] = ()
    exhibits: tuple[Sight, ...] = ()
    held_out: dict[str, int] = Field(default_factory=dict)
    """Of a short question: how many exemplars held out come out `right`, and how many `wrong`."""
    coverage: float | None = None
    """Of the reference's branches, by the hidden suite."""
    suite_seconds: float = 0.0
    """What grading the reference takes, once everything is warm."""
    runs: int = 0
    """Under different seeds, of each right solution."""
    digest: str = ""
    core: str = ""
    """Digest of what decides how wrong answers and mutants fare: while it stays, a proof can be renewed."""
    grader: str = ""
    environment: dict[str, str] = Field(default_factory=dict)
    seconds: float = 0.0

    @property
    def score(self) -> float | None:
        """The part of the mutants that was killed, of those that can be told apart and are not accepted."""
        count = self.mutants.get("killed", 0) + self.mutants.get("alive", 0)
        return self.mutants["killed"] / count if count else None
