"""Every candidate against every check of a question, as a table whose head stays in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.report.lengths import clipped
from grader.report.pages.evidence import kind_of, symbol
from grader.report.pages.markup import Markup, element, link_to
from grader.report.untrusted import one_line
from grader.report.wording import number, outcome_sentence, say, status_word
from grader.verdict import Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.gradebook import Grade, Item, Sheet
    from grader.question import Language, Visibility

    Links = Mapping[tuple[str, str], str]
    Key = tuple[Visibility, str]

_WITHOUT_CHECKS = {Status.INVALID, Status.UNGRADED, Status.BROKEN}


def draw_heatmap(sheet: Sheet, links: Links, language: Language) -> list[Markup]:
    """Draw the table, most points first, with a legend of what occurs in it."""
    cells = {outcome: element("td", symbol(outcome), class_=kind_of(outcome)) for outcome in Outcome}
    ranked = sorted(sheet.grades, key=lambda grade: (not grade.marked, -grade.share, grade.candidate))
    rows = [_row(grade, sheet.items, cells, links, language) for grade in ranked]
    table = element("table", _head(sheet.items, language), element("tbody", *rows), class_="heatmap")
    name = say(language, "Candidates and checks")
    return [
        _legend(sheet, language),
        element("div", table, class_="wide tall", role="group", aria_label=name, tabindex=0),
    ]


def candidate_cell(grade: Grade, links: Links, language: Language) -> Markup:
    """Draw a candidate's name, linked to the candidate's page where there is one."""
    name = element("bdi", one_line(clipped(grade.candidate)))
    path = links.get((grade.candidate, grade.verdict.question))
    twin = say(language, "same content as {candidate}", candidate=one_line(clipped(grade.twin_of or "")))
    return element(
        "th",
        element("a", name, href=link_to(path)) if path else name,
        element("span", twin, class_="flag") if grade.twin_of else None,
        scope="row",
    )


def check_name(item: Item) -> str:
    """Return a check's name for a table, without what every name begins with."""
    return one_line(clipped(item.name)).removeprefix("test_")


def _head(items: Sequence[Item], language: Language) -> Markup:
    columns = [
        element("th", element("span", check_name(item), title=item.name, class_="upright"), scope="col")
        for item in items
    ]
    fixed = [element("th", say(language, label), scope="col") for label in ("candidate", "Points")]
    return element("thead", element("tr", *fixed, *columns))


def _row(
    grade: Grade, items: Sequence[Item], cells: Mapping[Outcome, Markup], links: Links, language: Language
) -> Markup:
    name = candidate_cell(grade, links, language)
    points = element("td", number(grade.verdict.points) if grade.marked else "", class_="amount")
    if grade.verdict.status in _WITHOUT_CHECKS:
        status = status_word(grade.verdict.status, language)
        kind = "bad" if grade.marked else "ours"
        wide = element("td", status, class_=kind, colspan=max(len(items), 1))
        return element("tr", name, points, wide)
    outcomes: dict[Key, Outcome] = {(check.visibility, check.name): check.outcome for check in grade.verdict.checks}
    missing = element("td")
    found = [outcomes.get((item.visibility, item.name)) for item in items]
    return element("tr", name, points, [cells[each] if each else missing for each in found])


def _legend(sheet: Sheet, language: Language) -> Markup:
    occurring = {check.outcome for grade in sheet.grades for check in grade.verdict.checks}
    entries = [
        element(
            "li",
            element("span", symbol(outcome), class_=f"symbol {kind_of(outcome)}"),
            f" {outcome_sentence(outcome, language)}",
        )
        for outcome in Outcome
        if outcome in occurring
    ]
    return element("ul", *entries, class_="legend")
