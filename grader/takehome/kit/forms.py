"""Forms of questions answered in words, looked at before they are packed: without YAML, which Python does not bring."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from grader.takehome.kit.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ANSWER = re.compile(r"^answer:[ \t]*\[?([^\]\n#]*)\]?[ \t]*(?:#.*)?$", re.MULTILINE)
_LEADING_COMMENTS = re.compile(r"\s*(?:<!--.*?-->\s*)+", re.DOTALL)


def form_faults(text: str, terms: Mapping[str, Any], language: str) -> Iterator[str]:
    """Yield why a form will hardly be read as it was meant.

    Args:
        text: of the form.
        terms: what the archive knows of its question.
        language: of what is said.
    """
    if terms["kind"] == "choice":
        yield from _choice_faults(text.replace("\r\n", "\n"), terms, language)
    elif terms["kind"] == "short":
        comments = _LEADING_COMMENTS.match(text)
        count = len(text[comments.end() if comments else 0 :].strip())
        if count > terms["characters"]:
            sentence = "has {count} characters; one of more than {most} is not read"
            yield say(language, sentence, count=count, most=terms["characters"])


def frame(form: str) -> str:
    """Return a form of options without what is filled in, and without comments."""
    lines = [line.rstrip() for line in _ANSWER.sub("answer:", form).splitlines() if not line.startswith("#")]
    return "\n".join(lines).strip()


def _choice_faults(text: str, terms: Mapping[str, Any], language: str) -> Iterator[str]:
    answers = _ANSWER.findall(text)
    if frame(text) != frame(terms["form"]) or len(answers) != 1:
        yield say(language, "only the line `answer:` may be filled in; the others stay as they were")
        return
    letters = [letter.strip("\"' .)").lower() for letter in re.split(r"[,，、\s]+", answers[0]) if letter]
    known = re.findall(r"^  ([a-z]):$", terms["form"], re.MULTILINE)
    odd = [letter for letter in letters if letter not in known]
    if odd:
        yield say(language, "{letter} is the letter of no option", letter=repr(odd[0]))
    if not letters or (len(set(letters)) > 1 and terms["choose"] == "one"):
        yield say(language, "{count} options are chosen", count=len(set(letters)))
