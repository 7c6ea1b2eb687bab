"""`--watch`: the question stays ready, and whatever is saved is graded and reported anew."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

import click

from grader.errors import GraderError
from grader.exam.supervisor import WarmExam
from grader.grading import SEED_BITS, grade
from grader.question import Question, Visibility
from grader.report.candidate import candidate_report
from grader.report.reader import Audience
from grader.report.since import changes_since
from grader.report.untrusted import one_line
from grader.report.wording import say, score, status_word
from grader.verdict import Status
from grader.watch import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from grader.report.reader import Reader
    from grader.rubric import AnyQuestion
    from grader.verdict import Level, Verdict

RULE = 72
_WITHOUT_CHECKS = {Status.INVALID, Status.UNGRADED, Status.BROKEN}


@dataclass(frozen=True)
class Job:
    """What is graded at every save, how, and how it is told."""

    find: Callable[[], AnyQuestion]
    """Loads the question; again after its files have changed."""
    file: Path
    tell: Callable[[AnyQuestion, Verdict], None]
    reader: Reader
    seed: int | None
    level: Level | None
    only: Visibility | None


def watch(job: Job) -> int:
    """Grade at every save until Ctrl-C, and sum up; return the exit code.

    Raises:
        GraderError: the first grading is not possible. A later one that is not is told, and the next save awaited.
    """
    diary = _Diary(job)
    try:
        with _Desk(job) as desk:
            _grade_every_save(job, desk, diary)
    except KeyboardInterrupt:
        click.echo()  # the terminal wrote ^C
    click.echo(diary.summary())
    return 0


def _grade_every_save(job: Job, desk: _Desk, diary: _Diary) -> None:
    with Watcher(job.file, *desk.places) as watcher:
        diary.enter(desk)
        while True:
            changed = watcher.wait()
            try:
                if desk.stale or changed - {job.file}:
                    diary.say("The question has changed and is made ready anew.")
                    desk.renew()
                diary.enter(desk)
            except (GraderError, OSError) as error:  # OSError: a file that goes while it is read
                click.echo(f"{_rule(job)}\nError: {error}")
                diary.say("Watching {file}; Ctrl-C ends.", file=one_line(job.file.name))


class _Desk:
    """The question, and the exam that was made ready for it."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._exam: WarmExam | None = None
        # one for the whole watch, so that what changes is the submission's doing
        self._seed = secrets.randbits(SEED_BITS) if job.seed is None else job.seed
        self.question = job.find()
        self.stale = False
        """Whether the question has changed to one that cannot be loaded."""

    @property
    def places(self) -> tuple[Path, Path]:
        """The folders that make the question."""
        return self.question.folder, self.question.solutions

    def grade(self) -> Verdict:
        """Grade the submission as it is now."""
        job = self._job
        if self._exam is None and isinstance(self.question, Question):
            self._exam = WarmExam(self.question, job.level, (job.only,) if job.only else tuple(Visibility))
        return grade(self.question, job.file, seed=self._seed, isolation=job.level, only=job.only, exam=self._exam)

    def renew(self) -> None:
        """Load the question anew; the exam is made ready when it is needed."""
        self.close()
        self.stale = True
        self.question = self._job.find()
        self.stale = False

    def close(self) -> None:
        """End the exam."""
        exam, self._exam = self._exam, None
        if exam is not None:
            exam.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


class _Diary:
    """What was graded, and when."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._count = 0
        self._began = datetime.now()
        self._last: Verdict | None = None
        self._compared: tuple[datetime, Verdict] | None = None
        """The last verdict with checks in it, for a file that was half saved has none."""

    def enter(self, desk: _Desk) -> None:
        """Grade and report once."""
        now, started = datetime.now(), time.monotonic()
        verdict = desk.grade()
        took = time.monotonic() - started
        self._count, self._last = self._count + 1, verdict
        self._began = now if self._count == 1 else self._began
        click.echo(_rule(self._job, now))
        self._job.tell(desk.question, verdict)
        self._compare(now, verdict)
        file = one_line(self._job.file.name)
        self.say("Graded in {seconds} s. Watching {file}; Ctrl-C ends.", seconds=f"{took:.2f}", file=file)

    def _compare(self, now: datetime, verdict: Verdict) -> None:
        if verdict.status in _WITHOUT_CHECKS:
            return
        if self._compared is not None:
            then, before = self._compared
            self.say("Since {time}", time=f"{then:%H:%M:%S}")
            click.echo("\n".join(f"  {line}" for line in changes_since(before, verdict, self._job.reader)))
        self._compared = now, verdict

    def say(self, phrase: str, **values: object) -> None:
        """Print a phrase of the table of words."""
        click.echo(say(self._job.reader.language, phrase, **values))

    def summary(self) -> str:
        """Return one line on everything."""
        language = self._job.reader.language
        if self._last is None:
            return say(language, "Nothing was graded.")
        phrase = "Graded {count} times since {time}; the last was {standing}."
        once = "Graded once, at {time}: {standing}."
        standing, begun = self._standing(self._last), f"{self._began:%H:%M:%S}"
        return say(language, once if self._count == 1 else phrase, count=self._count, time=begun, standing=standing)

    def _standing(self, verdict: Verdict) -> str:
        """Say how a verdict came out, with the points where the reader may know them."""
        reader = self._job.reader
        document = verdict if reader.audience is Audience.REVIEWER else candidate_report(verdict, {})
        word = status_word(document.status, reader.language)
        if document.points is None or not document.max_points or document.status in _WITHOUT_CHECKS:
            return word
        return f"{word}, {score(document.points, document.max_points, reader.language)}"


def _rule(job: Job, now: datetime | None = None) -> str:
    """Return the line between one report and the next, with the time of day."""
    return "\n" + f"── {now or datetime.now():%H:%M:%S}  {one_line(job.file.name)} ".ljust(RULE, "─")
