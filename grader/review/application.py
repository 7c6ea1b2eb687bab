"""Decisions become verdicts: what was undecided is met or not, the old verdict is kept, the tables are renewed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.answers.conclusion import conclude
from grader.batch import slim, summarize
from grader.changes import compare
from grader.gradebook import Grade, Gradebook
from grader.review.queue import id_of
from grader.verdict import Detail, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from grader.changes import Change
    from grader.records import BatchFolder, Entry
    from grader.verdict import CheckResult, Decision, Verdict

REASON, AUDIT = "review", "audit"


def apply(folder: BatchFolder, decisions: Mapping[str, Decision]) -> tuple[Change, ...]:
    """Put decided verdicts in the place of those that wait; the log is written last, so that it can be done again.

    Args:
        folder: of the batch.
        decisions: item to what was decided on it.

    Returns:
        What changed, candidate by candidate.
    """
    there = _there(folder)
    return _put(folder, there, {entry: decided_on(verdict, decisions) for entry, verdict in there.items()}, REASON)


def overrule(folder: BatchFolder, words: Mapping[Entry, Mapping[str, Decision]]) -> tuple[Change, ...]:
    """Put a person's word in the place of what was settled without one, as `apply` does.

    Args:
        folder: of the batch.
        words: entry to key point to what a person decided on it.

    Returns:
        What changed, candidate by candidate.
    """
    there = _there(folder)
    return _put(folder, there, {entry: _overruled(there[entry], words[entry]) for entry in words}, AUDIT)


def _put(
    folder: BatchFolder, there: Mapping[Entry, Verdict], decided: Mapping[Entry, Verdict], reason: str
) -> tuple[Change, ...]:
    changed = {entry: verdict for entry, verdict in decided.items() if verdict != there[entry]}
    if not changed:
        return ()
    kept = folder.keep_old()
    for entry, verdict in changed.items():
        folder.keep(entry, verdict)
    changes = tuple(compare(entry.candidate, there[entry], verdict) for entry, verdict in changed.items())
    folder.log(reason, {}, kept, changes)
    summarize(book_of(folder), folder)
    return changes


def book_of(folder: BatchFolder) -> Gradebook:
    """Return all grades of a batch, as its verdicts stand."""
    return Gradebook(tuple(_grades(_there(folder))))


def _there(folder: BatchFolder) -> dict[Entry, Verdict]:
    found = {entry: folder.kept(entry) for entry in folder.record().entries}
    return {entry: verdict for entry, verdict in found.items() if verdict is not None}


def decided_on(verdict: Verdict, decisions: Mapping[str, Decision]) -> Verdict:
    """Return a verdict with every decision on it; it stays provisional as long as one is missing."""
    if verdict.status is not Status.PROVISIONAL:
        return verdict
    return _concluded(verdict, [_decided(check, decisions.get(id_of(verdict, check))) for check in verdict.checks])


def _overruled(verdict: Verdict, words: Mapping[str, Decision]) -> Verdict:
    checks = [_by_person(check, words[check.name]) if check.name in words else check for check in verdict.checks]
    return _concluded(verdict, checks)


def _concluded(verdict: Verdict, checks: Sequence[CheckResult]) -> Verdict:
    concluded = conclude(checks)
    return verdict.model_copy(
        update={
            "checks": tuple(checks),
            "status": concluded.status,
            "points": concluded.points,
            "message": concluded.message,
        }
    )


def _decided(check: CheckResult, decision: Decision | None) -> CheckResult:
    if check.outcome is not Outcome.UNDECIDED or decision is None:
        return check
    return _by_person(check, decision)


def _by_person(check: CheckResult, decision: Decision) -> CheckResult:
    detail = check.detail or Detail()
    return check.model_copy(
        update={
            "outcome": Outcome.PASSED if decision.met else Outcome.NOT_MET,
            "points": check.max_points if decision.met else 0.0,
            "hint": None if decision.met else check.hint,
            "detail": detail.model_copy(update={"decision": decision}),
        }
    )


def _grades(verdicts: Mapping[Entry, Verdict]) -> Iterator[Grade]:
    """Yield a grade for each submission; of those with the same content the first is the original."""
    first: dict[tuple[str, str], str] = {}
    for entry, verdict in verdicts.items():
        content = verdict.submission.sha256
        original = first.setdefault((entry.question, content), entry.candidate) if content else entry.candidate
        yield Grade(entry.candidate, slim(verdict), entry.path, None if original == entry.candidate else original)
