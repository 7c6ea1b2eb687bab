"""Every view of every verdict: nothing raises, nothing hidden shows, nothing a candidate writes has power."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_report_samples import BROKEN, EVERY_OUTCOME, PADDING, PARTIAL, SAMPLES, SOURCE, hidden, verdict

from grader.errors import InputError
from grader.question import LANGUAGES, Feedback, Quantity, Text, Visibility
from grader.report import VIEWS, Audience, render, wording
from grader.report.candidate import CandidateReport, candidate_report
from grader.verdict import (
    CheckResult,
    Detail,
    Isolation,
    Level,
    Outcome,
    PerformanceResult,
    SourceLine,
    Status,
    SubmissionId,
    Usage,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CANARY = "kanari"
SEED = 735_182_946_017
ATTACKS = (
    "\x1b[31;5;7m",
    "\x1b]0;title\x07",
    "\x1b[2J",
    "\x9b2J",
    "\r\x08",
    "\u202e",
    "\u2066",
    "[bold]",
    "[/]",
    "\ud800",
)

# ---------------------------------------------------------------------------------------------- strategies

words = st.one_of(st.text(max_size=20), st.lists(st.sampled_from((*ATTACKS, "a", "\n", "漢")), max_size=6).map("".join))
amounts = st.floats(0, 1e6)
texts = st.builds(Text, en=words, zh=st.none() | words)
lines = st.builds(
    SourceLine,
    file=st.sampled_from([*SOURCE, "other.py"]) | words,
    line=st.integers(-1, 20),
    function=words,
    text=words,
)
details = st.builds(
    Detail,
    **{name: st.none() | words for name in ("call", "expected", "actual", "difference", "example", "exception")},
    traceback=st.lists(lines, max_size=8).map(tuple),
)
names = st.sampled_from(["test_a", "test_b", "long_sequence"]) | words
checks = st.builds(
    CheckResult,
    name=names,
    group=st.sampled_from([PADDING, Text(en="speed")]) | texts,
    visibility=st.sampled_from(Visibility),
    outcome=st.sampled_from(Outcome),
    points=amounts,
    max_points=amounts,
    message=words,
    hint=st.none() | texts,
    seconds=amounts,
    detail=st.none() | details,
)
speeds = st.builds(
    PerformanceResult,
    name=names,
    quantity=st.sampled_from(Quantity),
    ratio=amounts,
    low=amounts,
    high=amounts,
    limit=st.floats(0.01, 100),
    pairs=st.integers(0, 120),
    against=words,
    decided=st.booleans(),
    ratios=st.lists(amounts, max_size=3).map(tuple),
)
usages = st.builds(
    Usage,
    wall=amounts,
    wall_limit=amounts,
    cpu=amounts,
    cpu_limit=amounts,
    memory=st.integers(0, 2**40),
    memory_limit=st.integers(0, 2**40),
    guests=st.integers(0, 4),
)
isolations = st.builds(
    Isolation,
    level=st.sampled_from(Level),
    layers=st.lists(words, max_size=3).map(tuple),
    missing=st.dictionaries(st.text(max_size=9), words, max_size=2),
)
verdicts = st.builds(
    Verdict,
    question=words,
    title=texts,
    submission=st.builds(SubmissionId, name=words, sha256=words),
    status=st.sampled_from(Status),
    points=amounts,
    max_points=amounts,
    message=words,
    location=st.none() | lines,
    column=st.none() | st.integers(-1, 400),
    checks=st.lists(checks, max_size=5).map(tuple),
    performance=st.lists(speeds, max_size=2).map(tuple),
    notes=st.lists(words, max_size=2).map(tuple),
    output=words,
    usage=usages,
    seed=st.integers(0, 2**63),
    isolation=st.none() | isolations,
    grader=words,
    environment=st.dictionaries(st.text(max_size=9), words, max_size=2),
    feedback=st.sampled_from(list(Feedback)),
    seconds=amounts,
)


def planted(check: CheckResult) -> CheckResult:
    """Return a hidden check in which everything a candidate may not see holds the canary."""
    detail = Detail(
        call=CANARY,
        expected=CANARY,
        actual=CANARY,
        difference=CANARY,
        example=CANARY,
        exception=f"{CANARY}: {CANARY}",
        traceback=(
            SourceLine(file=CANARY, line=1, function=CANARY, text=CANARY),
            SourceLine(file="solution.py", line=7, function=CANARY, text=CANARY),
            SourceLine(file="solution.py", line=70, function=CANARY, text=CANARY),
        ),
    )
    changes = {"name": f"test_{CANARY}", "visibility": Visibility.HIDDEN, "message": CANARY, "detail": detail}
    return check.model_copy(update=changes)


def plant(drawn: Verdict, mixed: Sequence[CheckResult]) -> Verdict:
    """Return a verdict on `mixed` that holds the canary wherever a candidate may not look."""
    broken = drawn.status is Status.BROKEN
    return drawn.model_copy(
        update={
            "checks": tuple(mixed),
            "performance": tuple(
                speed.model_copy(update={"name": f"test_{CANARY}", "against": CANARY}) for speed in drawn.performance
            ),
            "seed": SEED,
            "output": f"{CANARY}, printed by a submission that was called with a hidden input",
            "message": CANARY if broken else drawn.message,
            "isolation": Isolation(level=Level.BASIC, layers=(CANARY,), missing={CANARY: CANARY}),
        }
    )


@st.composite
def planted_verdicts(draw: Callable[..., Any]) -> Verdict:
    """Draw a verdict with public checks, and with hidden ones full of canaries."""
    drawn: Verdict = draw(verdicts)
    secret = [planted(check) for check in draw(st.lists(checks, min_size=1, max_size=4))]
    public = [check for check in drawn.checks if check.visibility is Visibility.PUBLIC]
    return plant(drawn, draw(st.permutations(secret + public)))


views = st.sampled_from(sorted(VIEWS))
audiences = st.sampled_from(Audience)
languages = st.sampled_from(LANGUAGES)

# ---------------------------------------------------------------------------------------------- every view


@given(verdicts, views, audiences, languages, st.booleans(), st.sampled_from([40, 100]))
def test_no_view_raises(drawn: Verdict, view: str, audience: Audience, language: Any, colour: bool, width: int) -> None:
    text = render(drawn, view, audience, language, source=SOURCE, colour=colour, width=width)

    assert text.endswith("\n")
    text.encode("utf-8")


@given(planted_verdicts(), views, languages, st.sampled_from([{}, SOURCE]), st.booleans())
def test_a_candidate_never_sees_a_canary(
    drawn: Verdict, view: str, language: Any, source: dict[str, str], colour: bool
) -> None:
    assert_clean(render(drawn, view, Audience.CANDIDATE, language, source=source, colour=colour))


@pytest.mark.parametrize("view", sorted(VIEWS))
@pytest.mark.parametrize("level", Feedback)
@pytest.mark.parametrize("status", Status)
def test_no_canary_shows_at_any_level(status: Status, level: Feedback, view: str) -> None:
    checks = [planted(check) if check.visibility is Visibility.HIDDEN else check for check in EVERY_OUTCOME.checks]
    drawn = plant(PARTIAL.model_copy(update={"feedback": level, "status": status}), checks)

    assert_clean(render(drawn, view, Audience.CANDIDATE, "en", source=SOURCE))
    assert_clean(render(drawn, view, Audience.CANDIDATE, "zh"))


def assert_clean(text: str) -> None:
    text = re.sub(r"\x1b\[[0-9;]*m|\s", "", text)  # a canary may be broken over two lines, or by a colour
    assert CANARY not in text.casefold()
    assert str(SEED) not in text


@pytest.mark.parametrize("view", ["terminal", "json", "junit", "gradescope"])
def test_a_reviewer_sees_the_names_of_hidden_checks(view: str) -> None:
    text = render(PARTIAL, view, Audience.REVIEWER, "en")

    assert "test_padding_content_is_ignored" in text
    assert "NaN where 0.5 was expected" in text


@pytest.mark.parametrize("view", ["terminal", "json", "junit", "gradescope"])
def test_a_report_for_an_unknown_audience_is_refused(view: str) -> None:
    with pytest.raises(ValueError, match="public"):
        render(PARTIAL, view, "public", "en")  # type: ignore[arg-type]


def test_an_unknown_format_names_the_nearest_one() -> None:
    with pytest.raises(InputError, match="Did you mean 'junit'"):
        render(PARTIAL, "junitt", Audience.REVIEWER, "en")


def test_rich_and_xml_are_imported_by_their_views_only() -> None:
    code = """
import sys
before = set(sys.modules)
import grader.report
assert not {"rich", "xml.etree.ElementTree"} & (set(sys.modules) - before)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# --------------------------------------------------------------------------------------- candidate's report


def levels(drawn: Verdict) -> dict[str, CandidateReport]:
    return {level.value: candidate_report(drawn.model_copy(update={"feedback": level}), SOURCE) for level in Feedback}


def test_each_level_shows_what_it_may() -> None:
    report = levels(PARTIAL)

    assert report["none"].points is None
    assert report["none"].status is Status.PARTIAL
    assert (report["score"].points, report["score"].max_points) == (4, 12)
    assert not report["score"].groups
    assert [group.points for group in report["category"].groups] == [2, 0, 2, 0]
    assert [check.name for check in report["category"].public] == [
        "test_import",
        "test_two_rows",
        "test_max_of_one_row",
    ]
    assert report["category"].usage == PARTIAL.usage


def test_there_is_no_unknown_level() -> None:
    """A verdict with a level of feedback that nobody knows is none."""
    with pytest.raises(ValueError, match="feedback"):
        Verdict.model_validate({**PARTIAL.as_json(), "feedback": "everything"})


def test_a_hidden_failure_gives_its_category_and_hint() -> None:
    padding = levels(PARTIAL)["category"].hidden[1]

    assert [failure.outcome for failure in padding.failures] == [Outcome.FAILED, Outcome.FAILED]
    assert padding.failures[0].hint == Text(en="What does NaN times zero give?", zh="NaN 乘以零等于多少？")


@pytest.mark.parametrize(
    ("exception", "shown"),
    [
        ("IndexError: index 3 is out of bounds", "IndexError"),
        ("KeyError", "KeyError"),
        ("tensor_1_5_2_7: made from a hidden input", "Exception"),
        ("print: not an exception at all", "Exception"),
        (None, None),
    ],
)
def test_only_full_feedback_names_an_exception_and_only_a_builtin_one(exception: str | None, shown: str | None) -> None:
    check = hidden("test_x", PADDING, Outcome.ERROR, detail=Detail(exception=exception))
    report = levels(verdict(checks=(check,)))

    assert report["full"].hidden[0].failures[0].exception == shown
    assert report["category"].hidden[0].failures[0].exception is None


def test_only_full_feedback_quotes_the_submission_and_only_as_it_was_handed_in() -> None:
    frame = SourceLine(file="solution.py", line=7, function="f", text="forged")
    check = hidden("test_x", PADDING, Outcome.ERROR, detail=Detail(traceback=(frame,)))
    report = levels(verdict(checks=(check,)))

    quoted = report["full"].hidden[0].failures[0].traceback
    assert [(line.line, line.text) for line in quoted] == [(7, "return total / mask.sum(1)")]
    assert report["category"].hidden[0].failures[0].traceback == ()


def test_output_is_withheld_where_hidden_checks_were_run() -> None:
    assert levels(PARTIAL)["full"].output == ""
    assert levels(PARTIAL)["full"].output_withheld


def test_output_is_shown_where_only_public_checks_were_run() -> None:
    public = tuple(check for check in PARTIAL.checks if check.visibility is Visibility.PUBLIC)
    report = levels(PARTIAL.model_copy(update={"checks": public, "performance": ()}))

    assert report["category"].output == PARTIAL.output
    assert not report["category"].output_withheld


@pytest.mark.parametrize("outcome", [Outcome.NOT_RUN, Outcome.BROKEN])
def test_a_check_that_was_not_executed_gives_no_hint(outcome: Outcome) -> None:
    check = hidden("test_x", PADDING, outcome, hint=Text(en="Divide by how many?"))

    assert levels(verdict(checks=(check,)))["full"].hidden[0].failures[0].hint is None


def test_the_message_of_a_broken_grading_stays_with_us() -> None:
    assert levels(BROKEN)["full"].message == ""


# ------------------------------------------------------------------------------------------------------ JSON


@given(verdicts)
def test_a_reviewers_json_is_the_verdict(drawn: Verdict) -> None:
    text = render(drawn, "json", Audience.REVIEWER, "en")

    assert Verdict.model_validate(json.loads(text)) == drawn


@given(verdicts)
def test_a_candidates_json_is_the_candidates_report(drawn: Verdict) -> None:
    text = render(drawn, "json", Audience.CANDIDATE, "en", source=SOURCE)

    assert CandidateReport.model_validate(json.loads(text)) == candidate_report(drawn, SOURCE)


def test_json_keeps_chinese_readable() -> None:
    assert "带掩码的池化" in render(PARTIAL, "json", Audience.REVIEWER, "en")


@given(verdicts, views, audiences)
def test_no_report_in_plain_text_holds_a_character_with_power(drawn: Verdict, view: str, audience: Audience) -> None:
    text = render(drawn, view, audience, "en", source=SOURCE)

    assert {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}} <= {"\n", "\t"}


# ----------------------------------------------------------------------------------------------------- JUnit

# What Jenkins' junit-10.xsd allows, element by element: attributes (required ones with a star) and children.
JUNIT: dict[str, tuple[set[str], set[str]]] = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name*", "tests*", "failures*", "errors*", "skipped", "time"},
        {"properties", "testcase", "system-out"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name*", "value*"}, set()),
    "testcase": ({"name*", "classname", "time"}, {"failure", "error", "skipped"}),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "system-out": (set(), set()),
}


def assert_junit(element: ET.Element) -> None:
    attributes, children = JUNIT[element.tag]
    assert {name for name in attributes if name.endswith("*")} <= {f"{name}*" for name in element.attrib}
    assert set(element.attrib) <= {name.rstrip("*") for name in attributes}
    assert re.fullmatch(r"\d*(\.\d*)?", element.get("time", "0"))
    for child in element:
        assert child.tag in children
        assert_junit(child)


def suite(drawn: Verdict, audience: Audience) -> ET.Element:
    root = ET.fromstring(render(drawn, "junit", audience, "en", source=SOURCE))
    assert_junit(root)
    return root[0]


@given(verdicts, audiences)
def test_junit_is_valid_and_counts_its_cases(drawn: Verdict, audience: Audience) -> None:
    element = suite(drawn, audience)

    assert element.get("tests") == str(len(element.findall("testcase")))
    assert element.get("failures") == str(len(element.findall("testcase/failure")))
    assert element.get("errors") == str(len(element.findall("testcase/error")))


def test_junit_has_a_case_for_each_check_of_a_reviewer() -> None:
    cases = suite(PARTIAL, Audience.REVIEWER).findall("testcase")

    assert [case.get("name") for case in cases] == [check.name for check in PARTIAL.checks]
    assert {case.get("classname") for case in cases} == {"nlp/masked-pooling"}


def test_junit_has_a_case_for_each_group_of_hidden_checks_of_a_candidate() -> None:
    cases = suite(PARTIAL, Audience.CANDIDATE).findall("testcase")

    assert [case.get("name") for case in cases][3:] == [
        "hidden checks: the right shapes",
        "hidden checks: padding never matters",
        "hidden checks: rows without tokens",
        "hidden checks: no loop over the batch",
    ]


def test_junit_calls_what_is_not_known_an_error_and_any_fault_a_failure() -> None:
    """Our own fault, and what waits for a person, say nothing of the submission."""
    cases = suite(EVERY_OUTCOME, Audience.REVIEWER).findall("testcase")

    tags = dict(zip(Outcome, [case[0].tag if len(case) else "passed" for case in cases], strict=True))
    assert {outcome for outcome, tag in tags.items() if tag == "error"} == {Outcome.BROKEN, Outcome.UNDECIDED}
    assert {outcome for outcome, tag in tags.items() if tag == "passed"} == {Outcome.PASSED}


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("level", Feedback)
def test_junit_is_green_for_an_accepted_submission_only(sample: Verdict, audience: Audience, level: Feedback) -> None:
    """An empty suite would be green."""
    element = suite(sample.model_copy(update={"feedback": level}), audience)

    green = not element.findall("testcase/failure") and not element.findall("testcase/error")
    assert green == (sample.status is Status.ACCEPTED)


# ------------------------------------------------------------------------------------------------ Gradescope

TOP_KEYS = {"score", "output", "visibility", "stdout_visibility", "extra_data", "tests"}
TEST_KEYS = {"name", "score", "max_score", "status", "output", "visibility"}


def results(drawn: Verdict, audience: Audience) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(render(drawn, "gradescope", audience, "en", source=SOURCE))
    return document


@given(verdicts, audiences)
def test_gradescope_results_keep_to_the_specification(drawn: Verdict, audience: Audience) -> None:
    document = results(drawn, audience)

    assert set(document) <= TOP_KEYS
    assert document["stdout_visibility"] == "hidden"
    assert "score" in document or all("score" in test for test in document["tests"])
    for test in document["tests"]:
        assert set(test) <= TEST_KEYS
        assert test["visibility"] in {"visible", "hidden"}
        assert test.get("status", "passed") in {"passed", "failed"}


@given(planted_verdicts())
def test_what_a_student_sees_of_a_reviewers_results_holds_no_canary(drawn: Verdict) -> None:
    document = results(drawn, Audience.REVIEWER)
    document["tests"] = [test for test in document["tests"] if test["visibility"] == "visible"]

    assert CANARY not in json.dumps(document).casefold()
    assert str(SEED) not in json.dumps(document)


def test_gradescope_adds_up() -> None:
    document = results(PARTIAL, Audience.CANDIDATE)

    assert document["score"] == sum(test["score"] for test in document["tests"]) == 4
    assert document["extra_data"] == {"max_score": sum(test["max_score"] for test in document["tests"])}


def test_gradescope_shows_no_points_where_the_candidate_may_see_none() -> None:
    document = results(PARTIAL.model_copy(update={"feedback": Feedback.NONE}), Audience.CANDIDATE)

    assert document["tests"] == [
        {
            "name": "partial",
            "score": 0,
            "max_score": 0,
            "status": "failed",
            "output": "",
            "visibility": "visible",
        }
    ]
    assert "score" not in document


# ---------------------------------------------------------------------------------------------------- wording


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_chinese_sentence(outcome: Outcome) -> None:
    assert re.search("[一-鿿]", wording.outcome_sentence(outcome, "zh"))


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (wording.number(7), "7"),
        (wording.number(2.5), "2.5"),
        (wording.number(1 / 3), "0.33"),
        (wording.number(-0.0001), "0"),
        (wording.number(1200), "1200"),
        (wording.size(512), "512 B"),
        (wording.size(3 * 2**29), "1.5 GiB"),
        (wording.seconds(0.0125), "12 ms"),
        (wording.seconds(1.5), "1.5 s"),
        (wording.score(0, 1, "en"), "0 of 1 point"),
        (wording.score(1.5, 3, "zh"), "1.5 / 3 分"),
        (wording.speed_limit(0.25, "naive", "en"), "must be at least 4× as fast as naive"),
        (wording.speed_limit(1.5, "reference", "en"), "may take at most 1.5× the time of reference"),
        (wording.speed_limit(0.25, "naive", "en", Quantity.MEMORY), "must need at least 4× less memory than naive"),
        (wording.speed_limit(1.5, "reference", "en", Quantity.MEMORY), "may need at most 1.5× the memory of reference"),
        (wording.speed_word(Quantity.MEMORY, "en", passed=True), "lean enough"),
        (wording.speed_word(Quantity.MEMORY, "en", passed=False), "too heavy"),
        (wording.speed_measured(0.25, 0.5, 0.4, 0.625, "en"), "measured 2×, between 1.6× and 2.5×"),
        (wording.speed_measured(1.5, 2, 1.9, 2.1, "en"), "measured 2×, between 1.9× and 2.1×"),
    ],
)
def test_numbers_are_written_for_people(written: str, text: str) -> None:
    assert written == text
