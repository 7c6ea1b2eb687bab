"""A batch graded again after a suite was repaired: what would change, and then what did, with the reason kept."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

from grader import __version__
from grader.batch import Batch, Entrant, make_record, summarize
from grader.changes import Change, compare
from grader.errors import InputError
from grader.exam.fingerprint import changed
from grader.gradebook import Gradebook
from grader.records import BatchFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from grader.answers.judge import Judge
    from grader.bank import Bank
    from grader.engine import Engine
    from grader.gradebook import Grade
    from grader.records import BatchRecord, Entry

DRAFT = "regrade"


class Regrading:
    """New verdicts on the submissions of a batch, beside the old ones until they are applied."""

    def __init__(self, folder: BatchFolder, entrants: Sequence[Entrant], judge: Judge | None = None) -> None:
        """Prepare to grade again; what an interrupted regrading by the same suites left counts."""
        self.folder = folder
        self.before = folder.record()
        self.entrants = entrants
        self._judge = judge
        self._draft = BatchFolder(folder.root / DRAFT)
        now = make_record(self.entrants, folder.root, judge=judge)
        asked = self.before.model_copy(update={"grader": __version__, "suites": now.suites, "judge": now.judge})
        self._resumed = self._draft.exists and self._draft.record() == asked
        if not self._resumed:
            shutil.rmtree(self._draft.root, ignore_errors=True)
            self._draft.begin(asked)
        self.after = asked

    @property
    def files(self) -> dict[str, tuple[str, ...]]:
        """Question to its files that changed after the batch was graded."""
        found = {name: changed(self.before.suites.get(name, {}), suite) for name, suite in self.after.suites.items()}
        return {name: files for name, files in found.items() if files}

    def run(self, engine: Engine, step: Callable[[Grade], None]) -> Gradebook:
        """Grade everything by the present suites, under the old seed."""
        grades = []
        batch = Batch(self.entrants, self._draft, resumed=self._resumed, judge=self._judge)
        with contextlib.closing(batch.run(engine)) as run:
            for grade in run:
                grades.append(grade)
                step(grade)
        return Gradebook(tuple(grades))

    def changes(self) -> tuple[Change, ...]:
        """Compare every old verdict with the new one, in the order of the batch."""
        return tuple(
            compare(entrant.entry.candidate, self.folder.verdict(entrant.entry), self._draft.verdict(entrant.entry))
            for entrant in self.entrants
        )

    def apply(self, reason: str, changes: Sequence[Change], book: Gradebook) -> Path:
        """Put the new verdicts, and the tables of `book`, in the place of the old ones, which are kept; return where.

        It may be interrupted at any moment and called again: the old verdicts are copied before the first is replaced,
        and the log is written last.
        """
        kept = self.folder.keep_old()
        for entrant in self.entrants:
            self.folder.keep(entrant.entry, self._draft.verdict(entrant.entry))
        self.folder.begin(self.after)
        self.folder.log(reason, self.files, kept, [change for change in changes if change.marks])
        summarize(book, self.folder)
        shutil.rmtree(self._draft.root)
        return kept


def entrants_of(record: BatchRecord, paths: Mapping[Entry, Path], bank: Bank) -> list[Entrant]:
    """Return the submissions that were graded, in their order.

    Args:
        record: of the batch.
        paths: where they are now.
        bank: with their questions.

    Raises:
        InputError: one of them is not there any more.
    """
    missing = [entry for entry in record.entries if entry not in paths]
    if missing:
        names = ", ".join(f"{entry.candidate} ({entry.path})" for entry in missing[:5])
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        raise InputError(
            f"{len(missing)} submissions of the batch are not there any more: {names}{more}",
            file=record.source, cure="Bring them back where they were, or name where they are now by --from",
        )  # fmt: skip
    return [Entrant(entry, bank.find(entry.question), paths[entry]) for entry in record.entries]
