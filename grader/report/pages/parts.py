"""What the pages of a candidate and of a reviewer have in common: result, points, speed, limits, notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.report.amounts import amounts
from grader.report.lengths import clipped
from grader.report.pages.evidence import draw_text
from grader.report.pages.markup import Markup, Node, element
from grader.report.pages.svg import Measurement, bar, ratio_plot
from grader.report.untrusted import one_line
from grader.report.wording import (
    factor,
    number,
    say,
    score,
    speed_limit,
    speed_measured,
    speed_word,
    status_explanation,
    status_word,
)
from grader.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grader.question import Language
    from grader.report.amounts import Amount
    from grader.report.candidate import CandidateReport, GroupScore, Speed
    from grader.verdict import Usage, Verdict

KINDS = {
    Status.ACCEPTED: "good",
    Status.PARTIAL: "fair",
    Status.REJECTED: "bad",
    Status.PROVISIONAL: "ours",
    Status.INVALID: "bad",
    Status.UNGRADED: "ours",
    Status.BROKEN: "ours",
}
_WITH_PAIRS = "A dot is one pair, the first on top. Line and band: the measured ratio and its interval."
_WITHOUT_PAIRS = "Line and band: the measured ratio and its interval."
_WITHOUT_POINTS = {Status.PROVISIONAL, Status.UNGRADED, Status.BROKEN}


def draw_head(report: Verdict | CandidateReport, language: Language) -> Markup:
    """Draw what was asked, who answered, and what became of it."""
    digest = one_line(report.submission.sha256)
    return element(
        "header",
        element("p", one_line(clipped(report.question)), class_="eyebrow"),
        element("h1", one_line(clipped(report.title.in_language(language)))),
        element(
            "p",
            element("bdi", one_line(clipped(report.submission.name))),
            element("span", "sha256 ", element("code", digest[:12]), title=digest) if digest else None,
            class_="submission",
        ),
        draw_result(report, language),
        class_="head",
    )


def draw_result(report: Verdict | CandidateReport, language: Language) -> Markup:
    """Draw the status, large, and the points where there are any."""
    kind = KINDS[report.status]
    badge = element("p", status_word(report.status, language), class_=f"badge {kind}")
    if report.status in _WITHOUT_POINTS or report.points is None or not report.max_points:
        return element("div", badge, class_="result")
    share = report.points / report.max_points
    points = element("p", score(report.points, report.max_points, language), class_="total")
    percent = element("p", f"{share:.0%}", class_="share")
    return element("div", badge, points, bar(share, kind), percent, class_="result")


def contents(sections: Sequence[tuple[str, str, Sequence[Markup]]], label: str) -> Markup | None:
    """Draw the links to the sections of a page, each an address, a heading and parts; nothing where there are none."""
    links = [element("a", heading, href=f"#{address}") for address, heading, _ in sections]
    return element("nav", links, class_="contents", aria_label=label) if links else None


def address_of(phrase: str) -> str:
    """Return the address of the section that a phrase heads, whatever the language it is shown in."""
    return phrase.lower().replace(" ", "-")


def section(name: str, heading: str, parts: Sequence[Markup]) -> Markup:
    """Draw a heading with parts under it."""
    return element("section", element("h2", heading, id=name), parts, aria_labelledby=name)


def draw_reason(report: Verdict | CandidateReport, place: Node, language: Language) -> Markup | None:
    """Say why there is no result, where there is none."""
    explanation = status_explanation(report.status, language)
    if not (explanation or report.message or report.location):
        return None
    return element(
        "div",
        element("p", explanation) if explanation else None,
        draw_text(report.message, language) if report.message else None,
        place if report.location else None,
        class_=f"reason {KINDS[report.status]}",
    )


def draw_points(groups: Sequence[GroupScore], language: Language, *, linked: bool) -> Markup | None:
    """Draw the points of each group as a table; linked to the checks of each, where the page shows them."""
    heads = [element("th", say(language, label), scope="col") for label in ("group", "Points")]
    rows = [_group_row(group, f"#group-{index}" if linked else None, language) for index, group in enumerate(groups, 1)]
    table = element("table", element("thead", element("tr", *heads, element("td"))), element("tbody", *rows))
    return element("div", table) if groups else None


def _group_row(group: GroupScore, address: str | None, language: Language) -> Markup:
    kind = "good" if group.passed else "fair" if group.points else "bad"
    share = group.points / group.max_points if group.max_points else 0.0
    name = one_line(clipped(group.group.in_language(language)))
    symbol = element("span", "✓" if group.passed else "✗", class_=f"symbol {kind}", aria_hidden="true")
    points = f"{number(group.points)} / {number(group.max_points)}" if group.max_points else ""
    return element(
        "tr",
        element("th", symbol, " ", element("a", name, href=address) if address else name, scope="row"),
        element("td", points, class_="amount"),
        element("td", bar(share, kind) if group.max_points else None, class_="bar-cell"),
    )


def draw_speed(name: str, speed: Speed, against: str, ratios: Sequence[float], language: Language) -> Markup:
    """Draw a measured ratio; where being fast is asked for, the scale is how many times as fast."""
    measured = speed_measured(speed.limit, speed.ratio, speed.low, speed.high, language)
    limit = speed_limit(speed.limit, against, language, speed.quantity)
    words = one_line(say(language, "{measured}; {limit}", measured=measured, limit=limit))
    word = speed_word(speed.quantity, language, passed=speed.passed)
    undecided = say(language, "undecided after all rounds, counted for the submission")
    return element(
        "div",
        element(
            "h3", element("span", word, class_=f"badge small {'good' if speed.passed else 'bad'}"),
            " ", one_line(clipped(name)),
        ),
        element("p", words, class_="measured"),
        element("p", undecided) if not speed.decided else None,
        _plot(speed, ratios, words, language),
        element("p", say(language, _WITH_PAIRS if ratios else _WITHOUT_PAIRS), class_="caption"),
        class_="speed",
    )  # fmt: skip


def _plot(speed: Speed, ratios: Sequence[float], words: str, language: Language) -> Markup:
    values = [speed.ratio, speed.low, speed.high, speed.limit, *ratios]
    faster = speed.limit < 1  # then the words, too, count how many times as fast
    if faster:
        values = [1 / value if value else float("inf") for value in values]
    ratio, one_end, other_end, limit, *points = values
    low, high = sorted((one_end, other_end))
    return ratio_plot(
        say(language, "Measured ratio and limit"),
        words,
        Measurement(ratio, low, high, limit, points, above=faster),
        f"{say(language, 'limit')} {factor(limit)}×",
    )


def draw_limits(usage: Usage, language: Language) -> list[Markup]:
    """Draw what was used, beside what may be used, as a table; and how often it had to be started anew."""
    rows = [_limit_row(each, language) for each in amounts(usage)]
    heads = [element("th", say(language, label), scope="col") for label in ("resource", "used", "limit", "share")]
    table = element("table", element("thead", element("tr", *heads, element("td"))), element("tbody", *rows))
    restarts = say(language, "Its process ended early and was started {count} times.", count=usage.guests)
    return [
        *([element("div", table)] if rows else []),
        *([element("p", restarts, class_="restarts")] if usage.guests > 1 else []),
    ]


def _limit_row(each: Amount, language: Language) -> Markup:
    return element(
        "tr",
        element("th", say(language, each.label), scope="row"),
        element("td", each.used, class_="amount"),
        element("td", each.limit, class_="amount"),
        element("td", f"{each.share:.0%}", class_="amount"),
        element("td", bar(each.share, each.level), class_="bar-cell"),
    )


def draw_notes(notes: Iterable[str]) -> Markup | None:
    """Draw what is no failure, as a list."""
    items = [element("li", clipped(note)) for note in notes]
    return element("ul", *items, class_="notes") if items else None


def draw_output(output: str, language: Language) -> Markup | None:
    """Draw what the submission printed."""
    return draw_text(output, language) if output.strip() else None
