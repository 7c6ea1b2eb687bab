"""Verdicts that the report tests share: one with every outcome, one for every status."""

from __future__ import annotations

from typing import Any

import pytest

from grader.question import Text, Visibility
from grader.verdict import (
    CheckResult,
    Detail,
    Isolation,
    Level,
    Opinion,
    Outcome,
    PerformanceResult,
    SourceLine,
    Stance,
    Status,
    SubmissionId,
    Usage,
    Verdict,
)

SOURCE = {
    "solution.py": '''import torch


def masked_mean(h, mask):
    """Average over the positions that the mask keeps."""
    total = (h * mask[..., None]).sum(1)
    return total / mask.sum(1)


def masked_max(h, mask):
    return h.max(1).value
''',
}

SHAPES = Text(en="the right shapes", zh="形状正确")
PADDING = Text(en="padding never matters", zh="填充内容不影响结果")
EMPTY = Text(en="rows without tokens", zh="没有词元的行")
SPEED = Text(en="no loop over the batch", zh="不按样本循环")

_DIFFERENCE = "2 of 4 values differ; first at [0, 1]: 2.5, expected 1.5, off by 1, allowed 1.5e-05"

PUBLIC_FAILED = CheckResult(
    name="test_two_rows",
    group=SHAPES,
    visibility=Visibility.PUBLIC,
    outcome=Outcome.FAILED,
    points=0,
    max_points=1,
    message=f"{_DIFFERENCE}\n  expected tensor(2, 2) float32 [[1.0, 1.5], [3.0, 4.0]]\n"
    "  got      tensor(2, 2) float32 [[1.0, 2.5], [3.0, 5.0]]",
    hint=Text(en="Divide by the number of kept positions of each row.", zh="每一行除以该行保留的位置数。"),
    seconds=0.002,
    detail=Detail(
        call="masked_mean(h=tensor(2, 3, 2) float32, mask=tensor(2, 3) float32 [[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])",
        expected="tensor(2, 2) float32 [[1.0, 1.5], [3.0, 4.0]]",
        actual="tensor(2, 2) float32 [[1.0, 2.5], [3.0, 5.0]]",
        difference=_DIFFERENCE,
    ),
)
PUBLIC_ERROR = CheckResult(
    name="test_max_of_one_row",
    group=SHAPES,
    visibility=Visibility.PUBLIC,
    outcome=Outcome.ERROR,
    points=0,
    max_points=1,
    message="AttributeError: 'torch.return_types.max' object has no attribute 'value'",
    detail=Detail(
        call="masked_max(h=tensor(1, 3, 2) float32, mask=tensor(1, 3) float32 [[1.0, 1.0, 0.0]])",
        example="h=tensor([[[0.]]]), mask=tensor([[0.]])",
        exception="AttributeError: 'torch.return_types.max' object has no attribute 'value'",
        traceback=(SourceLine(file="solution.py", line=11, function="masked_max", text="return h.max(1).value"),),
    ),
)


def hidden(name: str, group: Text, outcome: Outcome, points: float = 2, **fields: Any) -> CheckResult:
    """Return the result of a hidden check."""
    earned = points if outcome is Outcome.PASSED else 0
    return CheckResult(
        name=name,
        group=group,
        visibility=Visibility.HIDDEN,
        outcome=outcome,
        points=earned,
        max_points=points,
        **fields,
    )


def verdict(status: Status = Status.PARTIAL, **fields: Any) -> Verdict:
    """Return a verdict, with sensible values for what is not given."""
    checks: tuple[CheckResult, ...] = fields.get("checks", ())
    standard = {
        "question": "nlp/masked-pooling",
        "title": Text(en="Mask-aware pooling", zh="带掩码的池化"),
        "submission": SubmissionId(name="alice.py", sha256="3f1c" * 16),
        "points": sum(check.points for check in checks),
        "max_points": sum(check.max_points for check in checks) or 12,
        "seed": 81636215544871,
        "grader": "0.1.0",
    }
    return Verdict(status=status, **(standard | fields))


PARTIAL = verdict(
    checks=(
        CheckResult(
            name="test_import",
            group=SHAPES,
            visibility=Visibility.PUBLIC,
            outcome=Outcome.PASSED,
            points=0,
            max_points=0,
        ),
        PUBLIC_FAILED,
        PUBLIC_ERROR,
        hidden("test_shape_for_every_batch", SHAPES, Outcome.PASSED),
        hidden(
            "test_padding_content_is_ignored",
            PADDING,
            Outcome.FAILED,
            3,
            message="NaN where 0.5 was expected",
            hint=Text(en="What does NaN times zero give?", zh="NaN 乘以零等于多少？"),
            detail=Detail(
                call="masked_mean(h=tensor(4, 7, 3), mask=tensor(4, 7))",
                expected="tensor(4, 3) float32, from -0.3 to 0.9",
                actual="tensor(4, 3) float32, from nan to nan",
                difference="12 of 12 values differ; first at [0, 0]: nan, expected 0.5",
                example="seed=17",
            ),
        ),
        hidden("test_padding_gets_no_gradient", PADDING, Outcome.FAILED, 1),
        hidden("test_row_of_padding", EMPTY, Outcome.PASSED),
        hidden("long_sequence", SPEED, Outcome.SLOW),
    ),
    performance=(
        PerformanceResult(name="long_sequence", ratio=0.56, low=0.49, high=0.63, limit=0.25, pairs=30, against="naive"),
    ),
    notes=("cell 3: the magic `%matplotlib inline` was left out",),
    output="loading…\nshape torch.Size([2, 3, 2])\n",
    usage=Usage(
        wall=2.4,
        wall_limit=30,
        cpu=3.1,
        cpu_limit=30,
        memory=412 * 2**20,
        memory_limit=2 * 2**30,
        guests=1,
    ),
    isolation=Isolation(
        level=Level.RESTRICTED,
        layers=("user", "mount", "pid", "net", "seccomp", "landlock", "rlimits"),
        missing={"cgroup": "no controller is delegated to this user"},
    ),
    environment={"python": "3.11.7", "torch": "2.9.1"},
)
EVERY_OUTCOME = verdict(checks=tuple(hidden(f"test_{outcome.name.lower()}", PADDING, outcome) for outcome in Outcome))
INVALID = verdict(
    Status.INVALID,
    message="invalid syntax. Perhaps you forgot a comma?",
    location=SourceLine(file="solution.py", line=6, function="", text="    total = (h * mask[..., None].sum(1)"),
    column=13,
)
BROKEN = verdict(Status.BROKEN, message="test_hidden.py::test_row_of_padding: NameError: name 'oracle' is not defined")
UNGRADED = verdict(Status.UNGRADED, message="The question needs a CUDA device.")
ACCEPTED = verdict(
    Status.ACCEPTED,
    checks=(
        hidden("test_row_of_padding", EMPTY, Outcome.PASSED),
        hidden("long_sequence", SPEED, Outcome.PASSED),
    ),
    usage=PARTIAL.usage,
)
REJECTED = verdict(Status.REJECTED, checks=(hidden("test_row_of_padding", EMPTY, Outcome.CRASHED),))
PROVISIONAL = verdict(
    Status.PROVISIONAL,
    message="1 of 2 key points wait for a person",
    answer="It balloons.",
    judge="scripted at http://127.0.0.1:8000/v1",
    checks=(
        hidden(
            "found",
            EMPTY,
            Outcome.PASSED,
            message="met, by the model, asked three times",
            detail=Detail(opinions=(Opinion(stance=Stance.MET, quote="It balloons."),) * 3),
        ),
        hidden(
            "growth",
            PADDING,
            Outcome.UNDECIDED,
            message="the model cannot tell; the rules: not met",
            detail=Detail(
                expected="It grows.",
                passage="It balloons.",
                opinions=(Opinion(stance=Stance.UNCLEAR, quote="It grows.", fault="met, but it is not there"),) * 3,
            ),
        ),
    ),
)
SAMPLES = (PARTIAL, EVERY_OUTCOME, INVALID, BROKEN, UNGRADED, ACCEPTED, REJECTED, PROVISIONAL)


@pytest.mark.parametrize("status", Status)
def test_every_status_has_a_sample(status: Status) -> None:
    assert any(sample.status is status for sample in SAMPLES)


def test_one_sample_holds_every_outcome() -> None:
    assert {check.outcome for check in EVERY_OUTCOME.checks} == set(Outcome)
