"""What an assessment came to, for other programs: CSV, JSON, and Gradescope's results."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from grader.report.tables import csv_table
from grader.takehome.desk.judging import decision_of, ratings_of
from grader.takehome.invitation import in_utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.takehome.desk.register import Register
    from grader.takehome.desk.scores import Score, Scored
    from grader.takehome.desk.tables import ReceiptRow

_HEAD = (
    "candidate", "attempt", "form", "received", "standing", "part", "position", "question", "status", "points",
    "max_points", "total", "max_total", "decision",
)  # fmt: skip


def as_csv(register: Register, scores: Sequence[Score]) -> str:
    """Return a row for each question of each invitation; what is not known is an empty cell."""
    decided = {score.invited.label: decision_of(register, score.invited) for score in scores}
    rows = [
        (*_invitation(score), *_question(each), *_total(score), row.decision if row else "")
        for score in scores
        for row in [decided[score.invited.label]]
        for each in score.questions
    ]
    return csv_table(_HEAD, rows)


def _invitation(score: Score) -> tuple[str | float, ...]:
    terms, receipt = score.invited.terms, score.receipt
    received = (in_utc(receipt.received), receipt.standing, receipt.part) if receipt else ("", "", "")
    return (terms.candidate, terms.attempt, terms.form, *received)


def _question(each: Scored) -> tuple[str | float, ...]:
    status = each.grading.status if each.grading else ""
    points = "" if each.points is None else each.points
    return (each.asked.position, each.asked.asked, status, points, each.asked.points)


def _total(score: Score) -> tuple[str | float, ...]:
    return ("" if score.total is None else score.total, score.maximum)


def as_json(register: Register, scores: Sequence[Score]) -> str:
    """Return everything that is on record of each invitation but the files themselves."""
    document = {
        "format": 1,
        "assessment": register.assessment.id,
        "invitations": [_whole(register, score) for score in scores],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _whole(register: Register, score: Score) -> dict[str, object]:
    decision, ratings = decision_of(register, score.invited), ratings_of(register, score.invited)
    return {
        "invitation": json.loads(score.invited.row.document),
        "received": _received(score.receipt) if score.receipt else None,
        "reached": score.reached,
        "total": score.total,
        "max_total": score.maximum,
        "questions": [_graded(each) for each in score.questions],
        "ratings": [{name: getattr(row, name) for name in ("rater", "criterion", "level", "note")} for row in ratings],
        "decision": {name: getattr(decision, name) for name in ("decision", "by", "why")} if decision else None,
    }


def _received(row: ReceiptRow) -> dict[str, object]:
    return {
        "at": in_utc(row.received),
        "sha256": row.sha256,
        "standing": row.standing,
        "part": row.part,
        "disclosure": json.loads(row.disclosure),
    }


def _graded(each: Scored) -> dict[str, object]:
    return {
        "position": each.asked.position,
        "question": each.asked.asked,
        "answered": each.answered,
        "points": each.points,
        "max_points": each.asked.points,
        "verdict": json.loads(each.grading.verdict) if each.grading else None,
    }


def as_gradescope(score: Score) -> str:
    """Return one invitation as Gradescope's `results.json`: its points, and those of each question."""
    tests = [
        {
            "name": f"{each.asked.position}. {each.asked.question}",
            "score": each.points,
            "max_score": each.asked.points,
        }
        for each in score.questions
    ]
    return json.dumps({"score": score.total, "tests": tests}, indent=2, ensure_ascii=False)
