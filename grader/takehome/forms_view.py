"""The terminal view of the forms: what each asks, and by how much they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from grader.report.drawing import indented, make_pen, show
from grader.report.wording import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, RenderableType

    from grader.report.drawing import Pen
    from grader.takehome.forms import Form, Forms


SPARE = 3
"""Questions for each place in a form, below which a second form or a retake has little left."""


def render_forms(forms: Forms, console: Console) -> None:
    """Show every form, then what they have in common."""
    pen = make_pen(console, "en")
    parts: list[RenderableType] = []
    for form in forms.forms:
        parts += [_head(form), indented(_questions(form, pen)), Text()]
    show(console, [*parts, *_comparison(forms)])


def _head(form: Form) -> Text:
    levels = ", ".join(f"{count} {level}" for level, count in form.difficulty.items() if count)
    facts = f"{form.minutes} minutes · {number(form.points)} points · {levels}"
    return Text.assemble((f"Form {form.name}", "bold"), "  ", (facts, "dim"))


def _questions(form: Form, pen: Pen) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for each in form.questions:
        amounts = (f"{each.minutes} min", f"{number(each.points)} points")
        table.add_row(pen.line(each.id), each.difficulty, *(Text(amount, justify="right") for amount in amounts))
    return table


def _comparison(forms: Forms) -> Iterator[Text]:
    if len(forms.forms) > 1:
        spread, shared = forms.spread, sum(forms.shared.values())
        yield Text(f"Forms differ by {number(spread.minutes)} minutes and {number(spread.points)} points at most.")
        pairs = ", ".join(f"{pair.replace(' ', ' and ')}: {count}" for pair, count in forms.shared.items() if count)
        yield Text(f"Questions in common: {pairs}." if shared else "No two have a question in common.")
    for asked in forms.asked:
        if asked.proven < SPARE * asked.count:
            fault = f"Few to choose from: {asked.part}, {asked.proven} proven; {SPARE} for each place leave some over."
            yield Text(fault, style="yellow")
    if not forms.best:
        yield Text("The search was ended at its bound: there may be a better choice.", style="yellow")
