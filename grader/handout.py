"""What a candidate begins with: a question's files as everybody may read them, without what is for authors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.answers.form import form_name, write_form
from grader.bank import IMAGES, images, starter
from grader.markers import without_marks
from grader.question import Question, Visibility

if TYPE_CHECKING:
    from grader.rubric import AnyQuestion, ConceptQuestion


def to_hand_in(question: AnyQuestion) -> str:
    """Return the name of the file that a candidate hands in."""
    return question.spec.submission.file if isinstance(question, Question) else form_name(question.spec)


def sources(question: Question) -> dict[str, bytes]:
    """Return the starter, under the name of what is handed in, and the public tests."""
    suite = question.suite(Visibility.PUBLIC)
    files = {to_hand_in(question): starter(question), suite.name: suite}
    return {name: without_marks(path.read_text(encoding="utf-8"), ".py").encode() for name, path in files.items()}


def form(question: ConceptQuestion, drawn: str) -> dict[str, bytes]:
    """Return the form, and the pictures that belong to it; `drawn` decides on the order of options."""
    pictures = {f"{IMAGES}/{path.name}": path.read_bytes() for path in images(question)}
    return {form_name(question.spec): write_form(question, drawn).encode(), **pictures}
