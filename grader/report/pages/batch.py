"""One page for a batch: how the marks spread, what each check says of the candidates, who needs a look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.gradebook import BINS
from grader.report.lengths import clipped
from grader.report.pages.heatmap import candidate_cell, check_name, draw_heatmap
from grader.report.pages.markup import Markup, document, element, link_to
from grader.report.pages.parts import contents, section
from grader.report.pages.svg import bar, histogram
from grader.report.untrusted import one_line
from grader.report.wording import number, say, seconds, status_word
from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grader.gradebook import Grade, Gradebook, Item, Sheet
    from grader.question import Language
    from grader.report.pages.heatmap import Links

_MOST_SLOW = 5


def batch_page(gradebook: Gradebook, language: Language, links: Links) -> str:
    """Return the page of a batch, for reviewers.

    Args:
        gradebook: All verdicts.
        language: Of the page.
        links: Candidate and qualified question to the path of that page, relative to this one.
    """
    questions = [
        (f"question-{index}", one_line(clipped(sheet.title.in_language(language))), _question(sheet, links, language))
        for index, sheet in enumerate(gradebook.sheets, 1)
    ]
    sections = [
        ("overview", say(language, "Overview"), [_overview(gradebook, language)]),
        ("not-graded", say(language, "Not graded"), _unmarked(gradebook, links, language)),
        *questions,
        ("slowest", say(language, "Slowest"), _slowest(gradebook, links, language)),
        ("grades", say(language, "Grades"), _grades(gradebook, links, language)),
    ]
    shown = [(name, heading, parts) for name, heading, parts in sections if parts]
    title = say(language, "Results of a batch")
    main = element("main", [section(*each) for each in shown])
    links_to_all = contents(shown, say(language, "Contents"))
    return document(title, language, _head(title, gradebook, language), links_to_all, main)


def _head(title: str, gradebook: Gradebook, language: Language) -> Markup:
    counts = {
        "{count} candidates": len(gradebook.candidates),
        "{count} questions": len(gradebook.sheets),
        "{count} submissions": len(gradebook.grades),
    }
    words = " · ".join(
        say(language, phrase.removesuffix("s") if count == 1 else phrase, count=count)
        for phrase, count in counts.items()
    )
    return element("header", element("h1", title), element("p", words, class_="submission"), class_="head ruled")


def _table(name: str, heads: Iterable[str], rows: Iterable[Markup], language: Language) -> Markup:
    cells = [element("th", say(language, head), scope="col") if head else element("td") for head in heads]
    return _scrolled(say(language, name), element("tr", *cells), rows)


def _scrolled(name: str, head: Markup, rows: Iterable[Markup]) -> Markup:
    """Return a table that scrolls by itself where the window is narrow."""
    table = element("table", element("thead", head), element("tbody", *rows))
    return element("div", table, class_="scroll", role="group", aria_label=name, tabindex=0)


def _amounts(*values: str) -> list[Markup]:
    return [element("td", value, class_="amount") for value in values]


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


# --- all questions ---


def _overview(gradebook: Gradebook, language: Language) -> Markup:
    heads = ("question", "submissions", "mean", "median", "accepted", "no points", "not graded", "")
    rows = [_overview_row(index, sheet, language) for index, sheet in enumerate(gradebook.sheets, 1)]
    return _table("Overview", heads, rows, language)


def _overview_row(index: int, sheet: Sheet, language: Language) -> Markup:
    title = one_line(clipped(sheet.title.in_language(language)))
    accepted = sum(grade.verdict.status is Status.ACCEPTED for grade in sheet.grades)
    nothing = sum(grade.verdict.points == 0 for grade in sheet.marked)
    counts = (str(accepted), str(nothing), str(len(sheet.unmarked)))
    return element(
        "tr",
        element("th", element("a", title, href=f"#question-{index}"), scope="row"),
        *_amounts(str(len(sheet.grades)), _percent(sheet.mean), _percent(sheet.median), *counts),
        element("td", bar(sheet.mean or 0.0, "plain"), class_="bar-cell"),
    )


def _unmarked(gradebook: Gradebook, links: Links, language: Language) -> list[Markup]:
    rows = [
        element(
            "tr",
            candidate_cell(grade, links, language),
            element("td", one_line(sheet.question)),
            element("td", status_word(grade.verdict.status, language), class_="tone ours"),
            element("td", one_line(clipped(grade.verdict.message)), class_="words"),
        )
        for sheet in gradebook.sheets
        for grade in sheet.unmarked
    ]
    return [_table("Not graded", ("candidate", "question", "status", "message"), rows, language)] if rows else []


def _slowest(gradebook: Gradebook, links: Links, language: Language) -> list[Markup]:
    grades = sorted((grade for sheet in gradebook.sheets for grade in sheet.slowest()), key=_duration)[:_MOST_SLOW]
    rows = [
        element(
            "tr",
            candidate_cell(grade, links, language),
            element("td", one_line(grade.verdict.question)),
            *_amounts(seconds(grade.verdict.seconds)),
        )
        for grade in grades
        if grade.verdict.seconds
    ]
    return [_table("Slowest", ("candidate", "question", "duration"), rows, language)] if rows else []


def _duration(grade: Grade) -> float:
    return -grade.verdict.seconds


def _grades(gradebook: Gradebook, links: Links, language: Language) -> list[Markup]:
    """Draw everybody's points side by side; with one question, its own table has them already."""
    if len(gradebook.sheets) < 2:
        return []
    grades = {(grade.candidate, sheet.question): grade for sheet in gradebook.sheets for grade in sheet.grades}
    questions = [sheet.question for sheet in gradebook.sheets]
    heads = [element("th", element("bdi", one_line(name)), scope="col") for name in questions]
    first, last = (element("th", say(language, label), scope="col") for label in ("candidate", "total"))
    rows = [
        _grades_row(candidate, [grades.get((candidate, name)) for name in questions], links, language)
        for candidate in gradebook.candidates
    ]
    return [_scrolled(say(language, "Grades"), element("tr", first, *heads, last), rows)]


def _grades_row(candidate: str, grades: Sequence[Grade | None], links: Links, language: Language) -> Markup:
    marked = all(grade is None or grade.marked for grade in grades)
    total = number(sum(grade.verdict.points for grade in grades if grade)) if marked else ""
    return element(
        "tr",
        element("th", element("bdi", one_line(clipped(candidate))), scope="row"),
        *(_grade_cell(grade, links, language) for grade in grades),
        element("td", element("strong", total), class_="amount"),
    )


def _grade_cell(grade: Grade | None, links: Links, language: Language) -> Markup:
    if grade is None:
        return element("td")
    if not grade.marked:
        return element("td", status_word(grade.verdict.status, language), class_="tone ours")
    points = number(grade.verdict.points)
    path = links.get((grade.candidate, grade.verdict.question))
    return element("td", element("a", points, href=link_to(path)) if path else points, class_="amount")


# --- one question ---


def _question(sheet: Sheet, links: Links, language: Language) -> list[Markup]:
    return [
        element("p", one_line(sheet.question), class_="eyebrow"),
        *_distribution(sheet, language),
        *_items(sheet, language),
        element("h3", say(language, "Candidates and checks, most points first")),
        *draw_heatmap(sheet, links, language),
    ]


def _distribution(sheet: Sheet, language: Language) -> list[Markup]:
    if not sheet.marked:
        return []
    edges = [f"{100 * index // BINS}%" for index in range(BINS + 1)]
    words = ", ".join(
        f"{low}-{high}: {count}" for low, high, count in zip(edges, edges[1:], sheet.histogram, strict=False)
    )
    name = say(language, "Distribution of the points")
    labels = [label if index % 2 == 0 else "" for index, label in enumerate(edges)]
    return [element("h3", name), histogram(name, words, sheet.histogram, labels)]


def _items(sheet: Sheet, language: Language) -> list[Markup]:
    if not sheet.items:
        return []
    ranked = sorted(sheet.items, key=lambda item: (item.passed / item.graded, item.name))
    heads = ("check", "group", "Points", "passed", "share", "")
    table = _table("Checks", heads, [_item_row(item, language) for item in ranked], language)
    return [element("h3", say(language, "Checks, hardest first")), table]


def _item_row(item: Item, language: Language) -> Markup:
    flag = "Passed by nobody" if item.passed == 0 else "Passed by everybody" if item.passed == item.graded else None
    share = item.difficulty or 0.0
    return element(
        "tr",
        element(
            "th",
            check_name(item),
            element("span", say(language, flag), class_="flag") if flag else None,
            scope="row",
        ),
        element("td", one_line(clipped(item.group.in_language(language)))),
        *_amounts(
            number(item.max_points) if item.max_points else "",
            say(language, "{used} of {limit}", used=item.passed, limit=item.graded),
            f"{share:.0%}",
        ),
        element("td", bar(share, "plain"), class_="bar-cell"),
    )
