"""The page and the tables of a batch: everybody is in them, and nobody's name has power."""

from __future__ import annotations

import csv
import io
import resource
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_pages import Page, attacks, browser, contrast, show
from test_report_samples import BROKEN, EMPTY, INVALID, PADDING, SHAPES, UNGRADED, hidden, verdict

from grader.gradebook import Grade, Gradebook
from grader.question import LANGUAGES, Language, Text
from grader.report import tables
from grader.report.pages.batch import batch_page
from grader.report.pages.evidence import symbol
from grader.report.tables import csv_grades, csv_summary
from grader.report.wording import number
from grader.verdict import Outcome, Status, SubmissionId, Verdict

if TYPE_CHECKING:
    from pathlib import Path

    from browser import Browser

__all__ = ["browser"]  # the fixture of the other page tests

WRONG = [outcome for outcome in Outcome if outcome is not Outcome.PASSED]


def answered(candidate: int, checks: int = 12, question: str = "nlp/masked-pooling") -> Verdict:
    """A verdict in which check 2 always passes, check 5 never, and the others by a pattern of the candidate's own."""
    results = []
    for index in range(checks):
        right = index == 2 or (index != 5 and (candidate * 7 + index * 5) % 11 > 4)
        outcome = Outcome.PASSED if right else WRONG[(candidate + index) % len(WRONG)]
        results.append(hidden(f"test_{index}", (SHAPES, PADDING, EMPTY)[index % 3], outcome, 1 + index % 3))
    drawn = verdict(Status.PARTIAL, checks=tuple(results), seconds=1 + candidate % 9, question=question)
    return drawn.model_copy(update={"points": sum(check.points for check in results)})


def batch(candidates: int, checks: int = 12) -> Gradebook:
    """Everybody answers one question, every other one a second; of some nothing can be said."""
    odd = dict(enumerate((INVALID, BROKEN, UNGRADED), 3))
    grades = [
        Grade(f"candidate-{index:03}", odd.get(index) or answered(index, checks), f"{index}.py")
        for index in range(candidates)
    ]
    more = [
        Grade(
            f"candidate-{index:03}", answered(index + 1, checks, "nlp/attention"),
            twin_of="candidate-000" if index == 6 else None,
        )
        for index in range(0, candidates, 2)
    ]  # fmt: skip
    return Gradebook((*grades, *more))


def links_of(book: Gradebook) -> dict[tuple[str, str], str]:
    return {
        (grade.candidate, grade.verdict.question): f"pages/{grade.verdict.question}/{grade.candidate}.html"
        for grade in book.grades
    }


def page(book: Gradebook, language: Language = "en") -> Page:
    return Page(batch_page(book, language, links_of(book)))


names = st.one_of(st.sampled_from(["=1+1", "+49", "-", "@x", "\t=1", "\r\n=1", ' =1"', "a,b", "＝1"]), attacks)

# ------------------------------------------------------------------------------------------------------ page


def test_everybody_is_linked() -> None:
    book = batch(9)

    assert {f"./{path}" for path in links_of(book).values()} <= set(page(book).attributes("href"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_batch_can_be_read_aloud(language: Language) -> None:
    read = page(batch(9), language)
    ids = read.attributes("id")

    assert len(ids) == len(set(ids))
    assert {link[1:] for link in read.attributes("href") if link.startswith("#")} <= set(ids)
    assert all("scope" in found for tag, found in read.elements if tag == "th")
    assert all(found.get("aria-label") for _, found in read.elements if found.get("role") == "group")


@given(st.lists(names, min_size=1, max_size=4, unique=True), attacks)
def test_no_name_and_no_message_becomes_markup(candidates: list[str], words: str) -> None:
    broken = BROKEN.model_copy(update={"message": words, "title": Text(en=words), "question": words})
    wrong = answered(1).model_copy(update={"checks": (hidden(words, Text(en=words), Outcome.FAILED),)})
    book = Gradebook(
        tuple(Grade(name, drawn, twin_of=words) for name in candidates for drawn in (broken, wrong, INVALID))
    )

    links = [link for link in page(book).attributes("href") if not link.startswith("#")]
    assert all(link.startswith("./pages/") for link in links)


def test_a_check_that_tells_nobody_apart_is_named() -> None:
    text = page(batch(9)).text

    assert "5Passed by nobody" in text
    assert "2Passed by everybody" in text


def test_what_could_not_be_graded_is_listed_with_its_reason() -> None:
    text = page(batch(9)).text

    assert BROKEN.message in text
    assert UNGRADED.message in text


def test_every_outcome_stands_in_the_table_by_its_sign() -> None:
    book = batch(9)
    cells = [
        symbol(check.outcome) for grade in book.grades if grade.marked for check in grade.verdict.checks
    ]  # fmt: skip
    drawn = batch_page(book, "en", {})

    for sign in set(cells):
        assert sum(drawn.count(f'<td class="{kind}">{sign}</td>') for kind in ("good", "bad", "ours")) == cells.count(
            sign
        )


def test_an_empty_batch_has_a_page() -> None:
    assert "0 candidates" in page(Gradebook(())).text


def test_where_nobody_could_be_marked_the_page_says_so() -> None:
    assert "Distribution" not in page(Gradebook((Grade("ada", BROKEN),))).text


def test_five_hundred_candidates_make_a_page_in_a_second() -> None:
    """750 submissions with 30 checks each: under a MiB, under a CPU second, whatever else this process does."""
    book = batch(500, checks=30)

    def seconds() -> float:
        before = resource.getrusage(resource.RUSAGE_THREAD).ru_utime
        text = batch_page(book, "en", links_of(book))
        assert len(text.encode()) < 2**20
        return resource.getrusage(resource.RUSAGE_THREAD).ru_utime - before

    assert min(seconds() for _ in range(3)) < 1


# ---------------------------------------------------------------------------------------------------- tables


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix(tables.BOM), newline="")))


def test_a_grade_is_a_number_and_no_mark_is_none() -> None:
    """What nobody could mark leaves the sum empty; what was not handed in counts nothing."""
    book = batch(9)
    graded = {row["candidate"]: row for row in rows(csv_grades(book))}
    points = {(grade.candidate, grade.verdict.question): grade.verdict.points for grade in book.grades}
    one, other = points["candidate-002", "nlp/masked-pooling"], points["candidate-002", "nlp/attention"]

    assert list(graded["candidate-002"].values()) == [
        "candidate-002",
        number(other),
        number(one),
        number(one + other),
        "48",
    ]
    assert [graded["candidate-001"][key] for key in ("nlp/attention", "total")] == [
        "", number(points["candidate-001", "nlp/masked-pooling"]),
    ]  # fmt: skip
    assert [graded["candidate-004"][key] for key in ("nlp/masked-pooling", "total")] == ["", ""]
    assert graded["candidate-003"]["nlp/masked-pooling"] == "0"


def test_the_summary_has_a_row_for_each_submission() -> None:
    book = batch(9)
    summary = rows(csv_summary(book))

    assert len(summary) == len(book.grades)
    assert {row["status"] for row in summary} == {"partial", "invalid", "broken", "ungraded"}
    assert [row["candidate"] for row in summary if row["twin_of"] == "candidate-000"] == ["candidate-006"]
    assert next(row for row in summary if row["status"] == "broken")["message"] == BROKEN.message


@given(st.lists(names, min_size=1, max_size=4, unique=True), names)
def test_no_cell_is_a_formula_and_none_breaks_its_row(candidates: list[str], words: str) -> None:
    """Each text comes back on one line, after an apostrophe where a spreadsheet would calculate."""
    drawn = BROKEN.model_copy(update={"message": words, "submission": SubmissionId(name=words, sha256=words)})
    book = Gradebook(tuple(Grade(name, drawn, path=words, twin_of=words) for name in candidates))

    for text in (csv_grades(book), csv_summary(book)):
        read = rows(text)
        assert len(read) == len(candidates) == text.count("\r\n") - 1
        cells = [cell for row in read for cell in row.values()]
        assert not [cell for cell in cells if cell.lstrip(" ")[:1] in set("=+-@\t\r\n＝＋－＠")]


def test_excel_is_told_of_utf_8_when_asked() -> None:
    book = Gradebook((Grade("阿达", answered(1)),))

    for write in (csv_grades, csv_summary):
        assert write(book, bom=True) == tables.BOM + write(book)
        assert write(book).startswith("candidate,")


# ------------------------------------------------------------------------------------------------ in a browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_browser_shows_a_batch_as_it_was_written(
    language: Language, scheme: str, browser: Browser, tmp_path: Path
) -> None:
    book = batch(40)
    text = batch_page(book, language, links_of(book))
    show(browser, tmp_path, text, scheme=scheme)

    assert len(browser.heard("Network.requestWillBeSent")) == 1
    assert not browser.heard("Log.entryAdded") + browser.heard("Runtime.consoleAPICalled")
    assert not contrast(browser)
    built = browser.ask("[...document.querySelectorAll('*')].map(each => each.localName)")
    assert built == [tag for tag, _ in Page(text).elements]


def test_the_head_of_the_table_stays_in_sight(browser: Browser, tmp_path: Path) -> None:
    book = batch(60)
    show(browser, tmp_path, batch_page(book, "en", {}))
    top = "document.querySelector('.heatmap thead th').getBoundingClientRect().top"

    before = browser.ask(top)
    browser.ask("document.querySelector('.tall').scrollTop = 100")
    assert browser.ask("document.querySelector('.tall').scrollTop") == 100
    assert browser.ask(top) == before


def test_a_phone_scrolls_tables_and_not_the_page(browser: Browser, tmp_path: Path) -> None:
    book = batch(12)
    show(browser, tmp_path, batch_page(book, "en", links_of(book)), width=320)

    assert browser.ask("document.documentElement.scrollWidth") == 320
