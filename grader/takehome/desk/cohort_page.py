"""The team's page: how the totals lie, where each candidate stands, how far raters agree, what the items are worth."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.intervals import ENOUGH, Estimate, wilson
from grader.report.pages.markup import Markup, element, link_to
from grader.report.pages.svg import histogram
from grader.report.untrusted import one_line
from grader.report.wording import number
from grader.takehome.desk.pages import laid_out, page, row, table
from grader.takehome.desk.phrases import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from grader.question import Language
    from grader.takehome.items import ItemFigures
    from grader.takehome.statistics import Statistics

BINS = 10


@dataclass(frozen=True)
class Member:
    """One invitation, as the team sees it."""

    label: str
    form: str
    total: float | None
    """None while it is not graded."""
    maximum: float
    decision: str = ""
    received: bool = True
    """Whether anything was received that counts."""


def percentiles(members: Sequence[Member]) -> dict[str, Estimate]:
    """Return which share of the others a total is above, with an interval; ties count half.

    Totals of different forms are not comparable, so each form stands by itself. Under 30 graded candidates of a form
    nothing is told.
    """
    forms: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        if member.total is not None:
            forms[member.form].append(member)
    return {
        each.label: wilson(_below(each, others), len(others) - 1)
        for others in forms.values()
        if len(others) >= ENOUGH
        for each in others
    }


def _below(one: Member, others: Sequence[Member]) -> float:
    assert one.total is not None, "only graded ones are compared"
    totals = [each.total for each in others if each is not one and each.total is not None]
    return sum(total < one.total for total in totals) + sum(total == one.total for total in totals) / 2


def cohort_page(
    title: str,
    members: Sequence[Member],
    agreement: Mapping[str, tuple[int, Estimate | None]],
    statistics: Statistics,
    language: Language,
) -> str:
    """Return the page of a cohort; `batch.html` beside it has every question check by check."""
    sections = {
        "Distribution of the totals": _distribution(members, language),
        "Totals": _totals(members, language),
        "Agreement of the raters": _agreement(agreement, language),
        "Items": _items(statistics, language),
    }
    count = phrase(language, "{count} candidates", count=len(members))
    head = element("header", element("h1", one_line(title)), element("p", count, class_="submission"),
                   class_="head ruled")  # fmt: skip
    return page(title, head, laid_out(sections, language), language)


def _distribution(members: Sequence[Member], language: Language) -> list[Markup]:
    counts = [0] * BINS
    for each in members:
        if each.total is not None and each.maximum:
            counts[min(int(each.total / each.maximum * BINS), BINS - 1)] += 1
    if not any(counts):
        return []
    edges = [f"{100 * index // BINS}%" for index in range(BINS + 1)]
    words = ", ".join(f"{low}-{high}: {count}" for low, high, count in zip(edges, edges[1:], counts, strict=False))
    labels = [label if index % 2 == 0 else "" for index, label in enumerate(edges)]
    return [histogram(phrase(language, "Distribution of the totals"), words, counts, labels)]


def _totals(members: Sequence[Member], language: Language) -> list[Markup]:
    known = percentiles(members)
    rows = [_member(each, known.get(each.label), language) for each in members]
    heads = [phrase(language, head) for head in ("candidate", "total", "percentile", "decision")]
    note = [] if known else [element("p", phrase(language, _FEW, enough=ENOUGH))]
    return [*note, table(heads, rows, phrase(language, "Totals"))]


_FEW = "Percentiles are not told under {enough} candidates."


def _member(each: Member, percentile: Estimate | None, language: Language) -> Markup:
    waiting = phrase(language, "not graded yet" if each.received else "nothing received")
    total = waiting if each.total is None else f"{number(each.total)} / {number(each.maximum)}"
    return row(element("bdi", one_line(each.label)), total, _share(percentile), each.decision)


def _share(estimate: Estimate | None) -> str:
    return f"{estimate.value:.0%} ({estimate.low:.0%}-{estimate.high:.0%})" if estimate else ""


def _plain(estimate: Estimate | None) -> str:
    return f"{estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f})" if estimate else ""


def _agreement(agreement: Mapping[str, tuple[int, Estimate | None]], language: Language) -> list[Markup]:
    rows = [
        row(one_line(name), str(count), _plain(kappa) or phrase(language, "too few"))
        for name, (count, kappa) in agreement.items()
    ]
    heads = [phrase(language, head) for head in ("criterion", "rated twice", "weighted kappa")]
    return [table(heads, rows, phrase(language, "Agreement of the raters"))] if rows else []


def _items(statistics: Statistics, language: Language) -> list[Markup]:
    heads = [phrase(language, head) for head in ("item", "passed", "difficulty", "item-rest r")]
    parts = [
        element("p", phrase(language, "Intervals are of 90%. Worth a look is what is bad in all of its interval."))
    ]
    for figures in (*statistics.forms, *statistics.questions):
        rows = [row(*_item(item)) for item in figures.items]
        parts += [element("h3", one_line(figures.name)), table(heads, rows, figures.name)]
        parts += [element("p", f"{one_line(name)}: {finding}") for name, finding in _findings(figures.items)]
    link = element("a", phrase(language, "every question, check by check"), href=link_to("batch.html"))
    return [*parts, element("p", link)] if len(parts) > 1 else []


_ON_ITEMS = "Intervals are of 90%. Worth a look is what is bad in all of its interval."


def _item(item: ItemFigures) -> tuple[str, str, str, str]:
    passed = f"{item.full} / {item.candidates}"
    return one_line(item.name), passed, _share(item.difficulty), _plain(item.discrimination)


def _findings(items: Sequence[ItemFigures]) -> Iterator[tuple[str, str]]:
    for item in items:
        for finding in item.findings:
            yield item.name, finding.sentence
