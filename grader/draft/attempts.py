"""How hard a question is: the model that drafted it tries it as a candidate, who has the statement alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.bank import starter, statement
from grader.draft.plan import Program
from grader.draft.record import Attempts
from grader.grading import grade
from grader.models.conversation import NoReplyError
from grader.proof.workbench import made
from grader.verdict import Status

if TYPE_CHECKING:
    from grader.models.conversation import Conversation
    from grader.question import Question
    from grader.verdict import Level

PROGRAM_TOKENS = 2048
WARMTH = 0.8


def try_as_candidate(question: Question, conversation: Conversation, count: int, level: Level | None) -> Attempts:
    """Draw answers from the statement and grade each like a submission.

    Raises:
        ModelError: the model gives no answer at all; one that cannot be used is a failed attempt.
    """
    solved = 0
    asked = f"{statement(question, 'en')}\n\nBegin with:\n\n{starter(question).read_text(encoding='utf-8')}"
    for number in range(count):
        try:
            program = conversation.ask(
                Program, asked, stage="attempts", max_tokens=PROGRAM_TOKENS, temperature=WARMTH, variation=100 + number
            )
        except NoReplyError:
            continue
        verdict = grade(question, made(f"attempt-{number + 1}", program.code), isolation=level)
        solved += verdict.status is Status.ACCEPTED
    return Attempts(tried=count, solved=solved)
