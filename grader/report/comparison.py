"""Terminal views of verdicts that were repeated: what differs, candidate by candidate and check by check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from grader.report.drawing import indented, make_pen, show
from grader.report.wording import number, outcome_sentence, score, status_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console, RenderableType

    from grader.changes import Change, CheckChange
    from grader.question import Language
    from grader.report.drawing import Pen
    from grader.verdict import Outcome, Verdict


def render_rerun(change: Change, before: Verdict, after: Verdict, console: Console, language: Language) -> None:
    """Say whether a verdict came out again."""
    pen = make_pen(console, language)
    if change.marks:
        parts: list[RenderableType] = [Text(pen.say("Another verdict came out:"), "bold red"), *_change(change, pen)]
    else:
        total = score(after.points, after.max_points, language)
        status = status_word(after.status, language)
        same = pen.say("The same verdict came out: {status}, {score}", status=status, score=total)
        parts = [Text(same, "bold green")]
    show(console, [*parts, *_surroundings(before, after, pen)])


def render_changes(
    changes: Sequence[Change], files: Mapping[str, Sequence[str]], console: Console, language: Language
) -> None:
    """Show whose verdicts a regrading changes, and by which checks."""
    pen = make_pen(console, language)
    parts: list[RenderableType] = [
        pen.line(f"{question}: {pen.say('changed: {files}', files=', '.join(names))}", "dim")
        for question, names in files.items()
    ]
    differing = [change for change in changes if change.marks]
    for change in differing:
        parts += _change(change, pen)
    told = pen.say("{count} of {total} verdicts change", count=len(differing), total=len(changes))
    show(console, [*parts, Text(told, "bold")])


def _change(change: Change, pen: Pen) -> Iterator[RenderableType]:
    head = pen.line(change.candidate, "bold").append(f"  {change.question}  ", "dim")
    yield head.append(_points(change, pen.language))
    if change.checks:
        yield indented(_checks(change.checks, pen))


def _points(change: Change, language: Language) -> str:
    before = score(change.points_before, change.max_points_before, language)
    after = score(change.points_after, change.max_points_after, language)
    words = status_word(change.status_before, language), status_word(change.status_after, language)
    told = f"{before} → {after}" if before != after else after
    return f"{told}, {words[0]} → {words[1]}" if words[0] != words[1] else told


def _checks(checks: Sequence[CheckChange], pen: Pen) -> RenderableType:
    table = Table.grid(padding=(0, 2, 0, 0))
    for check in checks:
        before, after = _outcome(check.before, pen), _outcome(check.after, pen)
        gained = check.points_after - check.points_before
        style = "green" if gained > 0 else "red" if gained < 0 else "dim"
        sign = "+" if gained > 0 else ""
        table.add_row(pen.line(check.name), Text(f"{before} → {after}"), Text(f"{sign}{number(gained)}", style))
    return table


def _outcome(outcome: Outcome | None, pen: Pen) -> str:
    return pen.say("not there") if outcome is None else outcome_sentence(outcome, pen.language)


def _surroundings(before: Verdict, after: Verdict, pen: Pen) -> Iterator[RenderableType]:
    """What else differs, and may explain it."""
    old = {"grader": before.grader, **before.environment}
    new = {"grader": after.grader, **after.environment}
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            told = pen.say("then {before}, now {after}", before=old[name], after=new[name])
            yield pen.line(f"{name}: {told}", "dim")
