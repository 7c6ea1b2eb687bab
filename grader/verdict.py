"""What came out: outcomes, check results, the run they come from, and the verdict. Its dump is the JSON report."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from grader.question import Feedback, Frozen, Quantity, Text, Visibility


class Outcome(StrEnum):
    """What became of one check."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT = "output"
    PROCESSES = "processes"
    DESCRIPTORS = "descriptors"
    CRASHED = "crashed"
    SLOW = "slow"
    HEAVY = "heavy"
    FORBIDDEN = "forbidden"
    NOT_MET = "not-met"
    CONTRADICTED = "contradicted"
    UNDECIDED = "undecided"
    NOT_RUN = "not-run"
    BROKEN = "broken"

    @property
    def sentence(self) -> str:
        """The outcome in words, for a person."""
        return _SENTENCES[self]

    @property
    def known(self) -> bool:
        """Whether it says something of the submission: neither a fault of ours, nor waiting for a person."""
        return self not in {Outcome.BROKEN, Outcome.UNDECIDED}


_SENTENCES = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "gave a wrong result",
    Outcome.ERROR: "raised an exception",
    Outcome.TIMEOUT: "took too long",
    Outcome.MEMORY: "used too much memory",
    Outcome.OUTPUT: "printed or wrote too much",
    Outcome.PROCESSES: "started too many processes or threads",
    Outcome.DESCRIPTORS: "opened too many files at once",
    Outcome.CRASHED: "ended its own process",
    Outcome.SLOW: "is right, but too slow",
    Outcome.HEAVY: "is right, but needs too much memory",
    Outcome.FORBIDDEN: "uses what the question forbids",
    Outcome.NOT_MET: "is not what the answer says",
    Outcome.CONTRADICTED: "is contradicted by the answer",
    Outcome.UNDECIDED: "waits for a person to decide",
    Outcome.NOT_RUN: "was not run, because the limits were used up before",
    Outcome.BROKEN: "could not be graded: a fault of the grader or the suite, not of the submission",
}


class Status(StrEnum):
    """What became of one submission."""

    ACCEPTED = "accepted"
    PARTIAL = "partial"
    REJECTED = "rejected"
    PROVISIONAL = "provisional"
    """Something of it waits for a person; its points are no mark."""
    INVALID = "invalid"
    UNGRADED = "ungraded"
    BROKEN = "broken"


class Level(StrEnum):
    """How strongly the guest was isolated."""

    FULL = "full"
    RESTRICTED = "restricted"
    BASIC = "basic"


class SourceLine(Frozen):
    """One line of the submission on the way to an exception, outermost first."""

    file: str
    line: int
    function: str
    text: str = ""


class Stance(StrEnum):
    """How a model says that an answer stands to a key point."""

    MET = "met"
    CONTRADICTED = "contradicted"
    NOT_MET = "not met"
    UNCLEAR = "unclear"


class Opinion(Frozen):
    """What a model said of one key point, one time that it was asked."""

    stance: Stance
    """What counts: `unclear` where the quote does not bear what was said."""
    quote: str = ""
    """As the model gave it; it stands in the answer, unless `fault` says otherwise."""
    fault: str = ""
    """Why what was said does not count."""


class Decision(Frozen):
    """What a person decided on one key point."""

    met: bool
    by: str
    reason: str
    time: str
    """UTC, as in `2026-05-04T12:00:00Z`."""


class Detail(Frozen):
    """The evidence behind a check that did not pass, or that somebody else than the rules decided.

    Every field is optional; all of it is for a reviewer, and for the candidate only where the check is public.
    """

    call: str | None = None
    """What was called, e.g. `masked_mean(h=tensor(2, 3, 4), mask=...)`."""
    expected: str | None = None
    actual: str | None = None
    difference: str | None = None
    """Where the two first differ: type, shape, dtype, index, by how much."""
    example: str | None = None
    """Hypothesis's falsifying example."""
    exception: str | None = None
    """`TypeName: message` of what the submission raised."""
    traceback: tuple[SourceLine, ...] = ()
    """The candidate's own lines only."""
    opinions: tuple[Opinion, ...] = ()
    """A model's, of a key point that the rules left open."""
    passage: str | None = None
    """What of an answer settles no key point; where a key point waits, it is looked for there."""
    decision: Decision | None = None


class CheckResult(Frozen):
    """What became of one check, with the points it earned."""

    name: str
    group: Text
    visibility: Visibility
    outcome: Outcome
    points: float
    max_points: float
    message: str = ""
    hint: Text | None = None
    seconds: float = 0.0
    detail: Detail | None = None


class PerformanceResult(Frozen):
    """A measured ratio of the submission's time, or peak memory, to that of one of our solutions."""

    name: str
    quantity: Quantity = Quantity.TIME
    ratio: float
    low: float
    high: float
    limit: float
    pairs: int
    against: str
    decided: bool = True
    """False where it could not be told from the limit, or a restless machine forbade it: counted for the candidate."""
    ratios: tuple[float, ...] = ()
    """The ratio of each pair, in the order of measuring; `ratio` is their median."""


class Isolation(Frozen):
    """What stood between the submission and the machine, each layer proven by trying the forbidden thing."""

    level: Level
    layers: tuple[str, ...]
    missing: dict[str, str] = Field(default_factory=dict)
    """Layer to the reason it is not there."""


class Usage(Frozen):
    """What the submission used, beside what it may use."""

    wall: float = 0.0
    wall_limit: float = 0.0
    cpu: float = 0.0
    cpu_limit: float = 0.0
    memory: int = 0
    """Peak bytes of the whole process tree."""
    memory_limit: int = 0
    guests: int = 0
    """Guest processes started; more than one means that earlier ones ended early."""


class SubmissionId(Frozen):
    """Which submission it was."""

    name: str
    sha256: str


@dataclass(frozen=True)
class RawResult:
    """What the examiner saw of one check, before points."""

    name: str
    visibility: Visibility
    outcome: Outcome
    message: str = ""
    seconds: float = 0.0
    detail: Detail | None = None
    waited: float = 0.0
    """Of these seconds, those spent on the submission."""
    tried: int = 0
    """Examples of a property on which it was run: the last of them failed, if it failed."""
    drawn: int = 0
    """Examples that were drawn for it; none for a check that draws none, or lets Hypothesis choose while it runs."""


@dataclass(frozen=True)
class Coverage:
    """Which branches of the reference a suite runs."""

    branches: int
    covered: int
    missing_lines: tuple[int, ...]
    missing_branches: tuple[tuple[int, int], ...]
    """From line, to line; 0 is the end of the function."""


@dataclass(frozen=True)
class Run:
    """What happened in the examiner: facts, no points."""

    results: tuple[RawResult, ...]
    performance: tuple[PerformanceResult, ...] = ()
    isolation: Isolation | None = None
    usage: Usage = field(default_factory=Usage)
    output: str = ""
    """The first bytes the submission printed."""
    notes: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    """Python and package versions of the guest."""
    undefined: tuple[str, ...] = ()
    """Exports the submission does not define."""
    names: tuple[str, ...] = ()
    """What it defines instead."""
    seconds: float = 0.0
    coverage: Coverage | None = None
    """Of the reference, where the plan asked for it."""
    broken: str = ""
    """Why the grader could not do its work, if it could not."""


class Verdict(Frozen):
    """What became of one submission. `model_dump(mode="json")` is the documented JSON report, format 1."""

    format: Literal[1] = 1
    question: str
    variant_of: str = ""
    """Qualified id of the question that it is a variant of; empty for most."""
    title: Text
    submission: SubmissionId
    status: Status
    points: float
    max_points: float
    message: str = ""
    """Why there is nothing to grade, for `invalid`, `ungraded` and `broken`; what a `provisional` one waits for."""
    location: SourceLine | None = None
    """Where the submission cannot be read: the line of a syntax error."""
    column: int | None = None
    checks: tuple[CheckResult, ...] = ()
    performance: tuple[PerformanceResult, ...] = ()
    notes: tuple[str, ...] = ()
    """What the candidate should know that is no failure: a magic line left out, a warning."""
    output: str = ""
    answer: str = ""
    """The answer in words, for whoever has to decide on it; only of what is, or was, provisional."""
    judge: str = ""
    """The model that was asked, if one was."""
    usage: Usage = Usage()
    seed: int
    isolation: Isolation | None = None
    grader: str
    environment: dict[str, str] = Field(default_factory=dict)
    """Python and package versions."""
    suite: dict[str, str] = Field(default_factory=dict)
    """SHA-256 of the question's files that decide, by name; the verdict is repeated only with the same ones."""
    feedback: Feedback = Feedback.CATEGORY
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return self.model_dump(mode="json")
