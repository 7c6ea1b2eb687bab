"""The evidence behind a check that did not pass, drawn for a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from grader.report.differences import common_length, differing
from grader.report.drawing import indented
from grader.report.excerpt import traceback
from grader.report.wording import judging_rows, outcome_sentence, repeats, score
from grader.verdict import Outcome

if TYPE_CHECKING:
    from grader.question import Text as Translated
    from grader.report.candidate import Failure, HiddenGroup
    from grader.report.drawing import Pen
    from grader.verdict import CheckResult, Detail

    Rows = list[tuple[str, RenderableType]]


_HINT_STYLE = "magenta"


def failing_check(check: CheckResult, pen: Pen) -> RenderableType:
    """Draw a check that may be seen in full, with the evidence behind it."""
    title = Text.assemble(_mark(check.outcome, pen), pen.line(check.name, "bold"))
    facts = [pen.say(check.visibility.value), check.group.in_language(pen.language)]
    facts += [score(check.points, check.max_points, pen.language)] if check.max_points else []
    about = Group(pen.line(" · ".join(facts), "dim"), pen.labelled(_rows(check, pen)))
    return Group(_titled(title, _sentence(check.outcome, pen), pen), indented(about))


def hidden_group(hidden: HiddenGroup, pen: Pen) -> RenderableType:
    """Draw what a candidate may see of the hidden checks of a group: each category once, with all its hints."""
    outcomes = Counter(failure.outcome for failure in hidden.failures)
    ours = Outcome.BROKEN if set(outcomes) == {Outcome.BROKEN} else Outcome.FAILED
    title = Text.assemble(_mark(ours, pen), pen.line(hidden.group.in_language(pen.language), "bold"))
    sentences = [_counted(outcome, count, pen) for outcome, count in outcomes.items()]
    head = _titled(title, sentences.pop(), pen) if len(sentences) == 1 else title
    rows = [row for failure in dict.fromkeys(hidden.failures) for row in _failure_rows(failure, pen)]
    return Group(head, *map(indented, sentences), indented(pen.labelled(rows)))


def _counted(outcome: Outcome, count: int, pen: Pen) -> Text:
    counted = f"  {pen.say('{count} checks', count=count)}" if count > 1 else ""
    return Text.assemble(_sentence(outcome, pen), (counted, "dim"))


def _titled(title: Text, sentence: Text, pen: Pen) -> RenderableType:
    """Put what became of a check beside its name, or under it where the line is too short for both."""
    if cell_len(title.plain) + cell_len(sentence.plain) + 4 > pen.width:
        return Group(title, indented(sentence))
    return Text.assemble(title, "  ", sentence)


def _mark(outcome: Outcome, pen: Pen) -> Text:
    signs = {Outcome.BROKEN: "!", Outcome.UNDECIDED: "?"}
    passed = outcome is Outcome.PASSED
    mark = pen.mark(passed=passed) if outcome.known else Text(signs[outcome], style="bold cyan")
    return Text.assemble(mark, " ")


def _sentence(outcome: Outcome, pen: Pen) -> Text:
    return Text(outcome_sentence(outcome, pen.language), style=_style(outcome))


def _style(outcome: Outcome) -> str:
    return "green" if outcome is Outcome.PASSED else "red" if outcome.known else "cyan"


def _failure_rows(failure: Failure, pen: Pen) -> Rows:
    rows: Rows = [("exception", pen.line(failure.exception, "bold red"))] if failure.exception else []
    rows += [("", traceback(failure.traceback, pen))] if failure.traceback else []
    return rows + _hint(failure.hint, pen)


def _rows(check: CheckResult, pen: Pen) -> Rows:
    detail = check.detail
    rows: Rows = []
    if check.message and not (detail and repeats(check.message, detail)):
        rows.append(("message", pen.block(check.message)))
    if detail is not None:
        rows += _calls(detail, pen) + _comparison(detail, pen) + _exception(detail, pen)
        rows += [(label, pen.block(text)) for label, text in judging_rows(detail, pen.language)]
    return rows + _hint(check.hint, pen)


def _calls(detail: Detail, pen: Pen) -> Rows:
    values = {"call": detail.call, "example": detail.example}
    return [(label, pen.block(value)) for label, value in values.items() if value]


def _comparison(detail: Detail, pen: Pen) -> Rows:
    expected = pen.block(detail.expected or "", "green")
    actual = pen.block(detail.actual or "", "red")
    rows: Rows = [("expected", expected)] if detail.expected is not None else []
    rows += [("got", actual)] if detail.actual is not None else []
    if len(rows) == 2:
        _underline_differences(expected, actual)
        rows += [] if detail.difference else _caret(expected.plain, actual.plain)
    return [*rows, ("difference", pen.block(detail.difference))] if detail.difference else rows


def _underline_differences(one: Text, other: Text) -> None:
    for text, spans in zip((one, other), differing(one.plain, other.plain), strict=True):
        for start, end in spans:
            text.stylize("bold underline", start, end)


def _caret(expected: str, actual: str) -> Rows:
    """Point at the first difference of two single lines that stand under each other."""
    short = all("\n" not in text and cell_len(text) < 60 for text in (expected, actual))
    if not short or expected == actual:
        return []
    before = expected[: common_length(expected, actual)]
    return [("", Text(" " * cell_len(before) + "^", style="bold"))]


def _exception(detail: Detail, pen: Pen) -> Rows:
    rows: Rows = [("exception", pen.block(detail.exception, "bold red"))] if detail.exception else []
    return [*rows, ("", traceback(detail.traceback, pen))] if detail.traceback else rows


def _hint(hint: Translated | None, pen: Pen) -> Rows:
    return [("hint", pen.block(hint.in_language(pen.language), _HINT_STYLE))] if hint else []
