"""A statement in one language, as the proof reads it: its text, its code, and what its anchors mark."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.anchors import passages, without_anchors
from grader.bank import statement_file
from grader.markers import without_marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from grader.anchors import Passage
    from grader.question import Language, Question

_FENCED = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n(.*?)^[ \t]*\1", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """One statement file."""

    path: Path
    text: str
    """Line by line as in the file, but without the anchors."""
    passages: Mapping[str, tuple[Passage, ...]]
    """What each anchor marks."""

    @property
    def name(self) -> str:
        """The file's bare name."""
        return self.path.name

    @property
    def fenced(self) -> str:
        """What stands in code blocks."""
        return "\n".join(match[2] for match in _FENCED.finditer(self.text))

    @property
    def spans(self) -> str:
        """What stands in backticks within the text, a line each."""
        prose = _FENCED.sub("\n", self.text)
        return "\n".join(match[2] for match in _SPAN.finditer(prose))

    def marked(self, anchors: Iterable[str]) -> str:
        """Return the text under any of these anchors."""
        return "\n".join(passage.text for anchor in anchors for passage in self.passages.get(anchor, ()))


def read_page(question: Question, language: Language) -> Page:
    """Read a question's statement in one language."""
    path = statement_file(question.folder, language)
    text = without_marks(path.read_text(encoding="utf-8-sig"), ".md")
    return Page(path, "\n".join(without_anchors(line) for line in text.splitlines()), passages(text))


def has_word(word: str, text: str) -> bool:
    """Tell whether a text holds a word, not as a part of a longer one; Chinese may stand right beside it."""
    return re.search(rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])", text) is not None
