"""The terminal views of the bank: a list of questions, and one question for a person to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.markdown import Heading, Markdown
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from grader.question import QuestionSpec, Visibility
from grader.report.drawing import make_pen, show
from grader.report.untrusted import neutral
from grader.report.wording import seconds, size, worth
from grader.rubric import ChoiceSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grader.question import Check, Language, Limits
    from grader.report.drawing import Pen
    from grader.rubric import AnyQuestion, AnySpec

_DIFFICULTIES = {"easy": "green", "medium": "blue", "hard": "red"}
_STATEMENT_THEME = Theme({"markdown.code": "cyan"})  # rich's black background is a blot on a light terminal
_WORDS = {"easy", "medium", "hard", "code", "choice", "short"}
_COLUMNS = ("question", "kind", "difficulty", "minutes", "topic", "proof")


def render_list(rows: Sequence[Mapping[str, object]], console: Console, language: Language) -> None:
    """List questions; a row has `id`, `family`, `kind`, `difficulty`, `minutes`, `topic` and `proof`."""
    pen = make_pen(console, language)
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row(*(Text(pen.say(column), style="bold") for column in _COLUMNS))
    for row in rows:
        table.add_row(*_cells(row, pen))
    minutes = sum(value for row in rows if isinstance(value := row.get("minutes"), int))
    total = pen.say("{count} questions, {minutes} minutes", count=len(rows), minutes=minutes)
    show(console, [table, Text(), Text(total, style="dim")])


def render_show(question: AnyQuestion, statement: str, console: Console, language: Language) -> None:
    """Show a question as a candidate meets it: the statement, the names to define, the limits, the checks."""
    pen = make_pen(console, language)
    title = f"# {question.spec.title.in_language(language)}\n"
    text = _statement(statement.lstrip().removeprefix(title), pen)  # the title stands above it already
    parts = [*_head(question, pen), Text(), text, *_interface(question.spec, pen)]
    with console.use_theme(_STATEMENT_THEME):
        show(console, [*parts, *pen.section("Checks", _checks(question.checks, pen))])


def _cells(row: Mapping[str, object], pen: Pen) -> list[Text]:
    values = {key: "" if value is None else str(value) for key, value in row.items()}
    name = Text.assemble(pen.line(f"{values.get('family', '')}/", "dim"), pen.line(values.get("id", "")))
    difficulty = values.get("difficulty", "")
    return [
        name,
        pen.line(_word(values.get("kind", ""), pen)),
        pen.line(_word(difficulty, pen), _DIFFICULTIES.get(difficulty, "")),
        pen.line(values.get("minutes", "")),
        pen.line(values.get("topic", "")),
        pen.line(values.get("proof", "")),
    ]


def _word(value: str, pen: Pen) -> str:
    """Translate one of the spec's own words; another one stands as it is."""
    return pen.say(value) if value in _WORDS else value


def _head(question: AnyQuestion, pen: Pen) -> list[RenderableType]:
    spec = question.spec
    facts = [
        _word(spec.difficulty, pen),
        pen.say("{count} minutes", count=spec.minutes),
        _word(spec.kind, pen),
        worth(question.max_points, pen.language),
        *spec.skills,
    ]
    title = pen.line(spec.title.in_language(pen.language), "bold")
    return [
        Text.assemble(title, "  ", pen.line(question.qualified_id, "dim")),
        pen.line(" · ".join(facts), "dim"),
    ]


def _statement(statement: str, pen: Pen) -> RenderableType:
    """Draw the statement; in a pipe its Markdown stands as its author wrote it."""
    text = neutral(statement).strip()
    return (
        Text(text, no_wrap=True, overflow="ignore")
        if pen.plain
        else _Statement(text, code_theme="ansi_dark", hyperlinks=False)
    )


def _options(spec: ChoiceSpec, pen: Pen) -> list[RenderableType]:
    """List the options by the alphabet, which tells nothing of which is right."""
    texts = sorted(option.text.in_language(pen.language) for option in spec.options.values())
    title = "Choose one" if spec.choose == "one" else "Choose every right one"
    return pen.section(title, [pen.block(f"- {text}") for text in texts])


def _interface(spec: AnySpec, pen: Pen) -> list[RenderableType]:
    if not isinstance(spec, QuestionSpec):
        return _options(spec, pen) if isinstance(spec, ChoiceSpec) else []
    rows: list[tuple[str, RenderableType]] = [
        ("Hand in", pen.line(spec.submission.file)),
        ("Define", Group(*(pen.line(_signature(*export)) for export in spec.submission.exports.items()))),
        ("Packages", pen.line(", ".join(spec.environment.packages) or pen.say("none"))),
        ("Limits", pen.line(_limits(spec.limits, pen))),
    ]
    forbidden = (*spec.forbidden.imports, *spec.forbidden.calls)
    if forbidden:
        rows.append(("Forbidden", pen.line(", ".join(forbidden))))
    return [Text(), pen.labelled(rows)]


def _signature(name: str, signature: str) -> str:
    return f"{name}{signature}" if signature.startswith("(") else signature


def _limits(limits: Limits, pen: Pen) -> str:
    amounts = {
        "time": seconds(limits.wall),
        "per check": seconds(limits.check_wall),
        "CPU": seconds(limits.cpu),
        "memory": size(limits.memory),
        "processes": str(limits.processes),
        "output": size(limits.output),
        "disk": size(limits.disk),
    }
    return ", ".join(f"{pen.say(label)} {amount}" for label, amount in amounts.items())


def _checks(checks: Iterable[Check], pen: Pen) -> list[RenderableType]:
    """Name the public checks; of the hidden ones, only the groups and what they are worth."""
    checks = tuple(checks)
    public = [(check.name, check.points) for check in checks if check.visibility is Visibility.PUBLIC]
    hidden: dict[str, float] = {}
    for check in checks:
        if check.visibility is Visibility.HIDDEN:
            group = check.group.in_language(pen.language)
            hidden[group] = hidden.get(group, 0.0) + check.points
    rows = [("public", row) for row in public] + [("hidden", row) for row in hidden.items()]
    table = Table.grid(padding=(0, 2, 0, 0))
    for label, (name, points) in rows:
        table.add_row(
            Text(pen.say(label), style="cyan"), pen.line(name), Text(worth(points, pen.language), justify="right")
        )
    return [table] if rows else []


class _LeftHeading(Heading):
    """A heading at the left margin, without the box that rich draws."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = "left"
        yield self.text


class _Statement(Markdown):
    """A statement, with plain headings."""

    elements: ClassVar = {**Markdown.elements, "heading_open": _LeftHeading}
