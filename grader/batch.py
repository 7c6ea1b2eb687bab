"""The sentence for many: submissions in, each graded once whatever its number of copies, verdicts out as they come."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections import Counter, OrderedDict, deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from grader.errors import BrokenError, InputError, SubmissionError
from grader.exam.fingerprint import changed, fingerprint
from grader.exam.seeds import derive
from grader.exam.supervisor import WarmExam
from grader.gradebook import Grade
from grader.grading import SEED_BITS, grade, unreadable
from grader.records import BatchRecord, refuse_twins
from grader.report.tables import csv_grades, csv_summary
from grader.score import unread
from grader.submission import Submission, read_submission
from grader.verdict import Status, SubmissionId

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from grader.answers.judge import Judge
    from grader.engine import Engine
    from grader.gradebook import Gradebook
    from grader.plan import Plan
    from grader.question import Question
    from grader.records import BatchFolder, Entry
    from grader.rubric import AnyQuestion
    from grader.verdict import Level, Run, Verdict

WARM = 2
"""Questions kept warm at a time: the present one, and the one before while its last submissions end."""
KEPT_MESSAGE = 200
_NOT_GRADED = {Status.BROKEN, Status.UNGRADED}
"""What is graded again when a batch goes on."""


@dataclass(frozen=True)
class Job:
    """One content to be graded."""

    question: AnyQuestion
    submission: Submission
    seed: int

    @property
    def key(self) -> tuple[str, str]:
        """What makes two submissions the same."""
        return self.question.qualified_id, self.submission.sha256

    def __str__(self) -> str:
        return f"{self.question.qualified_id}, {self.submission.name} (SHA-256 {self.submission.sha256[:12]})"


class Exams:
    """The questions of a batch, each made ready when it is first asked for, the last few kept warm."""

    def __init__(self, level: Level | None = None) -> None:
        self._level = level
        self._lock = threading.Lock()
        self._opening: dict[str, threading.Lock] = {}
        self._exams: OrderedDict[str, WarmExam] = OrderedDict()
        self._users: Counter[str] = Counter()
        self._closed = False

    def execute(self, plan: Plan) -> Run:
        """Run the checks of a plan; may be called by several threads at once.

        Raises:
            GraderError: the question cannot be made ready.
        """
        name = plan.question.qualified_id
        with self._used(name):
            return self._warm(plan.question).execute(plan)

    def close(self) -> None:
        """End everything that is warm."""
        with self._lock:
            self._closed = True
            exams = list(self._exams.values())
        for exam in exams:
            exam.close()

    @contextlib.contextmanager
    def _used(self, name: str) -> Iterator[None]:
        with self._lock:
            self._users[name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._users[name] -= 1
            self._retire()

    def _warm(self, question: Question) -> WarmExam:
        name = question.qualified_id
        with self._lock:
            opening = self._opening.setdefault(name, threading.Lock())
        with opening:
            return self._found(name) or self._opened(question)

    def _found(self, name: str) -> WarmExam | None:
        with self._lock:
            if self._closed:
                raise BrokenError("the batch has been ended")
            if name in self._exams:
                self._exams.move_to_end(name)
            return self._exams.get(name)

    def _opened(self, question: Question) -> WarmExam:
        exam = WarmExam.rehearsed(question, self._level)
        with self._lock:
            self._exams[question.qualified_id] = exam
            late = self._closed
        if late:
            exam.close()
        return exam

    def _retire(self) -> None:
        """Close what has been idle longest, beyond the number that is kept."""
        with self._lock:
            idle = [name for name in self._exams if not self._users[name]]
            surplus = idle[: max(len(self._exams) - WARM, 0)]
            exams = [self._exams.pop(name) for name in surplus]
        for exam in exams:
            exam.close()


class Marker:
    """Grades jobs on this machine, for an engine."""

    def __init__(self, level: Level | None = None, judge: Judge | None = None) -> None:
        self._level = level
        self._judge = judge
        self._exams = Exams(level)

    def do(self, job: Job) -> Verdict:
        """Grade one content; where this machine cannot, the verdict is `broken` and says why.

        Raises:
            IsolationError: the isolation that is demanded cannot be had.
        """
        try:
            return grade(
                job.question,
                job.submission,
                seed=job.seed,
                isolation=self._level,
                exam=self._exams,
                judge=self._judge,
            )
        except BrokenError as error:
            identity = SubmissionId(name=job.submission.name, sha256=job.submission.sha256)
            return unread(job.question, identity, job.seed, str(error), status=Status.BROKEN)

    def close(self) -> None:
        """End everything that is warm."""
        self._exams.close()


@dataclass(frozen=True)
class Entrant:
    """One submission of a batch, and where its content is read from."""

    entry: Entry
    question: AnyQuestion
    path: Path


@dataclass
class Batch:
    """Submissions on their way through an engine into a folder."""

    entrants: Sequence[Entrant]
    folder: BatchFolder
    """In which the batch has begun: seed and isolation stand in its record."""
    resumed: bool = False
    """Whether verdicts that are there already count."""
    judge: Judge | None = None
    _record: BatchRecord = field(init=False)
    _ready: deque[Grade] = field(default_factory=deque)
    _waiting: dict[tuple[str, str], list[Entrant]] = field(default_factory=dict)
    _graded: dict[tuple[str, str], Entrant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._record = self.folder.record()

    def run(self, engine: Engine) -> Generator[Grade, None, None]:
        """Grade every submission; yield each grade after it was written.

        Raises:
            GraderError: nothing can be graded here at all.
        """
        with contextlib.closing(
            engine.run(partial(Marker, self._record.isolation, self.judge), self._jobs())
        ) as results:
            for job, verdict in results:
                yield from self._drain()
                yield from self._settle(job.key, verdict)
        yield from self._drain()

    def _jobs(self) -> Iterator[Job]:
        """Yield what has to be graded, question by question; what need not be is ready at once."""
        for entrant in sorted(self.entrants, key=lambda entrant: entrant.entry.question):
            job = self._read(entrant)
            if job is None:
                continue
            if job.key in self._graded:
                original = self._graded[job.key]
                self._ready.append(self._repeat(entrant, original, self.folder.verdict(original.entry)))
            elif job.key in self._waiting:
                self._waiting[job.key].append(entrant)
            elif (verdict := self._kept(entrant, job)) is not None:
                self._graded[job.key] = entrant
                self._ready.append(_grade(entrant, verdict))
            else:
                self._waiting[job.key] = [entrant]
                yield job

    def _read(self, entrant: Entrant) -> Job | None:
        """Read a submission; what cannot be read has its verdict at once."""
        question = entrant.question
        try:
            submission = read_submission(entrant.path, question.spec, anonymous=True)
        except SubmissionError as error:
            verdict = unreadable(question, entrant.path, self._record.seed, error)
            self.folder.keep(entrant.entry, verdict)
            self._ready.append(_grade(entrant, verdict))
            return None
        return Job(question, submission, derive(self._record.seed, question.qualified_id) % 2**63)

    def _kept(self, entrant: Entrant, job: Job) -> Verdict | None:
        """Return the verdict that an interrupted batch left, if it counts."""
        verdict = self.folder.kept(entrant.entry) if self.resumed else None
        if verdict is None or verdict.status in _NOT_GRADED or verdict.submission.sha256 != job.submission.sha256:
            return None
        return verdict

    def _settle(self, key: tuple[str, str], verdict: Verdict) -> Iterator[Grade]:
        """Write a verdict for everybody who handed in the same; the first is the original."""
        original, *twins = self._waiting.pop(key)
        self._graded[key] = original
        self.folder.keep(original.entry, verdict)
        yield _grade(original, verdict)
        for twin in twins:
            yield self._repeat(twin, original, verdict)

    def _repeat(self, twin: Entrant, original: Entrant, verdict: Verdict) -> Grade:
        self.folder.keep(twin.entry, verdict)
        return _grade(twin, verdict, twin_of=original.entry.candidate)

    def _drain(self) -> Iterator[Grade]:
        while self._ready:
            yield self._ready.popleft()


def _grade(entrant: Entrant, verdict: Verdict, *, twin_of: str | None = None) -> Grade:
    return Grade(entrant.entry.candidate, slim(verdict), entrant.entry.path, twin_of)


def slim(verdict: Verdict) -> Verdict:
    """Return a verdict without its evidence, which stands in its file: a batch holds thousands."""
    checks = tuple(
        check.model_copy(update={"detail": None, "hint": None, "message": check.message[:KEPT_MESSAGE]})
        for check in verdict.checks
    )
    return verdict.model_copy(update={"checks": checks, "output": "", "answer": "", "environment": {}, "suite": {}})


def make_record(
    entrants: Sequence[Entrant],
    source: Path,
    *,
    seed: int | None = None,
    level: Level | None = None,
    assignment: str | None = None,
    judge: Judge | None = None,
) -> BatchRecord:
    """Write down what a batch is asked; its seed is secret and fresh unless given.

    Raises:
        InputError: a candidate handed in twice for one question.
    """
    entries = tuple(entrant.entry for entrant in entrants)
    refuse_twins(entries)
    questions = {entrant.question.qualified_id: entrant.question for entrant in entrants}
    return BatchRecord(
        seed=secrets.randbits(SEED_BITS) if seed is None else seed,
        isolation=level,
        source=os.path.abspath(source),
        assignment=assignment,
        judge=judge.model.identity if judge is not None else "",
        suites={name: fingerprint(question) for name, question in sorted(questions.items())},
        entries=entries,
    )


def resumed(left: BatchRecord, asked: BatchRecord, *, seed: int | None) -> BatchRecord:
    """Return what goes on: the batch that was left, with the submissions that are there now.

    Raises:
        InputError: the questions have changed since, or another seed or model is asked for.
    """
    if left.judge != asked.judge:
        fault = f"the batch was begun with {left.judge or 'no model'} as its judge, not with {asked.judge or 'none'}"
        raise InputError(fault, cure="Name the same one by --judge, or choose another folder")
    if seed is not None and seed != left.seed:
        raise InputError(f"the batch has the seed {left.seed}", cure="Leave out --seed, or choose another folder")
    for name, suite in asked.suites.items():
        files = changed(left.suites.get(name, suite), suite)
        if files:
            raise InputError(
                f"{name}: {', '.join(files)} changed after the batch had begun: the rest would be graded differently",
                cure="Grade into another folder, or bring the old files back",
            )
    return asked.model_copy(update={"seed": left.seed, "suites": left.suites | asked.suites})


def summarize(book: Gradebook, folder: BatchFolder) -> None:
    """Write the tables of a batch: a row for each submission, and a row for each candidate."""
    folder.write("summary.csv", csv_summary(book))
    folder.write("grades.csv", csv_grades(book))
