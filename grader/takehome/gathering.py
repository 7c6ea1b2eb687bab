"""The submissions of one question, read and reduced to what is compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.bank import starter
from grader.errors import SubmissionError
from grader.question import Visibility
from grader.submission import Unit, read_submission
from grader.takehome.similarity import compare, given_hashes, sketch
from grader.takehome.tokens import TooLong, tokens_of, tokens_of_unit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from grader.question import Question
    from grader.takehome.similarity import Comparison


@dataclass(frozen=True)
class Gathered:
    """The cohort of one question."""

    question: str
    comparison: Comparison
    sources: Mapping[str, Mapping[str, str]]
    """Candidate to file or cell to its text."""
    unread: Mapping[str, str]
    """Candidate to the reason why nothing of theirs was compared."""


def gather(question: Question, paths: Mapping[str, Path]) -> Gathered:
    """Compare what was handed in to one question.

    Args:
        question: whose starter and public tests count for nobody.
        paths: candidate to submission. It is read, never run.
    """
    given = given_hashes(
        tokens_of_unit(Unit(path.name, path.read_text(encoding="utf-8-sig")))
        for path in (starter(question), question.suite(Visibility.PUBLIC))
    )
    sketches, sources, unread = [], {}, {}
    for name, path in sorted(paths.items()):
        try:
            submission = read_submission(path, question.spec, anonymous=True)
            sketches.append(sketch(name, tokens_of(submission), given))
        except SubmissionError as error:
            unread[name] = error.fault
        except TooLong:
            unread[name] = "it has more source than anybody types"
        else:
            sources[name] = submission.texts
    return Gathered(question.qualified_id, compare(sketches), sources, unread)
