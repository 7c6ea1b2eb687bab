"""The checks of a submission on a page, each with the evidence behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.report.differences import differing
from grader.report.lengths import capped, clipped
from grader.report.pages.listing import Listing
from grader.report.pages.markup import Markup, Node, element
from grader.report.untrusted import neutral, one_line
from grader.report.wording import judging_rows, number, outcome_sentence, repeats, say, seconds
from grader.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.question import Language, Text
    from grader.report.candidate import Failure, HiddenGroup
    from grader.verdict import CheckResult, Detail, SourceLine

    Rows = list[tuple[str, Node]]

_SIGNS = {
    Outcome.PASSED: "✓",
    Outcome.FAILED: "✗",
    Outcome.NOT_RUN: "–",
    Outcome.BROKEN: "!",
    Outcome.NOT_MET: "○",
    Outcome.CONTRADICTED: "≠",
    Outcome.UNDECIDED: "?",
}


def symbol(outcome: Outcome) -> str:
    """Return one character for an outcome, so that colour is not all that tells outcomes apart."""
    return _SIGNS.get(outcome) or outcome.value[0].upper()


def kind_of(outcome: Outcome) -> str:
    """Return how an outcome is coloured: `good`, `bad`, `ours` where it is no fault of the submission's."""
    return {Outcome.PASSED: "good", Outcome.BROKEN: "ours", Outcome.UNDECIDED: "ours"}.get(outcome, "bad")


def draw_check(check: CheckResult, address: str, listing: Listing, language: Language) -> Markup:
    """Draw a check that may be seen in full; what did not pass opens to show its evidence."""
    head = _head(check, language)
    rows = _rows(check, listing, language)
    if not rows:
        return element("li", element("div", head, class_="row"), id=address, class_=f"check {kind_of(check.outcome)}")
    evidence = element("dl", *_terms(rows, language), class_="evidence")
    opened = check.outcome is not Outcome.PASSED
    details = element("details", element("summary", head, class_="row"), evidence, open=opened)
    return element("li", details, id=address, class_=f"check {kind_of(check.outcome)}")


def draw_hidden(hidden: HiddenGroup, language: Language) -> Markup:
    """Draw what a candidate may see of the hidden checks of a group: how many failed in which way, and all hints."""
    outcomes = dict.fromkeys(failure.outcome for failure in hidden.failures)
    counts = {outcome: sum(failure.outcome is outcome for failure in hidden.failures) for outcome in outcomes}
    rows = [row for failure in dict.fromkeys(hidden.failures) for row in _failure_rows(failure, language)]
    return element(
        "div",
        element("ul", *(_counted(outcome, count, language) for outcome, count in counts.items()), class_="checks"),
        element("dl", *_terms(rows, language), class_="evidence") if rows else None,
    )


def draw_places(places: Sequence[SourceLine], listing: Listing, language: Language) -> Markup:
    """Draw the way to an exception, outermost call first, with links to the lines the page shows."""
    return element("ol", *(_place(place, listing, language) for place in places), class_="places")


def draw_fault(place: SourceLine, column: int | None, listing: Listing, language: Language) -> Markup:
    """Draw the line that could not be read, with its column, counted from 1."""
    if column is None:
        return draw_places([place], listing, language)
    phrase = "{file}, line {line}, column {column}"
    words = say(language, phrase, file=place.file, line=place.line, column=column)
    return element("ol", _linked(words, place, listing), class_="places")


def draw_text(text: str, language: Language) -> Markup:
    """Draw a text of many lines; where it is too long, say how much is left out."""
    kept, rest = capped(text.strip("\n"), language)
    return element("pre", kept, element("em", f"\n{rest}") if rest else None)


def _head(check: CheckResult, language: Language) -> list[Markup]:
    worth = f"{number(check.points)} / {number(check.max_points)}" if check.max_points else ""
    return [
        _symbol(check.outcome),
        element("span", one_line(clipped(check.name)), class_="name"),
        element("span", outcome_sentence(check.outcome, language), class_="sentence"),
        element("span", say(language, check.visibility.value), class_="tag"),
        element("span", seconds(check.seconds) if check.seconds else "", class_="time"),
        element("span", worth, class_="points"),
    ]


def _symbol(outcome: Outcome) -> Markup:
    return element("span", symbol(outcome), class_="symbol", aria_hidden="true")


def _counted(outcome: Outcome, count: int, language: Language) -> Markup:
    counted = say(language, "{count} checks", count=count) if count > 1 else ""
    parts = (
        _symbol(outcome),
        element("span", outcome_sentence(outcome, language), class_="name"),
        element("span", counted, class_="sentence"),
    )
    return element("li", element("div", *parts, class_="row"), class_=f"check {kind_of(outcome)}")


def _terms(rows: Rows, language: Language) -> list[Markup]:
    return [
        element("div", element("dt", say(language, label)), element("dd", value), class_=label) for label, value in rows
    ]


def _rows(check: CheckResult, listing: Listing, language: Language) -> Rows:
    detail = check.detail
    rows: Rows = []
    if check.message and not (detail and repeats(check.message, detail)):
        rows.append(("message", draw_text(check.message, language)))
    if detail is not None:
        rows += _detail_rows(detail, listing, language)
    return rows + (_hint(check.hint, language) if check.outcome is not Outcome.PASSED else [])


def _detail_rows(detail: Detail, listing: Listing, language: Language) -> Rows:
    before = {"call": detail.call, "example": detail.example}
    after = {"difference": detail.difference, "exception": detail.exception}
    rows: Rows = [(label, draw_text(value, language)) for label, value in before.items() if value]
    rows += _comparison(detail, language)
    texts = [*after.items(), *judging_rows(detail, language)]
    rows += [(label, draw_text(value, language)) for label, value in texts if value]
    return [*rows, ("where", draw_places(detail.traceback, listing, language))] if detail.traceback else rows


def _comparison(detail: Detail, language: Language) -> Rows:
    values = {"expected": detail.expected, "got": detail.actual}
    texts = {label: capped(value.strip("\n"), language) for label, value in values.items() if value is not None}
    kept = [text for text, _ in texts.values()]
    spans = differing(*kept) if len(kept) == 2 else ([],) * len(kept)
    return [
        (label, element("pre", _marked(text, where), element("em", f"\n{rest}") if rest else None))
        for (label, (text, rest)), where in zip(texts.items(), spans, strict=True)
    ]


def _marked(text: str, spans: Sequence[tuple[int, int]]) -> list[Markup | str]:
    parts: list[Markup | str] = []
    end = 0
    for start, stop in spans:
        parts += [text[end:start], element("mark", text[start:stop])]
        end = stop
    return [*parts, text[end:]]


def _place(place: SourceLine, listing: Listing, language: Language) -> Markup:
    words = say(language, "{file}, line {line}", file=place.file, line=place.line)
    if place.function:
        words = say(language, "{place}, in {function}", place=words, function=place.function)
    return _linked(words, place, listing)


def _linked(words: str, place: SourceLine, listing: Listing) -> Markup:
    words = one_line(clipped(words))
    address = listing.address(place)
    return element(
        "li",
        element("a", words, href=f"#{address}") if address else element("bdi", words),
        element("code", neutral(clipped(place.text.strip()))) if place.text.strip() else None,
    )


def _failure_rows(failure: Failure, language: Language) -> Rows:
    rows: Rows = [("exception", draw_text(failure.exception, language))] if failure.exception else []
    rows += [("where", draw_places(failure.traceback, Listing(), language))] if failure.traceback else []
    return rows + _hint(failure.hint, language)


def _hint(hint: Text | None, language: Language) -> Rows:
    return [("hint", element("p", hint.in_language(language)))] if hint else []
