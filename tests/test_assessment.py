"""`assessment.yaml`: whatever is wrong with it is said at once, with its line, and with what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stock import question
from test_cli import assert_told, grade

from grader.errors import InputError
from grader.proof.ledger import State
from grader.takehome.checking import check_assessment, load_assessment

if TYPE_CHECKING:
    from pathlib import Path

STOCK = (
    question("nlp/attention", minutes=30),
    question("nlp/pooling", difficulty="easy"),
    question("rl/dqn", difficulty="hard", state=State.STALE),
)
GOOD = """\
format: 1
id: sample
title: {en: A sample, zh: 示例}
questions: [attention]
window:
  opens: 2026-12-01T09:00:00+01:00
  closes: 2026-12-14T18:00+01:00
duration: 90min
grace: 10min
late: {rule: deduct, percent: 10, each: 1h}
ai: {use: disclosed, note: {en: Say what you used.}}
feedback: category
retakes: {allowed: 1, after: 30d}
accommodations:
  C-17: {factor: 1.5, extension: 1d}
"""
BLUEPRINT = """blueprint:
  parts:
    - {count: 1, family: nlp}
"""


def faults(folder: Path, text: str) -> list[tuple[int | None, str]]:
    file = folder / "assessment.yaml"
    file.write_text(text, encoding="utf-8")
    return [(fault.line, fault.message) for fault in check_assessment(file, STOCK)[1]]


def test_a_good_one_is_what_it_says(tmp_path: Path) -> None:
    file = tmp_path / "assessment.yaml"
    file.write_text(GOOD, encoding="utf-8")
    read = load_assessment(file, STOCK)

    assert read.window.opens == datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert read.duration == timedelta(minutes=90)
    assert read.retakes.after == timedelta(days=30)
    assert read.accommodations["C-17"].factor == 1.5
    assert read.title.in_language("zh") == "示例"


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("zh: 示例", "de: Muster", 3, "'title.zh' is missing"),
        ("zh: 示例", "zh: 示例, fr: x", 3, "unknown key 'fr'"),
        ("duration: 90min", "duration: 90", 8, "write a time with its unit"),
        ("duration: 90min", "duration: 0min", 8, "the duration is nothing"),
        ("09:00:00+01:00", "09:00:00", 6, "the offset from UTC is missing"),
        ("2026-12-01T09:00:00+01:00", "soon", 6, "write a date and a time"),
        ("2026-12-01T09:00:00+01:00", "2026-12-01", 6, "write a date and a time"),
        ("2026-12-14T18", "2026-11-14T18", 7, "closes before it opens"),
        ("duration: 90min", "duration: 20d", 8, "but the window is open for"),
        ("duration: 90min", "duration: 20min", 8, "the questions take 30 min"),
        ("percent: 10, ", "", 10, "late.percent is missing"),
        ("percent: 10", "percent: 200", 10, "less than or equal to 100"),
        ("rule: deduct", "rule: refuse", 10, "means nothing with the rule 'refuse'"),
        ("rule: deduct", "rule: dedcut", 10, "'refuse', 'accept' or 'deduct'"),
        ("each: 1h", "each: 1h, until: 5min", 10, "late.until is within the grace"),
        ("use: disclosed", "use: maybe", 11, "'forbidden', 'disclosed' or 'free'"),
        ("factor: 1.5", "facto: 1.5", 15, "unknown key 'facto' (did you mean 'factor'?)"),
        ("factor: 1.5", "factor: 0.5", 15, "greater than or equal to 1"),
        ("[attention]", "[atention]", 4, "no question is called 'atention' (did you mean 'attention'?)"),
        ("[attention]", "[attention, nlp/attention]", 4, "nlp/attention is listed twice"),
        ("[attention]", "[dqn]", 4, "rl/dqn has changed since it was proven; run: grade verify rl/dqn"),
        ("questions: [attention]\n", "", 1, "nothing says what is asked"),
        ("questions: [attention]\n", "questions: [attention]\n" + BLUEPRINT, 5, "exclude each other"),
        ("questions: [attention]\n", BLUEPRINT.replace("nlp", "npl"), 6, "has the family 'npl' (did you mean 'nlp'?)"),
        ("questions: [attention]\n", BLUEPRINT.replace("count: 1", "count: 3"), 6, "3 questions of family nlp are"),
        ("questions: [attention]\n", BLUEPRINT.replace("count", "cuont"), 6, "'cuont' (did you mean 'count'?)"),
        ("questions: [attention]\n", BLUEPRINT + "  minutes: [60, 20]\n", 7, "write [20, 60]"),
        ("questions: [attention]\n", BLUEPRINT + "  minutes: [60, 200]\n", 7, "does not fit the duration"),
        ("questions: [attention]\n", BLUEPRINT + "  without: [pooling]\n", 7, "write 'nlp/pooling'"),
        ("questions: [attention]\n", BLUEPRINT + "  apart: [[nlp/pooling, x]]\n", 7, "no question is called 'x'"),
    ],
)  # fmt: skip
def test_a_fault_has_its_line_and_its_cure(tmp_path: Path, old: str, new: str, line: int, words: str) -> None:
    """One thing is wrong, and it is told with its line."""
    assert old in GOOD
    found = faults(tmp_path, GOOD.replace(old, new))

    assert any(words in message for _, message in found), found
    assert line in {at for at, message in found if words in message}


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Three mistakes, three faults, in the order of their lines; loading refuses them all in one message."""
    text = GOOD.replace("[attention]", "[dqn, nothing]").replace("2026-12-14", "2026-11-14")
    found = faults(tmp_path, text)

    assert [line for line, _ in found] == [4, 4, 7]
    with pytest.raises(InputError) as caught:
        load_assessment(tmp_path / "assessment.yaml", STOCK)
    assert all(message.rstrip(".") in str(caught.value) for _, message in found)


@settings(deadline=None)
@given(st.text() | st.lists(st.sampled_from(["format: 1\n", "a:", " - ", "{", "]", "&x", "*x", "1"])).map("".join))
def test_any_text_has_faults_and_no_traceback(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    file = tmp_path_factory.getbasetemp() / "assessment.yaml"
    file.write_text(text, encoding="utf-8", errors="replace", newline="")

    assert check_assessment(file, STOCK)[1]


# --- as typed --------------------------------------------------------------------------------------------------------


def test_the_command_checks_and_assembles(tmp_path: Path) -> None:
    """Against the project's own bank: no fault, a file of forms; with a fault, exit code 1 and its line."""
    pytest.importorskip("scipy", reason="scipy is not installed")
    file = tmp_path / "assessment.yaml"
    text = GOOD.replace("questions: [attention]\n", "blueprint: {parts: [{count: 1, difficulty: easy}]}\n")
    file.write_text(text, encoding="utf-8")

    assert_told(grade("assess", "check", file), 0, "no fault")
    assert_told(grade("assess", "assemble", file, "--forms", "2"), 0, "Form B", "assessment.forms.yaml")
    narrow = text.replace("difficulty: easy", "family: nlp, difficulty: easy, minutes: [15, 15]")
    file.write_text(narrow, encoding="utf-8")
    assert_told(grade("assess", "assemble", file), 0, "Few to choose from: 1 easy question of family nlp")
    assert (tmp_path / "assessment.forms.yaml").exists()
    file.write_text(GOOD, encoding="utf-8")
    assert_told(grade("assess", "check", file), 1, f"{file}:4: no question is called 'attention'", "1 fault.")
    assert_told(grade("assess", "assemble", file), 2, "no question is called 'attention'")
    assert_told(grade("assess", "check", tmp_path / "none.yaml"), 1, "the file is missing")


@pytest.mark.parametrize("command", ["check", "assemble"])
def test_help_shows_an_example_of_each(command: str) -> None:
    assert_told(grade("assess", command, "--help"), 0, "Example:", f"grade assess {command}")
