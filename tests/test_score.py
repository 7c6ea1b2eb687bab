"""Scoring: what a run is worth. Pure, so every run that can be imagined is tried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.question import Check, Question, QuestionSpec, Text, Visibility
from grader.score import score, unread
from grader.verdict import Detail, Outcome, RawResult, Run, SourceLine, Status, SubmissionId, Verdict

PURE = settings(max_examples=200, deadline=None, database=None)
SPEC = QuestionSpec.model_validate(
    {
        "format": 1, "id": "sample", "title": {"en": "A sample"}, "family": "made", "difficulty": "easy", "minutes": 1,
        "submission": {"exports": {"first": "(x)", "second": "(x)"}}, "source": {"topic": "sample"},
    }
)  # fmt: skip
SUBMISSION = SubmissionId(name="solution.py", sha256="0" * 64)
NAMES = tuple(SPEC.submission.exports)


def made(*worth: float, public: int = 0) -> tuple[Check, ...]:
    """Checks of so many points each, the first of them public."""
    return tuple(
        Check(
            name=f"test_{index}",
            visibility=Visibility.PUBLIC if index < public else Visibility.HIDDEN,
            points=points,
            group=Text(en=f"group {index % 2}"),
            hint=Text(en=f"hint {index}"),
            line=index + 1,
        )
        for index, points in enumerate(worth)
    )


def ran(checks: tuple[Check, ...], *outcomes: Outcome, **more: Any) -> Run:
    """A run in which the checks ended so."""
    return Run(
        tuple(
            RawResult(check.name, check.visibility, outcome, f"message of {check.name}", 0.5, Detail(call="f(1)"))
            for check, outcome in zip(checks, outcomes, strict=True)
        ),
        **more,
    )


def scored(checks: tuple[Check, ...], run: Run) -> Verdict:
    return score(Question(SPEC, Path("bank"), Path("solutions"), checks), checks, SUBMISSION, 42, run)


# points are halves, so that their sums are exact
worths = st.lists(st.integers(0, 20).map(lambda number: number / 2), min_size=1, max_size=12)
runs = worths.flatmap(
    lambda worth: st.tuples(
        st.integers(0, len(worth)).map(lambda public: made(*worth, public=public)),
        st.lists(st.sampled_from(Outcome), min_size=len(worth), max_size=len(worth)),
    )
)


@PURE
@given(runs)
def test_points_are_those_of_the_checks_that_passed(case: tuple[tuple[Check, ...], list[Outcome]]) -> None:
    """All or nothing for each check, in the order of the plan; the verdict adds them up."""
    checks, outcomes = case
    verdict = scored(checks, ran(checks, *outcomes))
    earned = [c.points if o is Outcome.PASSED else 0 for c, o in zip(checks, outcomes, strict=True)]

    assert [check.points for check in verdict.checks] == earned
    assert [check.outcome for check in verdict.checks] == outcomes
    assert [(c.name, c.visibility, c.max_points) for c in verdict.checks] == [
        (c.name, c.visibility, c.points) for c in checks
    ]
    assert (verdict.points, verdict.max_points) == (sum(earned), sum(check.points for check in checks))


@PURE
@given(runs)
def test_the_status_follows_from_the_outcomes(case: tuple[tuple[Check, ...], list[Outcome]]) -> None:
    """Broken if anything is; else by the checks that are worth something, or by all where none is."""
    checks, outcomes = case
    verdict = scored(checks, ran(checks, *outcomes))
    pairs = list(zip(checks, outcomes, strict=True))
    counting = [outcome for check, outcome in pairs if check.points] or outcomes
    passed = {outcome is Outcome.PASSED for outcome in counting}
    expected = {(True,): Status.ACCEPTED, (False, True): Status.PARTIAL, (False,): Status.REJECTED}[
        tuple(sorted(passed))
    ]

    assert verdict.status is (Status.BROKEN if Outcome.BROKEN in outcomes else expected)
    if verdict.status is Status.ACCEPTED:
        assert verdict.points == verdict.max_points


@PURE
@given(runs, st.integers(0, 11))
def test_a_broken_check_never_counts(case: tuple[tuple[Check, ...], list[Outcome]], index: int) -> None:
    """Whichever check breaks, nobody is rejected for it, and no other check is worth more or less."""
    checks, outcomes = case
    index %= len(checks)
    before = scored(checks, ran(checks, *outcomes))
    after = scored(checks, ran(checks, *[*outcomes[:index], Outcome.BROKEN, *outcomes[index + 1 :]]))

    assert after.status is Status.BROKEN
    assert after.checks[index].points == 0
    assert [*after.checks[:index], *after.checks[index + 1 :]] == [*before.checks[:index], *before.checks[index + 1 :]]


@PURE
@given(runs)
def test_scoring_is_pure(case: tuple[tuple[Check, ...], list[Outcome]]) -> None:
    """The same run gives the same verdict, and survives it unchanged; the verdict survives its own JSON."""
    checks, outcomes = case
    run = ran(checks, *outcomes)
    copy = ran(checks, *outcomes)
    verdict = scored(checks, run)

    assert scored(checks, run) == verdict
    assert run == copy
    assert Verdict.model_validate(verdict.as_json()) == verdict


P, F, B = Outcome.PASSED, Outcome.FAILED, Outcome.BROKEN


@pytest.mark.parametrize(
    ("worth", "outcomes", "more", "status"),
    [
        ([1, 2], [P, P], {}, Status.ACCEPTED),
        ([1, 2], [P, F], {}, Status.PARTIAL),
        ([1, 2], [F, F], {}, Status.REJECTED),
        ([0, 2], [F, P], {}, Status.ACCEPTED),
        ([0, 2], [P, F], {}, Status.REJECTED),
        ([0, 0], [P, P], {}, Status.ACCEPTED),
        ([0, 0], [P, F], {}, Status.PARTIAL),
        ([1, 2], [P, B], {}, Status.BROKEN),
        ([0, 2], [B, P], {}, Status.BROKEN),
        ([1, 2], [P, P], {"broken": "the examiner ended"}, Status.BROKEN),
        ([1, 2], [B, B], {"undefined": NAMES}, Status.INVALID),
        ([1, 2], [B, B], {"undefined": NAMES[:1]}, Status.BROKEN),
        ([1, 2], [B, B], {"undefined": NAMES, "broken": "the examiner ended"}, Status.BROKEN),
        ([1, 2], [F, B], {"undefined": NAMES}, Status.BROKEN),
        ([1, 2], [P, Outcome.ERROR], {"undefined": NAMES[1:]}, Status.PARTIAL),
        *[([1, 2], [P, outcome], {}, Status.PARTIAL) for outcome in Outcome if outcome not in {P, B}],
    ],
)  # fmt: skip
def test_the_table_of_states(worth: list[float], outcomes: list[Outcome], more: dict[str, Any], status: Status) -> None:
    """What became of the checks, what of the submission."""
    checks = made(*worth)

    assert scored(checks, ran(checks, *outcomes, **more)).status is status


def test_nothing_graded_is_not_accepted() -> None:
    """Without a check there is no evidence, and so no acceptance."""
    assert scored((), Run(())).status is not Status.ACCEPTED


def test_a_public_and_a_hidden_check_of_one_name() -> None:
    """They are two checks, each with its own result."""
    hidden = made(3)[0]
    public = hidden.model_copy(update={"visibility": Visibility.PUBLIC, "points": 0.0})
    verdict = scored((public, hidden), ran((public, hidden), F, P))

    assert [(check.visibility, check.outcome, check.points) for check in verdict.checks] == [
        (Visibility.PUBLIC, F, 0),
        (Visibility.HIDDEN, P, 3),
    ]


def test_what_passed_keeps_no_evidence() -> None:
    """Hints and details are for what did not pass."""
    checks = made(1, 1)
    passed, failed = scored(checks, ran(checks, P, F)).checks

    assert (passed.hint, passed.detail) == (None, None)
    assert (failed.hint, failed.detail) == (Text(en="hint 1"), Detail(call="f(1)"))


def test_what_is_said_of_broken_ones() -> None:
    """The run's own reason, else the first broken check and its message."""
    checks = made(1, 1)

    assert scored(checks, ran(checks, P, B)).message == "test_1: message of test_1"
    assert scored(checks, ran(checks, P, B, broken="no examiner")).message == "no examiner"
    assert scored(checks, ran(checks, P, F)).message == ""


def test_what_is_said_of_missing_names() -> None:
    """What is asked for, what is there instead; a note where others are there, the message where none is."""
    checks = made(1)
    none = scored(checks, ran(checks, B, undefined=NAMES, names=("frist", "other")))
    one = scored(checks, ran(checks, P, undefined=("second",), names=("first", "secnod")))

    assert none.message == (
        "it defines none of the names the question asks for: first, second. It defines 'frist'; rename it to 'first'."
    )
    assert none.notes == ()
    assert one.notes == ("it does not define second. It defines 'secnod'; rename it to 'second'.",)
    assert one.message == ""


def test_the_facts_of_a_run_are_passed_on() -> None:
    """Output, notes, versions, seed and time stand in the verdict as they were."""
    checks = made(1)
    verdict = scored(
        checks, ran(checks, P, output="hello", notes=("a note",), versions={"python": "3"}, seconds=1.23456)
    )

    assert (verdict.output, verdict.notes, verdict.environment) == ("hello", ("a note",), {"python": "3"})
    assert (verdict.seed, verdict.seconds, verdict.question) == (42, 1.235, "made/sample")
    assert verdict.submission == SUBMISSION


def test_what_cannot_be_read_is_invalid() -> None:
    """Nothing was run, so there is nothing but the reason and its place."""
    question = Question(SPEC, Path("bank"), Path("solutions"), made(1, 2))
    place = SourceLine(file="solution.py", line=3, function="", text="def f(:")
    verdict = unread(question, SUBMISSION, 42, "invalid syntax", location=place, column=7)

    assert (verdict.status, verdict.points, verdict.max_points) == (Status.INVALID, 0, 3)
    assert (verdict.message, verdict.location, verdict.column) == ("invalid syntax", place, 7)
    assert verdict.checks == ()
    assert unread(question, SUBMISSION, 42, "no GPU", status=Status.UNGRADED).status is Status.UNGRADED
