"""Text as it is compared: one spelling for what looks the same, and sentences with the words they were written in."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from grader.answers.prose import is_statement

if TYPE_CHECKING:
    from grader.question import Language

MAX_SENTENCE = 600
"""Characters; a longer one is cut, so that no text takes time by the square of its length."""
_SIMPLIFIED = Path(__file__).parent / "simplified.txt"
_HAN = r"[㐀-䶿一-鿿豈-﫿𠀀-𲎯]"
_HAN_CHARACTER = re.compile(_HAN)
_GAPS = re.compile(rf"(?<={_HAN})[ \t\u3000]+(?={_HAN})")
"""Blanks between Chinese characters, which prose has none of."""
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_RAISED = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+")
_SAME = str.maketrans(
    {
        **dict.fromkeys("‘’ʼ`´′＇", "'"),
        **dict.fromkeys("“”„«»「」『』″", '"'),
        **dict.fromkeys("‐‑‒–—―−﹣", "-"),
        **dict.fromkeys("·•⋅∙・", "·"),
        "⇒": "→",
        "⟶": "→",
        "⟹": "→",
        "×": "x",
    }
)
_END = re.compile(
    r"""(?<![.!?;…]) [.!?;…]++ ["')\]]*+ (?=\s|$)
      | [。！？；…｡]++ [”’」』）"')]*+
      | \n\s*\n\s*
      | \n (?=\s* (?: [-*+•] | \(?\d{1,2}[.)、] ) \s )""",
    re.VERBOSE,
)
_MARKER = re.compile(r"\s*(?:[-*+•]\s|\(?\d{1,2}[.)、](?!\d)|[一二三四五六七八九十]、|#{1,6}\s|>)\s*")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|vs|cf|approx|fig|eq|resp|al)\.$", re.IGNORECASE)


@dataclass(frozen=True)
class Sentence:
    """One sentence of an answer."""

    source: str
    """As it was written."""
    text: str
    """As it is compared."""
    claims: bool
    """Whether it says something, rather than only naming things."""

    @property
    def language(self) -> Language:
        """Chinese where it has a Chinese character, English otherwise."""
        return "zh" if has_han(self.text) else "en"


@cache
def _simplified() -> dict[int, str]:
    lines = _SIMPLIFIED.read_text(encoding="utf-8").splitlines()
    pairs = [pair for line in lines if not line.startswith("#") for pair in line.split()]
    return {ord(pair[0]): pair[1] for pair in pairs}


def has_han(text: str) -> bool:
    """Tell whether a text has a Chinese character."""
    return _HAN_CHARACTER.search(text) is not None


def visible(text: str) -> str:
    """Return a text without what has no width or turns the direction of writing; control characters become blanks."""
    kept = (_shown(character) for character in text)
    return "".join(kept)


def _shown(character: str) -> str:
    if character in "\n\t ":
        return character
    category = unicodedata.category(character)
    if category in {"Cf", "Co", "Cn", "Cs"} or 0xFE00 <= ord(character) <= 0xFE0F or character == "\u034f":
        return ""
    return " " if category in {"Cc", "Zl", "Zp"} else character


def normalise(text: str) -> str:
    """Return a text as it is compared: NFKC, visible, simplified, of one case, with plain marks and single blanks.

    Blanks beside Chinese characters go, for there they mean nothing. To normalise twice changes nothing.
    """
    while (folded := _fold(text)) != text:
        text = folded
    return text


def _fold(text: str) -> str:
    raised = _RAISED.sub(lambda match: "^" + match[0].translate(_SUPERSCRIPTS), visible(text))
    plain = unicodedata.normalize("NFKC", raised.translate(_SAME)).casefold().translate(_simplified()).translate(_SAME)
    plain = unicodedata.normalize("NFKC", visible(plain))
    single = re.sub(r"\s+", " ", plain).strip()
    return re.sub(rf"(?<={_HAN}) | (?={_HAN})", "", single)


def sentences(text: str) -> tuple[Sentence, ...]:
    """Split an answer; an empty line, a list's next item and a semicolon end a sentence too."""
    text = visible(text.replace("\r\n", "\n").replace("\r", "\n"))
    found, start = [], 0
    for end in _END.finditer(text):
        if not _ABBREVIATION.search(text, start, end.end()) or end[0].startswith("\n"):
            found.append(text[start : end.end()])
            start = end.end()
    found.append(text[start:])
    cut = [piece[at : at + MAX_SENTENCE] for piece in found for at in range(0, len(piece), MAX_SENTENCE)]
    pieces = [_MARKER.sub("", piece, count=1) if _MARKER.match(piece) else piece for piece in cut]
    return tuple(
        Sentence(piece.strip(), normal, is_statement(normalise(_GAPS.sub("、", piece))))
        for piece in pieces
        if any(map(str.isalnum, normal := normalise(piece)))
    )
