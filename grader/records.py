"""What a batch leaves on the disk: what it was asked, and a verdict for every submission, written as it comes.

    OUT/batch.json                         seed, questions, submissions
    OUT/verdicts/<question>/<name>.json    one verdict each
    OUT/history.jsonl, OUT/history/        what a regrading or a review replaced, and why

A file is there whole or not at all. Whatever moment a batch is ended at, what was graded is found again.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from grader import __version__
from grader.errors import InputError
from grader.files import write_whole
from grader.intake import SUBMISSIONS, file_name, take_in
from grader.question import Frozen
from grader.report.document import as_text
from grader.verdict import Level, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from grader.changes import Change

RECORD = "batch.json"
HISTORY = "history"
LOG = "history.jsonl"


class Entry(Frozen):
    """One submission of a batch: whose, to which question, and where it was found."""

    candidate: str
    question: str
    """Qualified id."""
    path: str
    """As it lies in the source."""

    @property
    def file(self) -> str:
        """Where its verdict is kept, below the folder of the batch."""
        return f"verdicts/{self.question.replace('/', '.')}/{file_name(self.candidate)}.json"


class BatchRecord(Frozen):
    """What a batch was asked. Its dump is `batch.json`, format 1."""

    format: Literal[1] = 1
    grader: str = __version__
    seed: int
    isolation: Level | None = None
    source: str
    """Folder, archive or manifest that the submissions were found in."""
    assignment: str | None = None
    """Of an nbgrader course."""
    judge: str = ""
    """The model that was asked what the rules left open, if one was named."""
    suites: dict[str, dict[str, str]]
    """Question to the SHA-256 of the files that decide."""
    entries: tuple[Entry, ...]


class BatchFolder:
    """The folder a batch writes to."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def exists(self) -> bool:
        """Whether a batch has begun here."""
        return (self.root / RECORD).exists()

    def record(self) -> BatchRecord:
        """Read what the batch was asked.

        Raises:
            InputError: there is no such file, or it is none of ours.
        """
        path = self.root / RECORD
        try:
            return BatchRecord.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            raise InputError("no batch was graded here", file=self.root, cure="Name the --out of a batch") from None
        except ValidationError as error:
            fault = f"it is no record of a batch: {error.errors()[0]['msg']}"
            raise InputError(fault, file=path, cure="Grade again into another folder") from None

    def begin(self, record: BatchRecord) -> None:
        """Write what the batch is asked, and make room for verdicts."""
        self.root.mkdir(parents=True, exist_ok=True)
        for entry in record.entries:
            (self.root / entry.file).parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.root / RECORD, as_text(record.model_dump(mode="json")), durable=True)

    def keep(self, entry: Entry, verdict: Verdict) -> None:
        """Write a verdict; it is on the disk when this returns."""
        write_whole(self.root / entry.file, as_text(verdict.as_json()), durable=True)

    def kept(self, entry: Entry) -> Verdict | None:
        """Return the verdict on a submission, or None where there is none yet."""
        path = self.root / entry.file
        try:
            return Verdict.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            fault = f"it is no verdict: {error.errors()[0]['msg']}"
            raise InputError(fault, file=path, cure="Remove it, and grade again with --resume") from None

    def verdict(self, entry: Entry) -> Verdict:
        """Return the verdict on a submission.

        Raises:
            InputError: there is none.
        """
        verdict = self.kept(entry)
        if verdict is None:
            raise InputError("it is not there", file=self.root / entry.file, cure="Grade again with --resume")
        return verdict

    def keep_old(self) -> Path:
        """Copy record and verdicts to where they stay, before they are replaced; return where.

        Until `log` is called it is the same place: what was interrupted, and is done again, replaces nothing there.
        """
        number = len(self._log_lines()) + 1
        kept = self.root / HISTORY / str(number)
        if kept.exists():
            return kept
        partial = kept.with_name(f".{number}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(self.root / "verdicts", partial / "verdicts")
        shutil.copy2(self.root / RECORD, partial / RECORD)
        os.replace(partial, kept)
        return kept

    def log(self, reason: str, files: Mapping[str, object], kept: Path, changes: Iterable[Change]) -> None:
        """Write down what replaced old verdicts; the last thing to do.

        Args:
            reason: of a person, or which command did it.
            files: question to its files that had changed; none where no suite did.
            kept: where `keep_old` put the old verdicts.
            changes: to be told of.
        """
        note = {
            "time": moment(),
            "reason": reason,
            "grader": __version__,
            "files": files,
            "before": kept.relative_to(self.root).as_posix(),
            "changes": [asdict(change) for change in changes],
        }
        lines = [*self._log_lines(), json.dumps(note, ensure_ascii=False)]
        write_whole(self.root / LOG, "\n".join(lines) + "\n", durable=True)

    def _log_lines(self) -> list[str]:
        log = self.root / LOG
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    def write(self, name: str, text: str) -> None:
        """Write a summary or a page beside the verdicts."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)


def moment() -> str:
    """Return what time it is, as decisions and logs have it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


@contextmanager
def found_again(record: BatchRecord, source: Path | None = None) -> Iterator[dict[Entry, Path]]:
    """Look for the submissions of a batch where they were found, or where they are now; give those that are there.

    Raises:
        InputError: the source cannot be read.
    """
    source = source or Path(record.source)
    endings = {*SUBMISSIONS, *(Path(entry.path).suffix.lower() for entry in record.entries)}
    with take_in(source, assignment=record.assignment, endings=endings) as intake:
        there = {(one.candidate, place_of(one.path, source)): one.path for one in intake.handed}
        found = {entry: there.get((entry.candidate, entry.path)) for entry in record.entries}
        yield {entry: path for entry, path in found.items() if path is not None}


def place_of(path: Path, source: Path) -> str:
    """Return where a submission lies in its source; one out of a zip is known by its last two names."""
    root = source if source.is_dir() else source.parent
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else "/".join(path.parts[-2:])


def refuse_twins(entries: Iterable[Entry]) -> None:
    """See that no two submissions would have the same verdict file.

    Raises:
        InputError: a candidate handed in twice for one question.
    """
    seen: dict[str, Entry] = {}
    for entry in entries:
        other = seen.get(entry.file)
        if other is not None:
            raise InputError(
                f"{entry.candidate!r} handed in two submissions to {entry.question}: {other.path} and {entry.path}",
                cure="Leave one of them out, or rename it",
            )
        seen[entry.file] = entry
