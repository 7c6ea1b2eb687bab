"""Where a question is put to the test: whatever answers it is run like a submission, several at once."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar

from grader.exam.seeds import derive
from grader.exam.supervisor import WarmExam
from grader.grading import refuse
from grader.plan import Plan
from grader.policy import violations
from grader.question import Visibility
from grader.submission import Submission, Unit, read_submission
from grader.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from grader.question import Check, Question
    from grader.verdict import Level, RawResult, Run

Step = Callable[[str, int, int], None]
"""Told of progress: which gate, how many done, of how many."""
T = TypeVar("T")
R = TypeVar("R")

_NO_VERDICT = {Outcome.PASSED, Outcome.NOT_RUN}
PATIENCE = 10.0
"""A wrong program may take so many times what the right ones took, before it is stopped."""
LEAST_CHECK, LEAST_WALL = 2.0, 6.0
"""Seconds it may take in any case, in one check and in all."""


@dataclass(frozen=True)
class Trial:
    """How one program fared in one run."""

    submission: Submission
    seed: int
    run: Run
    defined: bool
    """Whether it defines any of the names asked for."""

    @property
    def program(self) -> str:
        """What it is called."""
        return self.submission.name

    @property
    def failing(self) -> tuple[RawResult, ...]:
        """What did not pass, in the order of running."""
        return tuple(result for result in self.run.results if result.outcome not in _NO_VERDICT)

    @property
    def fault(self) -> str:
        """What of ours failed, if anything."""
        if self.run.broken:
            return self.run.broken
        broken = (result for result in self.failing if result.outcome is Outcome.BROKEN and self.defined)
        return next((f"{result.name}: {result.message}" for result in broken), "")

    @property
    def killers(self) -> tuple[str, ...]:
        """The hidden checks that found it wrong."""
        return tuple(
            result.name
            for result in self.failing
            if result.visibility is Visibility.HIDDEN and (result.outcome is not Outcome.BROKEN or not self.defined)
        )


class Workbench:
    """One question made ready, and a few threads that each wait for an examiner."""

    def __init__(
        self,
        question: Question,
        *,
        seed: int,
        level: Level | None = None,
        jobs: int | None = None,
        step: Step | None = None,
    ) -> None:
        self.question = question
        self._seed = seed
        self._step = step
        self._exam = WarmExam.rehearsed(question, level)
        self._threads = ThreadPoolExecutor(jobs or os.cpu_count() or 1, thread_name_prefix="bench")

    @property
    def ordinary(self) -> tuple[Check, ...]:
        """All checks but those of performance, which want the machine for themselves."""
        return tuple(check for check in self.question.checks if check.performance is None)

    @property
    def hidden(self) -> tuple[Check, ...]:
        """The hidden ones among the ordinary checks."""
        return tuple(check for check in self.ordinary if check.visibility is Visibility.HIDDEN)

    @cached_property
    def reference(self) -> Submission:
        """The reference, as it would be handed in."""
        return self.read(self.question.reference)

    def read(self, path: Path) -> Submission:
        """Read one of our own solutions like a submission."""
        return read_submission(path, self.question.spec)

    def run(
        self,
        program: Submission,
        checks: Sequence[Check],
        number: int = 0,
        *,
        max_failures: int | None = None,
        mirror: Submission | None = None,
        trace: bool = False,
    ) -> Trial:
        """Run checks on a program; the number makes the seed: examples drawn once serve all programs and gates."""
        seed = derive(self._seed, self.question.qualified_id, str(number)) % 2**63
        found = violations(program, self.question.spec.forbidden)
        plan = Plan(
            self.question, program, seed, tuple(checks), found, max_failures=max_failures, mirror=mirror, trace=trace
        )
        run = refuse(plan) if found else self._exam.execute(plan)
        return Trial(program, seed, run, len(run.undefined) < len(self.question.spec.submission.exports))

    def sample(self, items: Sequence[T], at_most: int | None) -> list[T]:
        """Return the items, or so many of them in their order: each seed draws others."""
        if at_most is None or len(items) <= at_most:
            return list(items)
        drawn = random.Random(self._seed).sample(range(len(items)), at_most)
        return [items[index] for index in sorted(drawn)]

    def each(self, gate: str, items: Sequence[T], work: Callable[[T], R]) -> Iterator[R]:
        """Do the same with each item, several at once; results come in the order of the items."""
        for done, result in enumerate(self._threads.map(work, items), start=1):
            self.tell(gate, done, len(items))
            yield result

    def tell(self, gate: str, done: int, total: int) -> None:
        """Report progress."""
        if self._step is not None:
            self._step(gate, done, total)

    def tighten(self, right: Sequence[Trial]) -> None:
        """From now on stop what takes many times as long as the right solutions did: most likely it never ends."""
        limits = self.question.spec.limits
        wall = max(trial.run.usage.wall for trial in right)
        check = max(result.seconds for trial in right for result in trial.run.results)
        tight = limits.model_copy(
            update={
                "wall": min(limits.wall, max(LEAST_WALL, PATIENCE * wall)),
                "check": min(limits.check_wall, max(LEAST_CHECK, PATIENCE * check)),
            }
        )
        spec = self.question.spec.model_copy(update={"limits": tight})
        self.question = dataclasses.replace(self.question, spec=spec)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._exam.close()


def made(name: str, source: str) -> Submission:
    """Return a program that lies in no file."""
    return Submission(name, hashlib.sha256(source.encode()).hexdigest(), (Unit(f"{name}.py", source),))
