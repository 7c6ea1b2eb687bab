"""The pages: nothing a candidate writes has power in them, and a browser shows them as they are meant."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from browser import Browser, find_browser
from hypothesis import given
from hypothesis import strategies as st
from test_report import verdicts
from test_report_samples import ACCEPTED, BROKEN, EVERY_OUTCOME, INVALID, PARTIAL, SOURCE, UNGRADED, hidden, verdict

from grader.question import LANGUAGES, Language, Text
from grader.report import Audience, render
from grader.report.candidate import CandidateReport, candidate_report
from grader.report.differences import differing
from grader.report.pages import markup
from grader.report.pages.evidence import symbol
from grader.report.pages.highlight import highlighted
from grader.report.pages.markup import Markup, element, link_to
from grader.report.pages.submission import candidate_page
from grader.verdict import Detail, Isolation, Level, Outcome, SourceLine, SubmissionId, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

RATIOS = tuple(0.56 * 1.03 ** ((7 * index) % 13 - 6) for index in range(30))
MEASURED = PARTIAL.model_copy(update={"performance": (PARTIAL.performance[0].model_copy(update={"ratios": RATIOS}),)})
SHOWN = {
    "partial": MEASURED, "outcomes": EVERY_OUTCOME, "invalid": INVALID, "broken": BROKEN, "ungraded": UNGRADED,
    "accepted": ACCEPTED,
}  # fmt: skip

SHELL = {"html", "head", "meta", "title", "style", "body"}
EMPTY = {"meta"}
SECTIONS = {"header", "nav", "main", "section", "div", "li", "dd", "details", "body", "td"}
PHRASING = {"a", "abbr", "bdi", "code", "em", "mark", "span", "strong", "svg"}
FLOW = PHRASING | {"details", "div", "dl", "h1", "h2", "h3", "header", "nav", "main", "ol", "p", "pre", "section"}
FLOW |= {"table", "ul"}
SHAPES = {"rect", "line", "circle", "text", "title", "desc"}
CONTENT: dict[str, set[str]] = {
    **dict.fromkeys(SECTIONS, FLOW),
    **dict.fromkeys([*PHRASING, "p", "pre", "h1", "h2", "h3", "th", "dt", "caption", "summary"], PHRASING),
    "html": {"head", "body"},
    "head": {"meta", "title", "style"},
    "ul": {"li"},
    "ol": {"li"},
    "dl": {"div"},
    "table": {"caption", "thead", "tbody"},
    "thead": {"tr"},
    "tbody": {"tr"},
    "tr": {"th", "td"},
    "svg": SHAPES,
}
"""Which elements may stand in which, of those a page has; HTML's content models, narrowed to what we write."""
ALSO = {"body": {"header", "main", "nav"}, "details": {"summary"}, "div": {"dt", "dd"}}

ATTACKS = (
    "<script>alert(1)</script>", "</style><img src=x onerror=alert(1)>", "<!--", "]]>", "</pre></details></main>",
    '" onload="alert(1)', "' style='background:url(http://x)'", "&lt;b&gt;", "&#60;b&#62;",
    "<a href=javascript:alert(1)>",
    "</title><meta http-equiv=refresh content=0>", "<svg/onload=alert(1)>", "\u202e", "\x00", "\ud800",
)  # fmt: skip
attacks = st.lists(st.sampled_from(ATTACKS) | st.text(max_size=8), min_size=1, max_size=3).map("".join)


class Page(HTMLParser):
    """A page read back: its elements in order, their attributes, its text; fails on anything out of place."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text = ""
        self.style = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.open:
            allowed = CONTENT.get(self.open[-1], set()) | ALSO.get(self.open[-1], set())
            assert tag in allowed, f"<{tag}> in <{self.open[-1]}>"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        assert len(self.elements[-1][1]) == len(attrs), f"an attribute twice: {attrs}"
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")

    def attributes(self, name: str) -> list[str]:
        return [attributes[name] for _, attributes in self.elements if name in attributes]


def page(drawn: Verdict, audience: Audience, language: Language = "en", source: dict[str, str] = SOURCE) -> Page:
    return Page(render(drawn, "html", audience, language, source=source))


def infected(drawn: Verdict, words: str) -> Verdict:
    """Put words wherever a submission, or a name, can put them."""
    frame = SourceLine(file=words, line=1, function=words, text=words)
    evidence = dict.fromkeys(("call", "expected", "actual", "difference", "example", "exception"), words)
    detail = Detail(**evidence, traceback=(frame,))
    check = hidden(words, Text(en=words), Outcome.ERROR, message=words, hint=Text(en=words), detail=detail)
    change = {
        "title": Text(en=words), "question": words, "submission": SubmissionId(name=words, sha256=words),
        "checks": (*drawn.checks, check), "output": words, "notes": (words,), "message": words, "location": frame,
        "environment": {words: words}, "grader": words,
        "isolation": Isolation(level=Level.BASIC, layers=(words,), missing={words: words}),
    }  # fmt: skip
    return drawn.model_copy(update=change)


# --------------------------------------------------------------------------------------------------- markup


@given(verdicts, attacks, st.sampled_from(Audience), st.sampled_from(LANGUAGES))
def test_nothing_of_a_submission_becomes_markup(
    drawn: Verdict, words: str, audience: Audience, language: Language
) -> None:
    """Whatever stands in a verdict and in the source, the page holds our elements alone, each in its place."""
    read = page(infected(drawn, words), audience, language, {words: words, "solution.py": f"{words}\n{words}"})

    style = (Path(markup.__file__).parent / "style.css").read_text(encoding="utf-8")
    assert {tag for tag, _ in read.elements} <= markup.TAGS | SHELL
    assert {name.lower() for tag, found in read.elements if tag not in SHELL for name in found} <= {
        name.lower() for name in markup.ATTRIBUTES
    }
    shell = Counter(tag for tag, _ in read.elements if tag in SHELL - {"title"})
    assert shell == {"html": 1, "head": 1, "meta": 5, "style": 1, "body": 1}
    assert read.style.strip() == style.strip()


@pytest.mark.parametrize("words", ATTACKS[:12])
def test_a_reviewer_reads_what_was_written(words: str) -> None:
    """Escaping takes the power from a text, not the text."""
    assert page(infected(PARTIAL, words), Audience.REVIEWER).text.count(words) > 10


@pytest.mark.parametrize("tag", ["script", "iframe", "img", "form", "object", "base", "style", "p><script"])
def test_there_is_no_element_that_runs_or_fetches(tag: str) -> None:
    with pytest.raises(ValueError, match="a page has no"):
        element(tag)


@pytest.mark.parametrize("name", ["onclick", "style", "src", "srcdoc", "xlink:href", 'id="a" onload'])
def test_there_is_no_attribute_that_runs_or_fetches(name: str) -> None:
    with pytest.raises(ValueError, match="has no attribute"):
        element("p", **{name: "x"})


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//host/", "http://host/", "data:text/html,x", " ./x", ""])
def test_no_link_leads_away(address: str) -> None:
    with pytest.raises(ValueError, match="does not link to"):
        element("a", href=address)


@given(st.text())
def test_a_link_to_a_file_is_relative_whatever_its_name(path: str) -> None:
    link = link_to(path)

    assert link.startswith("./")
    assert link.isascii()
    assert not set(link) & set("?#:\\\"'<> ")
    assert element("a", href=link).text == f'<a href="{link}"></a>'


def test_the_style_sheet_cannot_end_early_or_fetch() -> None:
    style = (Path(markup.__file__).parent / "style.css").read_text(encoding="utf-8")

    assert not [word for word in ("<", "url(", "@import", "expression", "//") if word in style]


# ---------------------------------------------------------------------------------------------------- pages


EVERY_PAGE = [
    pytest.param(drawn, audience, language, id=f"{name}-{audience.value}-{language}")
    for name, drawn in SHOWN.items()
    for audience in Audience
    for language in LANGUAGES
]


@pytest.mark.parametrize(("drawn", "audience", "language"), EVERY_PAGE)
def test_a_page_can_be_read_aloud(drawn: Verdict, audience: Audience, language: Language) -> None:
    """Language, headings in steps, scopes, names of drawings; every address once, every link to one of them."""
    read = page(drawn, audience, language)
    tags = [tag for tag, _ in read.elements]
    headings = [int(tag[1]) for tag in tags if tag in {"h1", "h2", "h3"}]
    ids = read.attributes("id")

    assert read.elements[0] == ("html", {"lang": {"en": "en", "zh": "zh-Hans"}[language]})
    assert (tags.count("h1"), tags.count("main"), tags.count("header")) == (1, 1, 1)
    assert headings[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in read.attributes("href")} <= set(ids)
    assert set(read.attributes("aria-labelledby")) <= set(ids)
    assert all("scope" in found for tag, found in read.elements if tag == "th")
    drawings = [(found, tags[index + 1]) for index, (tag, found) in enumerate(read.elements) if tag == "svg"]
    assert all("aria-hidden" in found or (found["role"], inside) == ("img", "title") for found, inside in drawings)


@pytest.mark.parametrize("audience", Audience)
def test_the_policy_comes_before_all_it_governs(audience: Audience) -> None:
    read = page(PARTIAL, audience)
    kinds = [(tag, found.get("http-equiv")) for tag, found in read.elements]
    policy = kinds.index(("meta", "Content-Security-Policy"))

    assert read.elements[policy][1]["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert policy < kinds.index(("style", None))


def test_a_candidates_page_is_made_of_the_candidates_report_alone() -> None:
    """The report, sent as JSON and read back, gives the page."""
    report = candidate_report(PARTIAL, SOURCE)
    sent = CandidateReport.model_validate(json.loads(report.model_dump_json()))

    assert candidate_page(sent, "en") == render(PARTIAL, "html", Audience.CANDIDATE, "en", source=SOURCE)


def test_a_failure_and_its_line_link_to_each_other() -> None:
    read = page(PARTIAL, Audience.REVIEWER)
    links = read.attributes("href")

    assert "#file-1-11" in links
    assert [found["id"] for _, found in read.elements if found.get("class") == "marked"] == ["file-1-11"]
    assert "#check-3" in links


def test_the_line_of_a_syntax_error_is_marked() -> None:
    read = page(INVALID, Audience.REVIEWER)

    assert "solution.py, line 6, column 13" in read.text
    assert [found["id"] for _, found in read.elements if found.get("class") == "marked"] == ["file-1-6"]


def test_the_ratios_of_all_pairs_are_drawn() -> None:
    shapes = [found for tag, found in page(MEASURED, Audience.REVIEWER).elements if tag == "circle"]

    assert len(shapes) == len(RATIOS)


@pytest.mark.parametrize(("level", "more"), [(Level.FULL, []), (Level.BASIC, ["--isolation", "basic"])])
def test_the_commands_that_rerun_it_survive_a_shell(level: Level, more: list[str]) -> None:
    odd = SubmissionId(name="a b'; rm -rf $HOME.py", sha256="")
    drawn = PARTIAL.model_copy(update={"submission": odd, "isolation": Isolation(level=level, layers=())})
    text = page(drawn, Audience.REVIEWER).text
    submit, rerun = text[text.index("grade submit") :].split("\n")[:2]

    assert shlex.split(submit) == ["grade", "submit", drawn.question, odd.name, "--seed", str(drawn.seed), *more]
    assert shlex.split(rerun) == ["grade", "rerun", "VERDICT.json", odd.name]


def test_outcomes_differ_by_more_than_colour() -> None:
    assert len({symbol(outcome) for outcome in Outcome}) == len(Outcome)


def test_a_page_stays_readable_whatever_is_handed_in() -> None:
    """Two MiB of source and of evidence make a page of less than one."""
    long = "x = '" + "y" * 2**21
    many = '"""' + "text\n" * 400_000
    detail = Detail(call=long, expected=many, actual=many + "!", exception=long)
    checks = tuple(hidden(f"test_{index}", Text(en="g"), Outcome.FAILED, detail=detail) for index in range(30))
    source = {"a.py": long, "b.py": many} | {f"{index}.py": "\n" * 1000 for index in range(500)}
    text = render(verdict(checks=checks, output=many), "html", Audience.REVIEWER, "en", source=source)

    assert "more lines" in text
    assert len(text) < 2**20


# ------------------------------------------------------------------------------------------- text in colours


def plain(pieces: list[Markup | str]) -> str:
    return "".join(Page(piece.text).text if isinstance(piece, Markup) else piece for piece in pieces)


@given(st.lists(st.text(st.characters(exclude_characters="\n\r", exclude_categories=["C"]), max_size=30), max_size=6))
def test_colours_change_no_text(lines: list[str]) -> None:
    assert [plain(pieces) for pieces in highlighted(lines)] == lines


def test_colours_follow_the_tokens() -> None:
    lines = ['"""Two', 'lines."""', "if x == 1:  # one", "    return f'{x}'", "a = ("]
    coloured = [
        [(piece.text.split('"')[1], plain([piece])) for piece in pieces if isinstance(piece, Markup)]
        for pieces in highlighted(lines)
    ]

    assert coloured[:3] == [
        [("string", '"""Two')],
        [("string", 'lines."""')],
        [("keyword", "if"), ("number", "1"), ("comment", "# one")],
    ]
    assert coloured[3][0] == ("keyword", "return")
    assert coloured[4] == []


@given(st.text(max_size=30), st.text(max_size=30))
def test_what_differs_is_all_that_differs(one: str, other: str) -> None:
    """Without the marked parts the two texts are the same."""
    kept = [
        "".join(char for index, char in enumerate(text) if not any(start <= index < stop for start, stop in spans))
        for text, spans in zip((one, other), differing(one, other), strict=True)
    ]

    assert kept[0] == kept[1]


# ------------------------------------------------------------------------------------------------ in a browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip("there is no Chromium here to look at pages with; on Debian: apt-get install chromium")
    with Browser(program, tmp_path_factory.mktemp("browser")) as started:
        yield started


def show(browser: Browser, folder: Path, text: str, **how: Any) -> None:
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    browser.show(**how)
    browser.open(path)


def contrast(browser: Browser) -> list[str]:
    low: list[str] = browser.ask((Path(__file__).parent / "contrast.js").read_text(encoding="utf-8"))
    return low


@pytest.mark.parametrize(("drawn", "audience", "language"), EVERY_PAGE)
def test_a_browser_shows_the_page_as_it_was_written(
    drawn: Verdict, audience: Audience, language: Language, browser: Browser, tmp_path: Path
) -> None:
    """It moves no element, asks for nothing, complains of nothing, and can be read in the light and in the dark."""
    text = render(drawn, "html", audience, language, source=SOURCE)
    for scheme in ("light", "dark"):
        show(browser, tmp_path, text, scheme=scheme)
        asked = [event["request"]["url"] for event in browser.heard("Network.requestWillBeSent")]

        assert asked == [(tmp_path / "page.html").as_uri()]
        assert not browser.heard("Log.entryAdded") + browser.heard("Runtime.consoleAPICalled")
        assert not contrast(browser)
    built = browser.ask("[...document.querySelectorAll('*')].map(each => each.localName)")
    assert built == [tag for tag, _ in Page(text).elements]


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_needs_no_scrolling_sideways(
    language: Language, audience: Audience, browser: Browser, tmp_path: Path
) -> None:
    show(browser, tmp_path, render(MEASURED, "html", audience, language, source=SOURCE), width=320)

    assert browser.ask("document.documentElement.scrollWidth") == 320


def test_what_is_closed_on_the_screen_is_open_on_paper(browser: Browser, tmp_path: Path) -> None:
    closed = render(PARTIAL, "html", Audience.REVIEWER, "en", source=SOURCE).replace("<details open>", "<details>")
    heights = "[...document.querySelectorAll('dl.evidence')].map(each => each.checkVisibility())"

    show(browser, tmp_path, closed)
    assert browser.ask(heights) == [False, False, False, True]
    show(browser, tmp_path, closed, media="print")
    assert browser.ask(heights) == [True, True, True, True]


def test_the_policy_stops_what_would_leave(browser: Browser, tmp_path: Path) -> None:
    """Were an image to slip in, the browser would not fetch it; and these tests would see that it was refused."""
    text = render(PARTIAL, "html", Audience.CANDIDATE, "en")
    show(browser, tmp_path, text.replace("</main>", '<img src="file:///etc/hostname"><script>1</script></main>'))

    assert len(browser.heard("Log.entryAdded")) == 2
    assert not [event for event in browser.heard("Network.responseReceived") if "hostname" in event["response"]["url"]]


def test_weak_contrast_is_found(browser: Browser, tmp_path: Path) -> None:
    text = render(PARTIAL, "html", Audience.CANDIDATE, "en")
    show(browser, tmp_path, text.replace("--muted: #59636e", "--muted: #8a949e"))

    assert contrast(browser)
