"""What a reader is told has changed since an earlier verdict: which checks pass now, which fail now, and the points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.report.candidate import candidate_report, executed
from grader.report.reader import Audience
from grader.report.untrusted import one_line
from grader.report.wording import say, status_word
from grader.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from grader.report.candidate import CandidateReport
    from grader.report.reader import Reader
    from grader.verdict import CheckResult, Status, Verdict


@dataclass(frozen=True)
class _Standing:
    """What a reader knows of one verdict."""

    status: Status
    points: float | None
    checks: Mapping[str, bool]
    """Name to whether it passed, of the checks this reader knows by name."""
    hidden: Mapping[str, int]
    """Group to the number of its hidden checks that fail."""


def changes_since(before: Verdict, after: Verdict, reader: Reader) -> tuple[str, ...]:
    """Return what has changed, line by line; to a candidate it tells no more than the two reports do."""
    old, new = (_standing(verdict, reader) for verdict in (before, after))
    return tuple(_lines(old, new, reader)) or (say(reader.language, "nothing has changed"),)


def _standing(verdict: Verdict, reader: Reader) -> _Standing:
    if reader.audience is Audience.REVIEWER:
        return _Standing(verdict.status, verdict.points, _passed(executed(verdict)), {})
    report: CandidateReport = candidate_report(verdict, {})
    hidden = {each.group.in_language(reader.language): len(each.failures) for each in report.hidden}
    return _Standing(report.status, report.points, _passed(report.public), hidden)


def _passed(checks: Iterable[CheckResult]) -> dict[str, bool]:
    return {check.name: check.outcome is Outcome.PASSED for check in checks}


def _lines(old: _Standing, new: _Standing, reader: Reader) -> Iterator[str]:
    language = reader.language
    if old.status is not new.status:
        yield f"{status_word(old.status, language)} → {status_word(new.status, language)}"
    if old.points is not None and new.points is not None and old.points != new.points:
        yield say(language, "points: {before} → {after}", before=f"{old.points:g}", after=f"{new.points:g}")
    for passed, phrase in ((True, "passing now: {names}"), (False, "failing now: {names}")):
        names = [one_line(name) for name, is_so in new.checks.items() if is_so is passed != old.checks.get(name)]
        if names:
            yield say(language, phrase, names=", ".join(names))
    for group, failing in new.hidden.items():
        if failing != old.hidden.get(group, failing):
            count = f"{old.hidden[group]} → {failing}"
            yield say(language, "hidden checks failing: {group}: {count}", group=one_line(group), count=count)
