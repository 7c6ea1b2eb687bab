"""The pages of an assessment: what reviewers, candidates and the team see. Each is made from the fields it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.report.pages.markup import Markup, document, element
from grader.report.pages.parts import address_of, contents, section
from grader.report.untrusted import one_line
from grader.report.wording import number, status_word
from grader.takehome.desk.phrases import phrase
from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grader.question import Language
    from grader.takehome.assessment import Criterion
    from grader.takehome.walkthrough import Talk


@dataclass(frozen=True)
class Line:
    """One question, as a report lists it."""

    title: str
    points: float | None
    maximum: float
    status: str
    """Of the verdict; empty without one."""
    answered: bool
    evidence: Markup | None = None
    """Of each of its points; None without a verdict."""


@dataclass(frozen=True)
class Summary:
    """One invitation, as its reports show it: neither a name nor an accommodation, nor what one follows from."""

    title: str
    candidate: str
    """The pseudonym."""
    attempt: int
    received: bool
    part: float
    reached: float | None
    total: float | None
    maximum: float
    lines: tuple[Line, ...]
    scored: bool = True
    """Whether points are shown."""


@dataclass(frozen=True)
class Dossier:
    """What a reviewer sees beside the summary."""

    scorecard: Sequence[Criterion]
    disclosure: Mapping[str, object]
    talks: Sequence[tuple[str, Sequence[Talk]]]
    """Title of each question, and what to ask about its answer."""


def reviewer_page(summary: Summary, dossier: Dossier, language: Language) -> str:
    """Return the page of a reviewer, who meets the candidate by the pseudonym alone."""
    return _page(summary, language, {
        "Result": _result(summary, language),
        "Questions": [_lines(summary, language)],
        "Walkthrough": _talks(dossier.talks, language),
        "Scorecard": _scorecard(dossier.scorecard, summary.candidate, language),
        "Disclosure": _disclosure(dossier.disclosure, language),
        "What this does not say": [_paragraph(language, _LIMITS)],
    })  # fmt: skip


def candidate_page(summary: Summary, language: Language) -> str:
    """Return the page of the candidate: the summary, and nothing but that."""
    sections = {"Result": _result(summary, language), "Questions": [_lines(summary, language)]}
    return _page(summary, language, sections)


def address(position: int) -> str:
    """Return where on the page the evidence of a question stands, counted from 1."""
    return f"question-{position}"


_LIMITS = (
    "Points say what the checks saw: not how the code reads, nor how the candidate works with others, nor who "
    "wrote it. A person decides, and says why."
)


def _page(summary: Summary, language: Language, sections: Mapping[str, Sequence[Markup]]) -> str:
    shown = laid_out(sections, language)
    shown += [
        (address(position), f"{position}. {one_line(each.title)}", [each.evidence])
        for position, each in enumerate(summary.lines, start=1)
        if each.evidence is not None
    ]
    return page(f"{summary.candidate} · {summary.title}", _head(summary, language), shown, language)


def laid_out(sections: Mapping[str, Sequence[Markup]], language: Language) -> list[tuple[str, str, Sequence[Markup]]]:
    """Return address, heading and parts of each section that has any, by the phrase it is headed with."""
    return [(address_of(name), phrase(language, name), parts) for name, parts in sections.items() if parts]


def page(title: str, head: Markup, sections: Sequence[tuple[str, str, Sequence[Markup]]], language: Language) -> str:
    """Return a page of the desk with its table of contents."""
    body = element("main", [section(*each) for each in sections])
    return document(title, language, head, contents(sections, phrase(language, "Contents")), body)


def _head(summary: Summary, language: Language) -> Markup:
    attempt = phrase(language, "attempt {number}", number=summary.attempt)
    return element(
        "header",
        element("p", one_line(summary.title), class_="eyebrow"),
        element("h1", element("bdi", one_line(summary.candidate))),
        element("p", attempt, class_="submission"),
        class_="head ruled",
    )


def _result(summary: Summary, language: Language) -> list[Markup]:
    if not summary.received:
        return [_paragraph(language, "Nothing was received that counts.")]
    late = summary.part < 1
    parts = []
    if summary.scored and summary.total is not None and summary.reached is not None:
        points = {"points": number(summary.total), "maximum": number(summary.maximum)}
        parts.append(element("p", phrase(language, "{points} of {maximum} points", **points), class_="total"))
    if late and summary.scored and summary.reached is not None:
        values = {"part": f"{summary.part:.0%}", "reached": number(summary.reached)}
        parts.append(_paragraph(language, "Received late: {part} of {reached} points count.", **values))
    elif not late:
        parts.append(_paragraph(language, "Received in time."))
    return parts


def _paragraph(language: Language, text: str, **values: object) -> Markup:
    return element("p", phrase(language, text, **values))


def _lines(summary: Summary, language: Language) -> Markup:
    heads = ("question", "points", "state") if summary.scored else ("question", "state")
    lines = enumerate(summary.lines, start=1)
    rows = [_line(position, each, language, scored=summary.scored) for position, each in lines]
    return table([phrase(language, head) for head in heads], rows, phrase(language, "Questions"))


def _line(position: int, line: Line, language: Language, *, scored: bool) -> Markup:
    title = one_line(line.title)
    name = element("a", title, href=f"#{address(position)}") if line.evidence is not None else title
    if line.status:
        state = status_word(Status(line.status), language)
    else:
        state = phrase(language, "not graded yet" if line.answered else "not handed in")
    points = "" if line.points is None else f"{number(line.points)} / {number(line.maximum)}"
    return row(name, *([points] if scored else []), state)


def row(first: Markup | str, *cells: Markup | str) -> Markup:
    """Draw a row with its name."""
    return element("tr", element("th", first, scope="row"), *(element("td", cell) for cell in cells))


def table(heads: Iterable[str], rows: Iterable[Markup], name: str) -> Markup:
    """Draw a table that scrolls by itself where the window is narrow."""
    head = element("thead", element("tr", *(element("th", each, scope="col") for each in heads)))
    whole = element("table", head, element("tbody", *rows))
    return element("div", whole, class_="scroll", role="group", aria_label=name, tabindex=0)


# --- a reviewer's ----------------------------------------------------------------------------------------------------


def _talks(talks: Sequence[tuple[str, Sequence[Talk]]], language: Language) -> list[Markup]:
    found = [(title, asked) for title, asked in talks if asked]
    if not found:
        return []
    parts = [_paragraph(language, _ON_TALKS)]
    for title, asked in found:
        items = [element("li", one_line(each.text), " ", _place(each, language)) for each in asked]
        parts += [element("h3", one_line(title)), element("ol", *items)]
    return parts


_ON_TALKS = "Questions about the candidate's own code. What is said in answer counts, not that a line was chosen."


def _place(talk: Talk, language: Language) -> Markup:
    return element("code", phrase(language, "{file}, line {line}", file=one_line(talk.file), line=talk.line))


def _scorecard(card: Sequence[Criterion], candidate: str, language: Language) -> list[Markup]:
    if not card:
        return []
    command = f"grade assess rate {candidate} {' '.join(f'{each.id}=…' for each in card)} --by …"
    parts = [_paragraph(language, "Fill it in before you look at another's levels: {command}", command=command)]
    for each in card:
        levels = [
            row(phrase(language, "level {level}", level=level), one_line(anchor.in_language(language)))
            for level, anchor in enumerate(each.anchors, 1)
        ]
        title = one_line(each.title.in_language(language))
        parts += [element("h3", title), element("table", element("tbody", *levels))]
    return parts


def _disclosure(disclosure: Mapping[str, object], language: Language) -> list[Markup]:
    if not disclosure:
        return []
    rows = [row(one_line(name), element("pre", str(value))) for name, value in disclosure.items()]
    note = _paragraph(language, "The candidate's own words; none of it changes a point.")
    return [note, element("table", element("tbody", *rows))]
