"""The submission's source on a page: numbered lines, each with an address, the lines of failures marked."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from grader.report.lengths import clipped
from grader.report.pages.highlight import highlighted
from grader.report.pages.markup import Markup, element
from grader.report.untrusted import one_line, source_lines
from grader.report.wording import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from grader.question import Language
    from grader.verdict import CheckResult, SourceLine

    Marks = Mapping[str, Mapping[str, str]]

_MOST_LINES = 2000
_MOST_LINKS = 3
_MOST_CHARACTERS = 200_000


@dataclass(frozen=True)
class Listing:
    """The submission's files as lines, and the addresses of those lines on the page."""

    files: Mapping[str, list[str]] = field(default_factory=dict)

    def address(self, place: SourceLine) -> str | None:
        """Return the id of a line, or None where the page does not show it."""
        if 1 <= place.line <= len(self.files.get(place.file, ())):
            return f"file-{list(self.files).index(place.file) + 1}-{place.line}"
        return None


def make_listing(source: Mapping[str, str]) -> Listing:
    """Split files into lines, so many in all that a page stays readable."""
    files: dict[str, list[str]] = {}
    lines, characters = _MOST_LINES, _MOST_CHARACTERS
    for name, text in source.items():
        files[name] = source_lines(text[:characters])[:lines] if lines and characters else []
        lines -= len(files[name])
        characters -= sum(map(len, files[name]))
    return Listing(files)


def find_marks(checks: Iterable[tuple[str, CheckResult]], fault: SourceLine | None, listing: Listing) -> Marks:
    """Return the lines on the way to a failure, with links to the checks that went there, and the unreadable line."""
    marks: defaultdict[str, dict[str, str]] = defaultdict(dict)
    if fault and (address := listing.address(fault)):
        marks[address] = {}
    for check_address, check in checks:
        for place in check.detail.traceback if check.detail else ():
            if address := listing.address(place):
                marks[address][check_address] = check.name
    return marks


def draw_listing(listing: Listing, source: Mapping[str, str], marks: Marks, language: Language) -> list[Markup]:
    """Draw every file, with its marked lines."""
    return [
        element("div", _heading(name), _code(number, name, lines, marks), _rest(lines, source[name], language))
        for number, (name, lines) in enumerate(listing.files.items(), 1)
    ]


def _heading(name: str) -> Markup:
    return element("h3", element("bdi", one_line(name)))


def _code(file: int, name: str, lines: list[str], marks: Marks) -> Markup:
    rows = [
        _line(f"file-{file}-{number}", number, pieces, marks)
        for number, pieces in enumerate(highlighted([clipped(line) for line in lines]), 1)
    ]
    code = element("ol", *rows, class_="code", dir="ltr")
    return element("div", code, class_="wide", role="group", aria_label=one_line(name), tabindex=0)


def _line(address: str, number: int, pieces: list[Markup | str], marks: Marks) -> Markup:
    checks = list(marks.get(address, {}).items())
    links = [element("a", one_line(name), href=f"#{check}") for check, name in checks[:_MOST_LINKS]]
    more = f"+{len(checks) - _MOST_LINKS}" if len(checks) > _MOST_LINKS else None
    return element(
        "li",
        element("span", str(number), class_="number"),
        element("code", pieces),
        element("span", links, more, class_="links") if links else None,
        id=address,
        class_="marked" if address in marks else None,
    )


def _rest(lines: list[str], text: str, language: Language) -> Markup | None:
    left_out = len(source_lines(text)) - len(lines)
    return element("p", say(language, "… and {count} more lines", count=left_out), class_="rest") if left_out else None
