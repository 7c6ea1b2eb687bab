"""The terminal view of what candidates reached, with what was taken off for being late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from grader.report.drawing import indented, make_pen, show
from grader.report.wording import number
from grader.takehome.deadlines import Standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, RenderableType

    from grader.report.drawing import Pen
    from grader.takehome.desk.scores import Score, Scored


def render_scores(scores: Sequence[Score], console: Console) -> None:
    """Show every invitation with its questions."""
    pen = make_pen(console, "en")
    parts: list[RenderableType] = []
    for score in scores:
        parts.append(Text.assemble(pen.line(score.invited.label, "bold"), "  ", told(score)))
        if score.receipt is not None:
            parts.append(indented(_questions(score.questions, pen)))
    show(console, parts)


def told(score: Score) -> str:
    """Return what one invitation came to, in words."""
    if score.receipt is None:
        return "nothing received that counts"
    if score.reached is None or score.total is None:
        return "not all of it is graded yet"
    points = f"{number(score.total)} of {number(score.maximum)} points"
    if score.receipt.standing != Standing.LATE:
        return points
    return f"{points} (late: {score.part:.0%} of {number(score.reached)})"


def _questions(questions: Sequence[Scored], pen: Pen) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for each in questions:
        points = "" if each.points is None else f"{number(each.points)} of {number(each.asked.points)}"
        state = each.grading.status if each.grading else "not graded" if each.answered else "not handed in"
        table.add_row(str(each.asked.position), pen.line(each.asked.asked), Text(points, justify="right"), state)
    return table
