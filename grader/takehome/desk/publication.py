"""The reports of an assessment, as folders of pages that need nothing beside them.

reports/reviewer/<candidate>/index.html, <position>.html     blind: by the pseudonym alone, with the evidence of each point
reports/candidate/<candidate>/index.html, <position>.html    made from what a candidate may see, and of nothing else
reports/cohort/index.html, batch.html                        the team's
"""  # noqa: E501  the lines of a table

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from grader.batch import slim
from grader.errors import SubmissionError
from grader.files import write_whole
from grader.gradebook import Grade, Gradebook
from grader.question import Feedback
from grader.report import Audience, render
from grader.report.pages.batch import batch_page
from grader.submission import read_submission
from grader.takehome.cohort import Cohort
from grader.takehome.desk.cohort_page import Member, cohort_page
from grader.takehome.desk.judging import agreement, decision_of
from grader.takehome.desk.marking import Answer, unpacked
from grader.takehome.desk.pages import Dossier, Line, Summary, candidate_page, reviewer_page
from grader.takehome.desk.scores import scores_of
from grader.takehome.notice import feedback_on
from grader.takehome.statistics import statistics_of
from grader.takehome.walkthrough import walkthrough

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from grader.question import Language
    from grader.rubric import AnyQuestion
    from grader.takehome.desk.desk import Desk
    from grader.takehome.desk.marking import Questions
    from grader.takehome.desk.register import Register
    from grader.takehome.desk.scores import Score, Scored

REPORTS = "reports"


def publish_reviewer(desk: Desk, score: Score, questions: Questions, language: Language) -> Path:
    """Write what a reviewer sees of one invitation; return its first page."""
    folder = _folder(desk, Audience.REVIEWER, score)
    talks = []
    for scored in score.questions:
        verdict = scored.verdict
        if verdict is None:
            continue
        sources = _sources(desk, score, scored, questions.find(scored.asked))
        page = render(verdict, "html", Audience.REVIEWER, language, source=sources)
        write_whole(folder / _page_of(scored), page)
        talks.append((verdict.title.in_language(language), walkthrough(sources, verdict, language)))
    disclosure = json.loads(score.receipt.disclosure) if score.receipt else {}
    dossier = Dossier(desk.assessment.scorecard, disclosure, talks)
    summary = _summary(desk, score, questions, language)
    return _written(folder / "index.html", reviewer_page(summary, dossier, language))


def publish_candidate(desk: Desk, score: Score, questions: Questions, language: Language) -> Path:
    """Write what a candidate may see of one invitation; return its first page."""
    folder = _folder(desk, Audience.CANDIDATE, score)
    levels = []
    for scored in score.questions:
        question = questions.find(scored.asked)
        levels.append(feedback_on(desk.assessment, question))
        verdict = scored.verdict
        if verdict is not None:
            # neither the variant nor a level beyond the assessment's
            shown = verdict.model_copy(update={"feedback": levels[-1], "question": scored.asked.question})
            sources = _sources(desk, score, scored, question)
            write_whole(folder / _page_of(scored), render(shown, "html", Audience.CANDIDATE, language, source=sources))
    summary = _summary(desk, score, questions, language, scored=Feedback.NONE not in levels)
    return _written(folder / "index.html", candidate_page(summary, language))


def _folder(desk: Desk, audience: Audience, score: Score) -> Path:
    folder = desk.office.folder / REPORTS / audience.value / score.invited.label
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _written(path: Path, text: str) -> Path:
    write_whole(path, text)
    return path


def _page_of(scored: Scored) -> str:
    return f"{scored.asked.position}.html"


def _summary(desk: Desk, score: Score, questions: Questions, language: Language, *, scored: bool = True) -> Summary:
    return Summary(
        title=desk.assessment.title.in_language(language),
        candidate=score.invited.terms.candidate,
        attempt=score.invited.terms.attempt,
        received=score.receipt is not None,
        part=score.part,
        reached=score.reached if scored else None,
        total=score.total if scored else None,
        maximum=score.maximum,
        lines=tuple(_line(each, questions.find(each.asked), language, scored=scored) for each in score.questions),
        scored=scored,
    )


def _line(each: Scored, question: AnyQuestion, language: Language, *, scored: bool) -> Line:
    return Line(
        title=question.spec.title.in_language(language),
        points=each.points if scored else None,
        maximum=each.asked.points,
        status=each.grading.status if each.grading else "",
        answered=each.answered,
        page=_page_of(each) if each.grading else "",
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
