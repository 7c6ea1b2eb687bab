"""What has changed between two verdicts, for a reviewer and for a candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from grader.question import LANGUAGES, Feedback, Text, Visibility
from grader.report import Audience, Reader
from grader.report.since import changes_since
from grader.verdict import CheckResult, Outcome, Status, SubmissionId, Verdict

if TYPE_CHECKING:
    from grader.question import Language

VALUES, SHAPES = Text(en="values", zh="数值"), Text(en="shapes", zh="形状")


def verdict(
    passed: dict[str, bool], feedback: Feedback = Feedback.CATEGORY, status: Status = Status.PARTIAL
) -> Verdict:
    """A verdict on checks of one point; `public_...` are public, those with `shape` are of that group."""
    checks = tuple(
        CheckResult(
            name=name,
            group=SHAPES if "shape" in name else VALUES,
            visibility=Visibility.PUBLIC if name.startswith("public") else Visibility.HIDDEN,
            outcome=Outcome.PASSED if is_so else Outcome.ERROR,
            points=float(is_so),
            max_points=1.0,
        )
        for name, is_so in passed.items()
    )
    return Verdict(
        question="a/b", title=Text(en="T"), submission=SubmissionId(name="s.py", sha256=""), status=status,
        points=sum(passed.values()), max_points=len(passed), checks=checks, seed=1, grader="0", feedback=feedback,
    )  # fmt: skip


def told(before: Verdict, after: Verdict, audience: Audience, language: Language = "en") -> tuple[str, ...]:
    return changes_since(before, after, Reader(audience, language))


BEFORE = {"public_a": False, "public_b": True, "secret_c": False, "secret_shape": True, "secret_d": True}
AFTER = {"public_a": True, "public_b": False, "secret_c": True, "secret_shape": False, "secret_d": True}


def test_a_reviewer_reads_every_name() -> None:
    """What passes now, what fails now, in the order of the checks."""
    assert told(verdict(BEFORE), verdict({**AFTER, "secret_e": True}), Audience.REVIEWER) == (
        "points: 3 → 4",
        "passing now: public_a, secret_c, secret_e",
        "failing now: public_b, secret_shape",
    )


@pytest.mark.parametrize(
    ("feedback", "lines"),
    [
        (Feedback.NONE, ("partial → accepted",)),
        (Feedback.SCORE, ("partial → accepted", "points: 3 → 4")),
        (
            Feedback.CATEGORY,
            (
                "partial → accepted",
                "points: 3 → 4",
                "passing now: public_a",
                "failing now: public_b",
                "hidden checks failing: values: 1 → 0",
                "hidden checks failing: shapes: 0 → 1",
            ),
        ),
    ],
)
def test_a_candidate_reads_what_the_reports_say(feedback: Feedback, lines: tuple[str, ...]) -> None:
    """Names of public checks and numbers of hidden ones, and nothing where the question tells nothing."""
    after = verdict({**AFTER, "secret_e": True}, feedback, Status.ACCEPTED)
    found = told(verdict(BEFORE, feedback), after, Audience.CANDIDATE)

    assert found == lines
    assert "secret" not in "".join(found)


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_change_is_said_too(audience: Audience, language: Language) -> None:
    """In both languages."""
    assert told(verdict(BEFORE), verdict(BEFORE), audience, language) == (
        {"en": "nothing has changed", "zh": "没有变化"}[language],
    )


def test_changes_are_told_in_chinese() -> None:
    """Groups too."""
    assert told(verdict(BEFORE), verdict(AFTER), Audience.CANDIDATE, "zh") == (
        "现在通过：public_a",
        "现在未通过：public_b",
        "未通过的隐藏检查：数值：1 → 0",
        "未通过的隐藏检查：形状：0 → 1",
    )


def test_a_name_is_one_line_without_power() -> None:
    """What a name may hold moves no cursor and makes no line."""
    (line,) = told(verdict({"a": True}), verdict({"a": True, "x\n\x1b[2Jy": True}), Audience.REVIEWER)[1:]

    assert "\x1b" not in line
    assert "\n" not in line
