"""The examiner's desk: what the fixtures of a suite take from, for one question and one submission."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from grader.bank import find_solution
from grader.errors import IsolationError
from grader.exam.candidate import Candidate, Source
from grader.exam.mirror import Mirror
from grader.exam.outsider import Outsider
from grader.exam.solution import LocalRespondent, Solution
from grader.sandbox.host import Template, Wants
from grader.submission import Submission, Unit
from grader.verdict import Level

if TYPE_CHECKING:
    from collections.abc import Callable

    from grader.question import Question
    from grader.verdict import PerformanceResult


T = TypeVar("T")


@dataclass
class Desk:
    """One question, one submission, and the processes between them."""

    question: Question
    submission: Submission
    seed: int
    template: Template
    candidate: Candidate
    solution: Solution
    measured: list[PerformanceResult] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What the candidate should know of how it was measured."""
    _reference: Solution | None = None
    _outsider: Outsider | None = None

    @property
    def reference(self) -> Solution:
        """The reference, loaded at first use: into this process, or if it is foreign into a guest of its own."""
        if self._reference is None:
            if self.question.spec.source.foreign:
                self._outsider = Outsider(self.template, self._own("reference"), self.question.spec.limits)
                self._outsider.begin(self.seed)
                self._reference = Solution(self._outsider)
            else:
                source = self.question.reference.read_text(encoding="utf-8")
                self._reference = Solution(LocalRespondent("reference", source))
        return self._reference

    def begin(self, seed: int, *, allowed: float | None = None) -> None:
        """Begin a check: its own seed, its own share of the wall clock, in every guest there is."""
        self.candidate.begin(seed, allowed=allowed)
        if self._outsider is not None:
            self._outsider.begin(seed, allowed=allowed)

    def close(self) -> None:
        """End every guest."""
        self.candidate.close()
        if self._outsider is not None:
            self._outsider.close()

    def opponent(self, name: str) -> Candidate:
        """Return one of our own solutions in a guest of its own, of the same template."""
        return Candidate(self.template, self._own(name), self.question.spec.limits)

    def _own(self, name: str) -> Source:
        path = find_solution(self.question, name)
        own = Submission(path.name, "", (Unit(path.name, path.read_text(encoding="utf-8")),))
        return source_of(self.question, own)


def lay_desk(
    question: Question, submission: Submission, seed: int, template: Template, mirror: Submission | None = None
) -> Desk:
    """Put together what one grading needs; no guest is started yet."""
    source, limits = source_of(question, submission), question.spec.limits
    candidate = (
        Candidate(template, source, limits)
        if mirror is None
        else Mirror(template, source, source_of(question, mirror), limits)
    )
    return Desk(question, submission, seed, template, candidate, Solution(candidate))


def wants(question: Question, level: Level) -> Wants:
    """Return what a template for this question must have."""
    environment, forbidden = question.spec.environment, question.spec.forbidden
    return Wants(environment.packages, environment.threads, forbidden.calls, environment.device, level)


def source_of(question: Question, submission: Submission) -> Source:
    """Return a submission as it is loaded into a guest."""
    return Source(submission.units, submission.files, tuple(question.spec.submission.exports))


def ready_template(question: Question, level: Level) -> Template:
    """Return a template that has imported what the question needs.

    Raises:
        IsolationError: this level cannot be had here.
    """
    return warm_template(wants(question, level))


def warm_template(wanted: Wants) -> Template:
    """Return a template that is ready.

    Raises:
        IsolationError: its level cannot be had here.
    """
    template = Template(wanted)
    try:
        template.wait()
    except BaseException:
        template.close()
        raise
    return template


def at_strongest(level: Level | None, start: Callable[[Level], T]) -> tuple[T, tuple[str, ...]]:
    """Start something at `level`, or at the strongest that can be had; say in notes if that is not full.

    Raises:
        IsolationError: it cannot be had; with every reason.
    """
    faults: list[str] = []
    for choice in (level,) if level is not None else (Level.FULL, Level.RESTRICTED):
        try:
            return start(choice), tuple(f"isolation is restricted, not full: {fault}" for fault in faults)
        except IsolationError as error:
            faults.append(str(error))
    raise IsolationError(" ".join(faults))
