"""The form of a question that is answered in words: what a candidate is given, and what is read from it again.

A choice is a YAML file whose options stand in an order of its own; its `form` says which, and is sealed: letters are
never read by another order than the one that was shown. A free answer is Markdown, or YAML with a key `answer`.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from grader.answers import choice
from grader.answers.text import normalise
from grader.errors import SubmissionError
from grader.rubric import ChoiceSpec
from grader.sheet import SheetError, fault_messages, line_of, read_values

if TYPE_CHECKING:
    from grader.rubric import ConceptQuestion, ConceptSpec, ShortSpec
    from grader.submission import Submission, Unit

_CHOOSE: dict[Literal["one", "several"], tuple[str, str]] = {
    "one": ("Choose one option: write its letter behind `answer:`", "选择一项：把它的字母写在 answer: 后面"),
    "several": (
        "Choose every right option: write the letters between the brackets, as in [a, c]",
        "选择所有正确的选项：把字母写在方括号里，例如 [a, c]",
    ),
}
_LEADING_COMMENTS = re.compile(r"\s*(?:<!--.*?-->\s*)+", re.DOTALL)
_QUESTION = re.compile(r"<!--\s*question:\s*(\S+)\s*-->")
_FORM = re.compile(r"([0-9a-f]{16})-([0-9a-f]{8})")
_AGAIN = "Begin again with the form that `grade start` wrote"


class _Sheet(BaseModel):
    """What stands in a YAML form; every value is text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str = ""
    answer: str | tuple[str, ...] = ""


class _ChoiceSheet(_Sheet):
    """What stands in the form of a choice."""

    form: str
    options: dict[str, dict[str, str]]


S = TypeVar("S", bound=_Sheet)


def form_name(spec: ConceptSpec) -> str:
    """Return what the form is called."""
    return "answer.yaml" if isinstance(spec, ChoiceSpec) else "answer.md"


def write_form(question: ConceptQuestion, drawn: str) -> str:
    """Return the form that a candidate fills in; `drawn` decides on the order of options, see `choice.draw`."""
    spec, name = question.spec, question.qualified_id
    return _choice_form(spec, name, drawn) if isinstance(spec, ChoiceSpec) else _short_form(spec, name)


def _choice_form(spec: ChoiceSpec, name: str, drawn: str) -> str:
    head = [spec.title.en, spec.title.in_language("zh"), *_CHOOSE[spec.choose]]
    lines = [
        *(f"# {line}" for line in head),
        f"question: {name}",
        f"form: {drawn}-{choice.seal(spec, drawn)}  # the order of the options; leave it as it is",
        "answer:" if spec.choose == "one" else "answer: []",
        "options:",
    ]
    for letter, option in choice.letters(spec, drawn).items():
        text = spec.options[option].text
        lines += [f"  {letter}:", *(f"    {key}: {_quoted(text.in_language(key))}" for key in ("en", "zh"))]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text.strip(), ensure_ascii=False)


def _short_form(spec: ShortSpec, name: str) -> str:
    return (
        f"<!-- question: {name} -->\n"
        f"<!-- {spec.title.en}: answer below, in English or Chinese, in at most {spec.characters} characters. -->\n"
        f"<!-- {spec.title.in_language('zh')}：在下面用中文或英文作答，最多 {spec.characters} 个字符。 -->\n\n"
    )


# --- what comes back -------------------------------------------------------------------------------------------------


def read_choice(question: ConceptQuestion, spec: ChoiceSpec, submission: Submission) -> frozenset[str]:
    """Return the names of the chosen options, whatever order they were shown in.

    Raises:
        SubmissionError: it is not the form of this question as it is now, or chooses what is not there.
    """
    unit = _only(submission)
    sheet = _read_sheet(unit, _ChoiceSheet)
    _refuse_other_question(sheet.question, question, unit)
    shown = _shown_order(spec, sheet, unit)
    letters = _letters(sheet.answer)
    unknown = [letter for letter in letters if letter not in shown]
    if unknown:
        fault = f"{unknown[0][:20]!r} is the letter of no option"
        raise SubmissionError(fault, file=unit.label, cure=f"The letters are {', '.join(shown)}")
    if not letters or (len(set(letters)) > 1 and spec.choose == "one"):
        fault = f"{len(set(letters))} options are chosen"
        raise SubmissionError(fault, file=unit.label, cure=_CHOOSE[spec.choose][0])
    return frozenset(shown[letter] for letter in letters)


def read_text(question: ConceptQuestion, spec: ShortSpec, submission: Submission) -> str:
    """Return a free answer.

    Raises:
        SubmissionError: it is the form of another question, empty, or too long.
    """
    unit = _only(submission)
    text = _text_of_yaml(question, unit) if unit.label.lower().endswith((".yaml", ".yml")) else _text_of(question, unit)
    if not text.strip():
        raise SubmissionError("there is no answer in it", file=unit.label, cure="Write it below the comments")
    if len(text) > spec.characters:
        fault = f"the answer has {len(text)} characters, and {spec.characters} are allowed"
        raise SubmissionError(fault, file=unit.label, cure="Shorten it")
    return text.strip()


def _only(submission: Submission) -> Unit:
    return submission.units[0]


def _text_of(question: ConceptQuestion, unit: Unit) -> str:
    comments = _LEADING_COMMENTS.match(unit.source)
    if comments is None:
        return unit.source
    named = _QUESTION.search(comments[0])
    _refuse_other_question(named[1] if named else "", question, unit)
    return unit.source[comments.end() :]


def _text_of_yaml(question: ConceptQuestion, unit: Unit) -> str:
    sheet = _read_sheet(unit, _Sheet)
    _refuse_other_question(sheet.question, question, unit)
    return sheet.answer if isinstance(sheet.answer, str) else "\n".join(f"- {part}" for part in sheet.answer)


def _read_sheet(unit: Unit, model: type[S]) -> S:
    try:
        values, lines = read_values(unit.source, texts_only=True)
        return model.model_validate(values)
    except SheetError as error:
        raise SubmissionError(f"is no form: {error.message}", file=unit.label, line=error.line, cure=_AGAIN) from None
    except ValidationError as error:
        place, message = next(iter(fault_messages(error, model)))
        raise SubmissionError(message, file=unit.label, line=line_of(lines, place), cure=_AGAIN) from None


def _refuse_other_question(named: str, question: ConceptQuestion, unit: Unit) -> None:
    if named and named not in {question.id, question.qualified_id}:
        fault = f"it is the form of {named[:80]!r}, not of {question.qualified_id!r}"
        raise SubmissionError(fault, file=unit.label, cure="Hand it in as an answer to that question")


def _shown_order(spec: ChoiceSpec, sheet: _ChoiceSheet, unit: Unit) -> dict[str, str]:
    """Return letter to option as the form showed them."""
    match = _FORM.fullmatch(sheet.form.strip())
    if match is None or match[2] != choice.seal(spec, match[1]):
        fault = "`form` is not what was written there, or the question has changed since"
        raise SubmissionError(fault, file=unit.label, cure=_AGAIN)
    shown = choice.letters(spec, match[1])
    for letter, name in shown.items():
        written, own = sheet.options.get(letter, {}), spec.options[name].text
        if any(normalise(written.get(key, "")) != normalise(own.in_language(key)) for key in ("en", "zh")):
            fault = f"the option {letter} is not what was written there"
            raise SubmissionError(fault, file=unit.label, cure=_AGAIN)
    return shown


def _letters(answer: str | tuple[str, ...]) -> list[str]:
    written = re.split(r"[,，、\s]+", answer) if isinstance(answer, str) else answer
    return [letter for each in written if (letter := each.strip().rstrip(".)").lower())]
