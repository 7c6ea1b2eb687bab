"""Grades what was received: through the engine of a batch, under one seed, with every verdict kept in the database.

results/answers/<sha256>/<folder>/     what counts, unpacked
results/manifest.csv                   whose it is
results/batch.json, results/verdicts/  as `grade batch` leaves them, so that `grade stats results/` reads them
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from grader.bank import load_bank
from grader.batch import Batch, Entrant, make_record
from grader.errors import InputError
from grader.exam.fingerprint import changed, fingerprint
from grader.grading import SEED_BITS
from grader.keyed import mac
from grader.records import BatchFolder, Entry
from grader.report.tables import csv_table
from grader.rubric import ConceptQuestion
from grader.takehome.desk.chain import Event
from grader.takehome.desk.register import counting
from grader.takehome.desk.tables import GradingRow
from grader.takehome.packed import read_packed
from grader.verdict import Decision, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from grader.bank import Bank
    from grader.engine import Engine
    from grader.gradebook import Grade
    from grader.records import BatchRecord
    from grader.rubric import AnyQuestion
    from grader.takehome.desk.desk import Desk
    from grader.takehome.desk.register import Invited, Register
    from grader.takehome.desk.tables import ReceiptRow
    from grader.takehome.invitation import Asked

GRADED, REVIEWED = "graded", "reviewed"
MANIFEST = "manifest.csv"


@dataclass(frozen=True)
class Answer:
    """One question's answer that counts."""

    invited: Invited
    receipt: ReceiptRow
    asked: Asked
    question: AnyQuestion
    before: GradingRow | None
    """Its newest grading."""

    @property
    def entry(self) -> Entry:
        """As a batch calls it; what was received is known by its content."""
        place = f"{place_of(self.receipt.sha256)}/{self.asked.folder}"
        return Entry(candidate=self.invited.label, question=self.question.qualified_id, path=place)


class Questions:
    """Where the questions of an assessment are: in the bank, or among the variants that were deployed for it."""

    def __init__(self, bank: Bank, variants: Path) -> None:
        """Load nothing yet; `variants` is the folder of the deployed ones."""
        self._bank, self._variants = bank, variants
        self._found: dict[str, AnyQuestion] = {}

    def find(self, asked: Asked) -> AnyQuestion:
        """Return what was asked.

        Raises:
            InputError: it is not there, or cannot be loaded.
        """
        name = asked.asked
        if name not in self._found:
            bank = load_bank(self._variants / "bank") if asked.variant else self._bank
            self._found[name] = bank.find(name)
        return self._found[name]


def place_of(sha256: str) -> str:
    """Return where a received file is unpacked, below the results."""
    return f"answers/{sha256[:32]}"


def seed_of(desk: Desk) -> int:
    """Return the seed of every grading of an assessment: everybody meets the same hidden inputs, whenever graded."""
    drawn = int.from_bytes(mac(desk.key, "grading", desk.assessment.id)[:8])
    return drawn >> (64 - SEED_BITS)


def answers_of(register: Register, questions: Questions) -> list[Answer]:
    """Return every answer that counts, by candidate and position."""
    found = []
    for invited in register.invited():
        receipt = counting(register.receipts(invited))
        if receipt is None:
            continue
        gradings, answered = register.gradings(receipt), set(json.loads(receipt.answered))
        found += [
            Answer(invited, receipt, asked, questions.find(asked), gradings.get(asked.position))
            for asked in invited.terms.asked
            if asked.folder in answered
        ]
    return found


def pending(answers: Iterable[Answer]) -> list[Answer]:
    """Return the answers that have no verdict yet.

    Raises:
        InputError: a question was changed after others had been graded by it.
    """
    answers = list(answers)
    for answer in answers:
        if answer.before is not None:
            _see_the_same_suite(answer, answer.before)
    return [answer for answer in answers if answer.before is None]


def _see_the_same_suite(answer: Answer, before: GradingRow) -> None:
    if before.suite == suite_of(answer.question):
        return
    files = changed(Verdict.model_validate_json(before.verdict).suite, fingerprint(answer.question))
    fault = f"{answer.question.qualified_id}: {', '.join(files)} changed after others were graded by it"
    raise InputError(fault, cure="See what that changes for them: grade assess regrade; or bring the old files back")


def suite_of(question: AnyQuestion) -> str:
    """Return one digest of all the files that decide on a verdict."""
    return hashlib.sha256(json.dumps(fingerprint(question), sort_keys=True).encode()).hexdigest()


def grade_all(
    desk: Desk, answers: Sequence[Answer], chosen: Sequence[Answer], engine: Engine, step: Callable[[Grade], None]
) -> list[Answer]:
    """Grade what was chosen; each verdict is in the database before the next is waited for.

    Args:
        desk: opened.
        answers: all that count; they make up the batch's record.
        chosen: of these, what has no verdict.
        engine: where the work is done.
        step: told of each one graded.

    Returns:
        What could not be graded here.
    """
    folder = _begin(desk, answers, chosen)
    by_entry = {(answer.entry.candidate, answer.entry.question): answer for answer in chosen}
    failed = []
    with contextlib.closing(Batch(entrants_of(desk, chosen), folder, resumed=True).run(engine)) as run:
        for grade in run:
            answer = by_entry[grade.candidate, grade.verdict.question]
            if grade.graded:
                keep(desk, answer, folder.verdict(answer.entry))
            else:
                failed.append(answer)
            step(grade)
    return failed


def take_over(desk: Desk, answers: Iterable[Answer]) -> int:
    """Put on record what `grade review` decided, on verdicts that wait or in an audit; return how many those are."""
    folder, taken = BatchFolder(desk.results), 0
    for answer in answers:
        if answer.before is None or not isinstance(answer.question, ConceptQuestion):
            continue
        decided, before = folder.kept(answer.entry), Verdict.model_validate_json(answer.before.verdict)
        if decided is None or decided.status is Status.PROVISIONAL or not _decisions(decided) - _decisions(before):
            continue
        if (decided.seed, decided.suite) == (before.seed, before.suite):
            keep(desk, answer, decided, REVIEWED)
            taken += 1
    return taken


def _decisions(verdict: Verdict) -> set[tuple[str, Decision]]:
    """Return what people decided, by its key point."""
    return {(check.name, check.detail.decision) for check in verdict.checks if check.detail and check.detail.decision}


def keep(desk: Desk, answer: Answer, verdict: Verdict, event: str = GRADED) -> None:
    """Put a verdict on record."""
    with desk.register() as register:
        row = grading_row(register, answer, verdict)
        register.record(Event(event, desk.by, answer.invited.terms.candidate, answer.question.qualified_id), row)


def grading_row(register: Register, answer: Answer, verdict: Verdict, regrading: int | None = None) -> GradingRow:
    """Return a verdict as a row that is yet to be added."""
    return GradingRow(
        receipt_id=answer.receipt.id,
        position=answer.asked.position,
        question=verdict.question,
        suite=suite_of(answer.question),
        seed=verdict.seed,
        status=verdict.status.value,
        points=verdict.points,
        max_points=verdict.max_points,
        verdict=verdict.model_dump_json(),
        recorded=register.now(),
        regrading_id=regrading,
    )


# --- on the disk -----------------------------------------------------------------------------------------------------


def _begin(desk: Desk, answers: Sequence[Answer], chosen: Sequence[Answer]) -> BatchFolder:
    """Write down the batch that the assessment is by now, and what the database has of it."""
    desk.results.mkdir(mode=0o700, exist_ok=True)
    folder = BatchFolder(desk.results)
    folder.begin(record_of(desk, answers))
    rows = ((each.entry.candidate, each.entry.question, each.entry.path) for each in answers)
    folder.write(MANIFEST, csv_table(("candidate", "question", "path"), rows))
    for answer in answers:
        if answer.before is not None:
            _bring_back(folder, answer.entry, answer.before)
    for answer in chosen:
        _forget_stale(folder, answer)
    return folder


def record_of(desk: Desk, answers: Sequence[Answer]) -> BatchRecord:
    """Return what the batch of an assessment is asked."""
    return make_record(entrants_of(desk, answers), desk.results / MANIFEST, seed=seed_of(desk))


def entrants_of(desk: Desk, answers: Iterable[Answer]) -> list[Entrant]:
    """Return answers as a batch takes them, each unpacked."""
    return [Entrant(each.entry, each.question, unpacked(desk, each)) for each in answers]


def _bring_back(folder: BatchFolder, entry: Entry, row: GradingRow) -> None:
    """Write the verdict that is on record where the folder has none, or another."""
    verdict = Verdict.model_validate_json(row.verdict)
    if folder.kept(entry) != verdict:
        folder.keep(entry, verdict)


def _forget_stale(folder: BatchFolder, answer: Answer) -> None:
    """Take away a verdict that an interrupted grading by other files left."""
    kept = folder.kept(answer.entry)
    if kept is not None and kept.suite != fingerprint(answer.question):
        (folder.root / answer.entry.file).unlink()


def unpacked(desk: Desk, answer: Answer) -> Path:
    """Return the folder of an answer, unpacked from what was received where it is not there yet.

    Raises:
        InputError: what was received is gone, or was changed.
    """
    place = desk.results / answer.entry.path
    if not place.exists():
        _unpack(desk, answer.receipt.sha256, place.parent)
    return place


def _unpack(desk: Desk, sha256: str, target: Path) -> None:
    source = desk.received(sha256)
    if not source.exists() or hashlib.sha256(source.read_bytes()).hexdigest() != sha256:
        fault = "it is not the file that was received" if source.exists() else "the file that was received is gone"
        raise InputError(fault, file=source, cure="Bring it back from a backup; its receipt names its digest")
    packed = read_packed(source, desk.key, desk.assessment.id)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".partial-", dir=target.parent))
    try:
        for folder, files in packed.files.items():
            (draft / folder).mkdir()
            for name, data in files.items():
                (draft / folder / name).write_bytes(data)
        os.replace(draft, target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
