"""The reports of an assessment, as pages that need nothing beside them.

reports/reviewer/<candidate>.html        blind: by the pseudonym alone, with the evidence of each point
reports/candidate/<candidate>.html       made from what a candidate may see, and of nothing else
reports/cohort/index.html, batch.html    the team's
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from grader.batch import slim
from grader.errors import SubmissionError
from grader.files import write_whole
from grader.gradebook import Grade, Gradebook
from grader.question import Feedback
from grader.report import Audience, Reader
from grader.report.pages.batch import batch_page
from grader.report.pages.submission import evidence
from grader.submission import read_submission
from grader.takehome.cohort import Cohort
from grader.takehome.desk.cohort_page import Member, cohort_page
from grader.takehome.desk.judging import agreement, decision_of
from grader.takehome.desk.marking import Answer, unpacked
from grader.takehome.desk.pages import Dossier, Line, Summary, address, candidate_page, reviewer_page
from grader.takehome.desk.scores import scores_of
from grader.takehome.notice import feedback_on
from grader.takehome.statistics import statistics_of
from grader.takehome.walkthrough import walkthrough

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from grader.question import Language
    from grader.report.pages.markup import Markup
    from grader.rubric import AnyQuestion
    from grader.takehome.desk.desk import Desk
    from grader.takehome.desk.marking import Questions
    from grader.takehome.desk.register import Register
    from grader.takehome.desk.scores import Score, Scored

REPORTS = "reports"


def publish_reviewer(desk: Desk, score: Score, questions: Questions, language: Language) -> Path:
    """Write what a reviewer sees of one invitation, and return the file."""
    talks, lines = [], []
    for position, scored in enumerate(score.questions, start=1):
        question, verdict, shown = questions.find(scored.asked), scored.verdict, None
        if verdict is not None:
            sources = _sources(desk, score, scored, question)
            shown = evidence(verdict, Reader(Audience.REVIEWER, language, sources), address(position))
            talks.append((verdict.title.in_language(language), walkthrough(sources, verdict, language)))
        lines.append(_line(scored, question, language, shown))
    disclosure = json.loads(score.receipt.disclosure) if score.receipt else {}
    dossier = Dossier(desk.assessment.scorecard, disclosure, talks)
    page = reviewer_page(_summary(desk, score, lines, language), dossier, language)
    return _written(_file(desk, Audience.REVIEWER, score), page)


def publish_candidate(desk: Desk, score: Score, questions: Questions, language: Language) -> Path:
    """Write what a candidate may see of one invitation, and return the file."""
    asked = [(scored, questions.find(scored.asked)) for scored in score.questions]
    told = all(feedback_on(desk.assessment, question) is not Feedback.NONE for _, question in asked)
    lines = []
    for position, (scored, question) in enumerate(asked, start=1):
        verdict, shown = scored.verdict, None
        if verdict is not None:
            # neither the variant nor a level beyond the assessment's
            changes = {"feedback": feedback_on(desk.assessment, question), "question": scored.asked.question}
            reader = Reader(Audience.CANDIDATE, language, _sources(desk, score, scored, question))
            shown = evidence(verdict.model_copy(update=changes), reader, address(position))
        lines.append(_line(scored, question, language, shown, scored=told))
    summary = _summary(desk, score, lines, language, scored=told)
    return _written(_file(desk, Audience.CANDIDATE, score), candidate_page(summary, language))


def report_file(desk: Desk, audience: Audience, label: str) -> Path:
    """Return where the report on one invitation lies."""
    return desk.office.folder / REPORTS / audience.value / f"{label}.html"


def _file(desk: Desk, audience: Audience, score: Score) -> Path:
    path = report_file(desk, audience, score.invited.label)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _written(path: Path, text: str) -> Path:
    write_whole(path, text)
    return path


def _summary(desk: Desk, score: Score, lines: Sequence[Line], language: Language, *, scored: bool = True) -> Summary:
    return Summary(
        title=desk.assessment.title.in_language(language),
        candidate=score.invited.terms.candidate,
        attempt=score.invited.terms.attempt,
        received=score.receipt is not None,
        part=score.part,
        reached=score.reached if scored else None,
        total=score.total if scored else None,
        maximum=score.maximum,
        lines=tuple(lines),
        scored=scored,
    )


def _line(
    each: Scored, question: AnyQuestion, language: Language, shown: Markup | None, *, scored: bool = True
) -> Line:
    return Line(
        title=question.spec.title.in_language(language),
        points=each.points if scored else None,
        maximum=each.asked.points,
        status=each.grading.status if each.grading else "",
        answered=each.answered,
        evidence=shown,
    )


def _sources(desk: Desk, score: Score, scored: Scored, question: AnyQuestion) -> dict[str, str]:
    """Return the text of an answer by its files; nothing where it cannot be read, and the verdict says why."""
    assert score.receipt is not None, "only what was received has a verdict"
    answer = Answer(score.invited, score.receipt, scored.asked, question, scored.grading)
    try:
        return read_submission(unpacked(desk, answer), question.spec, anonymous=True).texts
    except SubmissionError:
        return {}


# --- the team's ------------------------------------------------------------------------------------------------------


def publish_cohort(desk: Desk, register: Register, language: Language) -> Path:
    """Write what the team sees of everybody; return its first page."""
    folder = desk.office.folder / REPORTS / "cohort"
    folder.mkdir(parents=True, exist_ok=True)
    scores = scores_of(register)
    book = book_of(scores)
    statistics = statistics_of(Cohort(book, sum(each.receipt is not None and each.total is None for each in scores)))
    members = [_member(register, score) for score in scores]
    title = desk.assessment.title.in_language(language)
    write_whole(folder / "batch.html", batch_page(book, language, {}))
    return _written(
        folder / "index.html", cohort_page(title, members, agreement(register), statistics, language)
    )  # fmt: skip


def book_of(scores: Sequence[Score]) -> Gradebook:
    """Return every verdict that counts."""
    return Gradebook(
        tuple(
            Grade(score.invited.label, slim(scored.verdict))
            for score in scores
            for scored in score.questions
            if scored.verdict is not None
        )
    )


def _member(register: Register, score: Score) -> Member:
    decision = decision_of(register, score.invited)
    told = f"{decision.decision}, {decision.by}: {decision.why}" if decision else ""
    received = score.receipt is not None
    return Member(score.invited.label, score.invited.terms.form, score.total, score.maximum, told, received)
