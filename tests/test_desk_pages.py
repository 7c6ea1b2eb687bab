"""The reports of an assessment: blind for reviewers, allow-listed for candidates, silent on few for the team."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("sqlalchemy", reason="sqlalchemy is not installed")
pytest.importorskip("alembic", reason="alembic is not installed")

from desks import Class, classroom
from small_questions import graded, write_question
from test_cli import assert_told
from test_judging import CARD
from test_pages import browser, contrast, show
from test_report_samples import EVERY_OUTCOME, PARTIAL

from grader.gradebook import Gradebook
from grader.report import Audience, Reader
from grader.report.pages.submission import evidence
from grader.takehome.assessment import Criterion, Title
from grader.takehome.cohort import Cohort
from grader.takehome.desk.cohort_page import Member, cohort_page, percentiles
from grader.takehome.desk.pages import Dossier, Line, Summary, address, reviewer_page
from grader.takehome.statistics import statistics_of
from grader.takehome.walkthrough import MOST, Talk, walkthrough

if TYPE_CHECKING:
    from pathlib import Path

    from browser import Browser

    from grader.question import Language
    from grader.report.pages.markup import Markup
    from grader.verdict import Verdict

__all__ = ["browser"]  # the fixture of the other page tests

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")

SOURCE = """\
def scaled(values):
    total = 0
    for one in values:
        for other in values:
            total += one * other
    try:
        return [value * 0.37 / total for value in values]
    except ZeroDivisionError:
        raise ValueError("nothing to scale") from None
"""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """Three graded candidates, one of them late, with an accommodation that nobody is to see."""
    one = classroom(tmp_path_factory.mktemp("class"), None)
    one.sheet.write_text(one.sheet.read_text() + CARD + "accommodations: {C-02: {factor: 1.4375}}\n", encoding="utf-8")
    one.hand_in("C-01")
    one.at(4.5)
    one.hand_in("C-02")
    one.hand_in("C-03")
    assert_told(one.run("grade"), 0, "Graded 5 of 5")
    return one


def pages(room: Class, reader: str) -> dict[str, str]:
    """Every page of a reader's, by its place."""
    assert_told(room.run("report", "--for", reader), 0, "Wrote")
    root = room.root / "reports" / reader
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in root.rglob("*.html")}


def test_a_reviewer_has_the_evidence_and_no_name(room: Class) -> None:
    found = pages(room, "reviewer")
    page = found["C-02.html"]

    assert sorted(found) == ["C-01.html", "C-02.html", "C-03.html"]
    for expected in (
        "Walkthrough",
        "Scorecard",
        "hard to follow",
        "Disclosure",
        "minutes",
        "not handed in",
        'href="#question-1"',
        "grade rerun VERDICT.json",
    ):
        assert expected in page
    assert all(len(text.encode()) < 2**20 for text in found.values())


@pytest.mark.parametrize("reader", ["reviewer", "candidate"])
def test_a_report_is_one_file(room: Class, reader: str) -> None:
    """T14: every link leads to a place on the page, and no two places have one name."""
    for text in pages(room, reader).values():
        places = re.findall(r' id="([^"]+)"', text)
        links = re.findall(r' href="([^"]+)"', text)

        assert len(places) == len(set(places)) > 4
        assert {link.removeprefix("#") for link in links} <= set(places)
        assert all(link.startswith("#") for link in links)


def test_no_reviewer_sees_an_accommodation(room: Class) -> None:
    """Neither the word, nor the factor, nor the deadline or the moments that it could be told from."""
    every = "\n".join(text for name, text in pages(room, "reviewer").items() if name.startswith("C-02"))

    for hidden in ("accommodat", "1.4375", "2026-12-01", "12:18", "12:30"):
        assert hidden not in every


def test_a_late_answer_says_what_was_taken_off(room: Class) -> None:
    assert "Received late: 80% of 20 points count." in pages(room, "reviewer")["C-03.html"]
    assert "Received in time." in pages(room, "candidate")["C-01.html"]


def test_a_candidate_sees_what_the_feedback_allows(room: Class) -> None:
    """No hidden check's name, no walkthrough, no scorecard, no seed."""
    found = pages(room, "candidate")
    with room.register() as register:
        (receipt,) = register.receipts(register.find("C-02"))
        verdict = register.gradings(receipt)[1]

    assert "question-1-" in found["C-02.html"]
    for text in found.values():
        for hidden in ("Walkthrough", "Scorecard", "test_an_object_of_the_suite", str(verdict.seed)):
            assert hidden not in text


def test_without_feedback_there_are_no_points(tmp_path: Path) -> None:
    room = classroom(tmp_path, None)
    room.sheet.write_text(room.sheet.read_text() + "feedback: none\n", encoding="utf-8")
    room.hand_in("C-01")
    assert_told(room.run("grade"), 0)
    index = pages(room, "candidate")["C-01.html"]

    assert "points" not in index.split("<body>")[1].lower()
    assert "accepted" in index


def test_the_pages_speak_chinese(room: Class) -> None:
    assert_told(room.run("report", "--candidate", "C-02", "--lang", "zh"), 0)
    index = (room.root / "reports/reviewer/C-02.html").read_text(encoding="utf-8")

    assert "面谈提纲" in index
    assert "难懂" in index
    assert ">Questions<" not in index


def test_an_unknown_candidate_is_told(room: Class) -> None:
    assert_told(room.run("report", "--candidate", "C-1"), 2, "Did you mean 'C-01'?")


def test_the_team_sees_everybody_and_no_percentile_of_few(room: Class) -> None:
    assert_told(room.run_here("decide", "C-01", "advance", "--by", "ana", "--why", "sound"), 0)
    found = pages(room, "cohort")

    assert "Percentiles are not told under 30 candidates." in found["index.html"]
    assert "advance, ana: sound" in found["index.html"]
    assert "too few" in found["index.html"]
    assert "./batch.html" in found["index.html"]


def test_who_has_sent_nothing_has_no_total(tmp_path: Path) -> None:
    room = classroom(tmp_path, None)
    room.hand_in("C-02", {"2-attention-scaling/answer.md": "I do not know.\n"})
    assert_told(room.run("grade"), 0, "C-02  0 of 26 points", "C-03  nothing received that counts")
    text = pages(room, "cohort")["index.html"]

    assert text.count("nothing received") == 2
    assert text.count("0 / 26") == 1


def test_percentiles_are_of_one_form_and_of_enough() -> None:
    """A share of the others, ties half; another form changes nothing, and has none itself."""
    members = [Member(f"C-{index}", "A", float(index // 2), 20) for index in range(40)]
    others = [Member(f"D-{index}", "B", 5.0, 20) for index in range(29)]
    found = percentiles([*members, *others, Member("E", "A", None, 20)])

    assert found.keys() == {each.label for each in members}
    assert found["C-0"].value == pytest.approx(0.5 / 39)
    assert found["C-39"].value == pytest.approx(38.5 / 39)
    assert all(each.low <= each.value <= each.high for each in found.values())


def test_a_walkthrough_asks_about_the_candidates_own_lines(tmp_path: Path) -> None:
    """What failed first, then what is there; each question at a line that exists."""
    hidden = "def test_it(solution):\n    assert solution.scaled([0, 0]) == [0, 0]\n"
    question = write_question(tmp_path, hidden, exports=("scaled",), reference=SOURCE)
    talks = walkthrough({"solution.py": SOURCE}, graded(question, SOURCE), "en")
    lines = [talk.line for talk in talks]

    assert 0 < len(talks) <= MOST
    assert lines[0] == 9  # raised there
    assert len(set(lines)) == len(lines)
    assert set(lines) <= set(range(1, 10))
    assert any("scaled (lines 1 to 9)" in talk.text for talk in talks)


def test_a_walkthrough_of_what_is_no_python_is_empty(tmp_path: Path) -> None:
    question = write_question(tmp_path, "def test_it(solution):\n    assert solution.f(1) == 1\n")
    verdict = graded(question)

    assert walkthrough({"solution.py": "def f(:\n"}, verdict, "en") == []
    assert walkthrough({"answer.md": "x = 12"}, verdict, "zh") == []


# --- in a browser ---

HOSTILE = '<script>alert(1)</script> & "x"'


def shown(verdict: Verdict, number: int, language: Language) -> Markup:
    return evidence(verdict, Reader(Audience.REVIEWER, language, {"solution.py": SOURCE}), address(number))


def a_summary(language: Language) -> Summary:
    lines = (
        Line("Pooling", 15.5, 20, "partial", answered=True, evidence=shown(PARTIAL, 1, language)),
        Line(HOSTILE, 0.0, 6, "rejected", answered=True, evidence=shown(EVERY_OUTCOME, 2, language)),
        Line(HOSTILE, 0.0, 6, "", answered=False),
    )
    return Summary(HOSTILE, "C-0017", 1, True, 0.8, 15.5, 12.4, 26, lines)


def a_dossier() -> Dossier:
    title = Title(en=HOSTILE, zh="可读性")
    card = (Criterion(id="readability", title=title, anchors=(title, Title(en="follows", zh="可懂"))),)
    return Dossier(card, {"minutes": 95, "help": HOSTILE * 40}, [("Pooling", [Talk(HOSTILE, "solution.py", 3)])])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("width", [320, 1200])
def test_a_browser_shows_a_reviewers_page(language: Language, width: int, browser: Browser, tmp_path: Path) -> None:
    """Nothing is asked of the network or run, every text can be read, and a phone scrolls down alone."""
    show(browser, tmp_path, reviewer_page(a_summary(language), a_dossier(), language), width=width)

    assert len(browser.heard("Network.requestWillBeSent")) == 1
    assert not browser.heard("Log.entryAdded") + browser.heard("Runtime.consoleAPICalled")
    assert not contrast(browser)
    assert browser.ask("document.documentElement.scrollWidth") == width
    assert browser.ask("document.querySelectorAll('script').length") == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_browser_shows_a_cohort(language: Language, browser: Browser, tmp_path: Path) -> None:
    members = [Member(f"C-{index}", "A", float(index % 26), 26, HOSTILE) for index in range(40)]
    nothing = statistics_of(Cohort(Gradebook(()), 0))
    show(browser, tmp_path, cohort_page(HOSTILE, members, {"readability": (3, None)}, nothing, language), width=320)

    assert len(browser.heard("Network.requestWillBeSent")) == 1
    assert not contrast(browser)
    assert browser.ask("document.documentElement.scrollWidth") == 320
