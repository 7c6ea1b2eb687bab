"""An assessment graded again after a question was repaired: what would change, and then what did, with its reason."""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.batch import Batch
from grader.changes import Change, compare
from grader.errors import BrokenError
from grader.exam.fingerprint import changed, fingerprint
from grader.records import BatchFolder
from grader.report import Audience
from grader.takehome.desk.chain import Event
from grader.takehome.desk.marking import entrants_of, grading_row, record_of, suite_of
from grader.takehome.desk.publication import report_file
from grader.takehome.desk.tables import RegradingRow
from grader.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from grader.engine import Engine
    from grader.gradebook import Grade
    from grader.takehome.desk.desk import Desk
    from grader.takehome.desk.marking import Answer

DRAFT = "regrade"
REGRADED = "regraded"


@dataclass(frozen=True)
class Regraded:
    """An answer with its new verdict, and what differs."""

    answer: Answer
    before: Verdict
    after: Verdict

    @property
    def change(self) -> Change:
        """What its candidate would notice."""
        return compare(self.answer.invited.label, self.before, self.after)

    @property
    def files(self) -> tuple[str, ...]:
        """The question's files that changed between the two."""
        return changed(self.before.suite, fingerprint(self.answer.question))


def outdated(answers: Iterable[Answer]) -> list[Answer]:
    """Return the answers that were graded by a question that has changed since."""
    return [each for each in answers if each.before is not None and each.before.suite != suite_of(each.question)]


def regrade(desk: Desk, answers: Sequence[Answer], engine: Engine, step: Callable[[Grade], None]) -> list[Regraded]:
    """Grade answers by their questions as they are now, beside what is on record; nothing of that is touched.

    Raises:
        BrokenError: some of them could not be graded here.
    """
    draft = BatchFolder(desk.results / DRAFT)
    shutil.rmtree(draft.root, ignore_errors=True)
    draft.begin(record_of(desk, answers))
    broken = []
    with contextlib.closing(Batch(entrants_of(desk, answers), draft).run(engine)) as run:
        for grade in run:
            broken += [] if grade.graded else [f"{grade.candidate}, {grade.verdict.question}: {grade.verdict.message}"]
            step(grade)
    found = [Regraded(each, _before(each), draft.verdict(each.entry)) for each in answers]
    shutil.rmtree(draft.root)
    if broken:
        raise BrokenError(f"{len(broken)} answers could not be graded again: {broken[0]}")
    return found


def _before(answer: Answer) -> Verdict:
    assert answer.before is not None, "only what has a verdict is graded again"
    return Verdict.model_validate_json(answer.before.verdict)


def files_of(regraded: Iterable[Regraded]) -> dict[str, tuple[str, ...]]:
    """Return the files that changed, by question."""
    return {each.answer.question.qualified_id: each.files for each in regraded}


def apply(desk: Desk, regraded: Sequence[Regraded], reason: str) -> None:
    """Put the new verdicts on record; the old ones stay there, as what was before."""
    folder = BatchFolder(desk.results)
    with desk.register() as register:
        row = RegradingRow(
            assessment_id=register.row.id,
            recorded=register.now(),
            by=desk.by,
            reason=reason,
            files=json.dumps(files_of(regraded), sort_keys=True),
        )
        register.record(Event(REGRADED, desk.by), row)
        gradings = [grading_row(register, each.answer, each.after, row.id) for each in regraded]
        register.record(Event(REGRADED, desk.by, ", ".join(sorted(files_of(regraded)))), *gradings)
    for each in regraded:
        folder.keep(each.answer.entry, each.after)


def to_reissue(desk: Desk, regraded: Iterable[Regraded]) -> list[str]:
    """Return whose feedback was written before, and says something else now."""
    labels = {each.answer.invited.label for each in regraded if each.change.marks}
    return sorted(label for label in labels if report_file(desk, Audience.CANDIDATE, label).exists())
