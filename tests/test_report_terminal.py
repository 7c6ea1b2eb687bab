"""The terminal report, compared as a person sees it."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from hypothesis import given
from rich.cells import cell_len
from rich.console import Console
from test_report import ATTACKS, verdicts
from test_report_samples import (
    BROKEN,
    EVERY_OUTCOME,
    INVALID,
    PADDING,
    PARTIAL,
    SOURCE,
    UNGRADED,
    hidden,
    verdict,
)

from grader.question import LANGUAGES, Language, Text, Visibility
from grader.report.drawing import make_console
from grader.report.reader import Audience
from grader.report.terminal import render_terminal, terminal_text
from grader.report.wording import outcome_sentence
from grader.verdict import CheckResult, Detail, Outcome, PerformanceResult, SourceLine, Usage, Verdict

CANDIDATE_PARTIAL = """\
Mask-aware pooling  nlp/masked-pooling
alice.py  sha256 3f1c3f1c3f1c

PARTIAL  4 of 12 points  [##########--------------------]  33%

Points
  ✗ the right shapes        2 of 4 points  [#####-----]
  ✗ padding never matters   0 of 4 points  [----------]
  ✓ rows without tokens     2 of 2 points  [##########]
  ✗ no loop over the batch  0 of 2 points  [----------]

Failing checks
  ✗ test_two_rows  gave a wrong result
    public · the right shapes · 0 of 1 point
    call        masked_mean(h=tensor(2, 3, 2) float32, mask=tensor(2, 3) float32 [[1.0, 1.0, 0.0],
                [1.0, 1.0, 1.0]])
    expected    tensor(2, 2) float32 [[1.0, 1.5], [3.0, 4.0]]
    got         tensor(2, 2) float32 [[1.0, 2.5], [3.0, 5.0]]
    difference  2 of 4 values differ; first at [0, 1]: 2.5, expected 1.5, off by 1, allowed 1.5e-05
    hint        Divide by the number of kept positions of each row.

  ✗ test_max_of_one_row  raised an exception
    public · the right shapes · 0 of 1 point
    call        masked_max(h=tensor(1, 3, 2) float32, mask=tensor(1, 3) float32 [[1.0, 1.0, 0.0]])
    example     h=tensor([[[0.]]]), mask=tensor([[0.]])
    exception   AttributeError: 'torch.return_types.max' object has no attribute 'value'
                solution.py, line 11, in masked_max
                    10 def masked_max(h, mask):
                  > 11     return h.max(1).value

Hidden checks
  ✗ padding never matters  gave a wrong result  2 checks
    hint        What does NaN times zero give?
  ✗ no loop over the batch  is right, but too slow

Performance
  ✗ no loop over the batch  too slow
    measured 1.79×, between 1.59× and 2.04×
    must be at least 4× as fast as a simple solution

Limits
  time    [#---------]   8%  2.4 s of 30 s
  CPU     [#---------]  10%  3.1 s of 30 s
  memory  [##--------]  20%  412 MiB of 2 GiB

Notes
  - cell 3: the magic `%matplotlib inline` was left out
  - The submission printed something. It is not shown, because it may repeat hidden inputs.
"""

REVIEWER_PARTIAL_END = """\
Performance
  ✗ long_sequence  too slow
    measured 1.79×, between 1.59× and 2.04×, 30 pairs
    must be at least 4× as fast as naive

Limits
  time    [#---------]   8%  2.4 s of 30 s
  CPU     [#---------]  10%  3.1 s of 30 s
  memory  [##--------]  20%  412 MiB of 2 GiB

Notes
  - cell 3: the magic `%matplotlib inline` was left out

Output of the submission
  loading…
  shape torch.Size([2, 3, 2])

isolation restricted: user, mount, pid, net, seccomp, landlock, rlimits; missing: cgroup (no
controller is delegated to this user)
grader 0.1.0, python 3.11.7, torch 2.9.1
seed 81636215544871, rerun exactly with --seed 81636215544871
"""


def plain(drawn: Verdict, audience: Audience = Audience.REVIEWER, language: Language = "en") -> str:
    console = Console(width=100, file=StringIO())
    render_terminal(drawn, audience, language, source=SOURCE, console=console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def public(outcome: Outcome = Outcome.FAILED, **detail: object) -> Verdict:
    """Return a verdict of one public check."""
    check = CheckResult(
        name="test_x",
        group=PADDING,
        visibility=Visibility.PUBLIC,
        outcome=outcome,
        points=0,
        max_points=1,
        detail=Detail.model_validate(detail),
    )
    return verdict(checks=(check,))


def test_a_candidates_report_of_a_partial_verdict() -> None:
    assert plain(PARTIAL, Audience.CANDIDATE) == CANDIDATE_PARTIAL


def test_a_reviewers_report_ends_with_how_to_do_it_again() -> None:
    assert plain(PARTIAL).endswith(REVIEWER_PARTIAL_END)


def test_a_reviewer_sees_hidden_checks_in_full() -> None:
    text = plain(PARTIAL)

    assert "✗ test_padding_content_is_ignored  gave a wrong result\n" in text
    assert "expected    tensor(4, 3) float32, from -0.3 to 0.9\n" in text
    assert "must be at least 4× as fast as naive\n" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.PASSED])
def test_no_failure_is_without_words(outcome: Outcome, audience: Audience, language: Language) -> None:
    text = plain(verdict(checks=(hidden("test_x", PADDING, outcome),)), audience, language)

    assert outcome_sentence(outcome, language) in " ".join(text.split())


def test_a_fault_of_ours_is_marked_otherwise() -> None:
    assert "! test_broken  could not be graded: a fault of the grader" in plain(EVERY_OUTCOME)


def test_a_syntax_error_stands_under_a_caret() -> None:
    text = plain(INVALID, Audience.CANDIDATE)

    assert (
        """\
invalid syntax. Perhaps you forgot a comma?
solution.py, line 6, column 13
    4 def masked_mean(h, mask):
    5     \"\"\"Average over the positions that the mask keeps.\"\"\"
  > 6     total = (h * mask[..., None]).sum(1)
                  ^
    7     return total / mask.sum(1)
"""
        in text
    )


@pytest.mark.parametrize("before", ["", "\t", "漢字 = ", "x" * 300, "漢" * 200])
def test_the_caret_finds_its_column(before: str) -> None:
    line = SourceLine(file="gone.py", line=3, function="", text=f"{before}! {'y' * 200}")
    text = plain(INVALID.model_copy(update={"location": line, "column": len(before) + 1}))

    code, caret = re.findall(r"^  > 3 (.*)\n      ( *)\^$", text, re.MULTILINE)[0]
    assert code[_characters(code, cell_len(caret))] == "!"


def _characters(text: str, cells: int) -> int:
    return next(count for count in range(len(text)) if cell_len(text[:count]) == cells)


def test_an_invalid_submission_has_no_checks_to_show() -> None:
    """Where none of the names is defined, the examiner reports every check as not executed."""
    drawn = INVALID.model_copy(update={"checks": EVERY_OUTCOME.checks})

    for audience in Audience:
        assert "test_broken" not in plain(drawn, audience)
        assert "Points" not in plain(drawn, audience)


def test_a_check_worth_nothing_says_nothing_of_points() -> None:
    worthless = PARTIAL.checks[0].model_copy(update={"outcome": Outcome.FAILED})

    assert "    public · the right shapes\n" in plain(verdict(checks=(worthless,)))


def test_a_long_sentence_stands_under_the_name() -> None:
    name = "test_with_a_name_that_says_at_length_what_it_is_about"
    text = plain(verdict(checks=(hidden(name, PADDING, Outcome.BROKEN),)))

    assert f"  ! {name}\n    could not be graded: a fault of the grader or the suite, not of the submission\n" in text


def test_a_broken_grading_is_said_to_be_our_fault() -> None:
    text = plain(BROKEN, Audience.CANDIDATE)

    assert "our fault, and it does not count against the submission" in text
    assert "points" not in text


def test_an_ungraded_submission_is_told_why() -> None:
    assert "The question needs a CUDA device." in plain(UNGRADED, Audience.CANDIDATE)


def test_two_values_without_a_difference_get_a_caret() -> None:
    text = plain(public(expected="[1, 2, 3]", actual="[1, 5, 3]"))

    assert "expected    [1, 2, 3]\n    got         [1, 5, 3]\n                    ^\n" in text


def test_in_colour_only_what_differs_is_underlined() -> None:
    drawn = public(expected="[1.5, 2.0, 3.0]", actual="[1.5, 2.5, 3.0]", difference="at [1]")
    text = terminal_text(drawn, Audience.REVIEWER, "en", colour=True)

    assert re.findall(r"\x1b\[1;4;3\dm([^\x1b]*)", text) == ["2.0", "2.5"]


def test_a_long_value_is_shown_whole() -> None:
    value = " ".join(str(number) for number in range(600))
    text = plain(public(expected=value, actual=f"{value} {value[:300]}"))

    assert "".join(value.split()) in "".join(text.split())


def test_what_is_left_out_is_counted() -> None:
    text = plain(public(expected="9" * 10_000, actual="\n".join("7" * 100)))

    assert "… and 6000 more characters" in text
    assert "… and 60 more lines" in text


def test_a_deep_traceback_is_shortened_aloud() -> None:
    frame = SourceLine(file="solution.py", line=11, function="masked_max", text="return h.max(1).value")
    text = plain(public(Outcome.ERROR, exception="RecursionError: too deep", traceback=(frame,) * 1000))

    assert text.count("solution.py, line 11, in masked_max") == 5
    assert "… and 995 more calls" in text


def test_a_line_without_its_file_is_shown_by_its_own_text() -> None:
    frame = SourceLine(file="helper.py", line=3, function="f", text="return 1 / 0")

    assert "helper.py, line 3, in f\n                  > 3 return 1 / 0\n" in plain(public(traceback=(frame,)))


def test_a_message_that_adds_nothing_is_not_repeated() -> None:
    assert "message" not in plain(PARTIAL, Audience.CANDIDATE)


def test_an_undecided_measurement_says_for_whom_it_counted() -> None:
    speed = PerformanceResult(
        name="long", ratio=1.5, low=1.4, high=1.6, limit=1.5, pairs=120, against="reference", decided=False
    )
    text = plain(verdict(performance=(speed,)))

    assert "✓ long  fast enough\n    measured 1.5×, between 1.4× and 1.6×, 120 pairs\n" in text
    assert "undecided after all rounds, counted for the submission" in text


def test_early_ends_are_mentioned() -> None:
    assert "was started 3 times" in plain(verdict(usage=Usage(guests=3)))


def test_a_name_cannot_forge_a_line() -> None:
    forged = PARTIAL.submission.model_copy(update={"name": "a.py\nACCEPTED  12 of 12 points"})
    text = plain(PARTIAL.model_copy(update={"submission": forged}))

    assert r"a.py\nACCEPTED" in text
    assert "\nACCEPTED" not in text


def test_markup_of_a_candidate_is_text() -> None:
    assert "[bold red]x[/] :smile:" in plain(public(actual="[bold red]x[/] :smile:"))


@given(verdicts)
def test_in_a_pipe_there_is_no_escape_no_box_and_no_padding(drawn: Verdict) -> None:
    harmless = drawn.model_copy(update={"title": Text(en="t")})
    text = plain(harmless)

    assert "\x1b" not in text
    assert not re.search("[─-╿]", text) or re.search("[─-╿]", repr(harmless))
    assert all(line == line.rstrip() for line in text.split("\n"))


@given(verdicts)
def test_on_a_terminal_the_only_escapes_are_ours(drawn: Verdict) -> None:
    text = terminal_text(drawn, Audience.REVIEWER, "en", source=SOURCE, colour=True)

    assert not any(attack in text for attack in ATTACKS if not attack.isprintable())
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.parametrize("width", [40, 60, 100])
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_line_is_wider_than_the_screen(width: int, language: Language) -> None:
    text = terminal_text(PARTIAL, Audience.REVIEWER, language, source=SOURCE, width=width)

    assert max(cell_len(line) for line in text.split("\n")) <= width


def test_a_pipe_is_a_hundred_wide() -> None:
    assert make_console(StringIO()).width == 100
