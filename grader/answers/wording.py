"""Whether a sentence says what a wording asks for, and whether it says so or denies it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from grader.answers.negation import denials, supposes
from grader.answers.text import has_han, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from grader.answers.negation import Denial
    from grader.answers.text import Sentence
    from grader.question import Language
    from grader.rubric import Number, Worded, Wording

Span = tuple[int, int]
PLAIN_WINDOW = 5
"""Words that a negation reaches where no author says how many."""
_CLAUSE_END = re.compile(r"[,:;]|\b(?:but|while|whereas|or else)\b|但|而是")


class Polarity(StrEnum):
    """How an answer speaks of something."""

    AFFIRMED = "affirmed"
    DENIED = "denied"


@dataclass(frozen=True)
class Finding:
    """A place in an answer that speaks of something."""

    polarity: Polarity
    quote: str
    """Verbatim, sentence by sentence."""
    plain: bool
    """Whether it is one sentence that denies nothing and supposes nothing."""


@dataclass(frozen=True)
class _Passage:
    """Sentences in a row, joined."""

    text: str
    denied: tuple[Denial, ...]

    @property
    def clauses(self) -> Iterator[_Passage]:
        """Its parts between commas and the like, each alone."""
        ends = [match.start() for match in _CLAUSE_END.finditer(self.text)]
        for start, stop in pairwise((0, *ends, len(self.text))):
            yield _Passage(self.text[start:stop], tuple(denial.moved(-start) for denial in self.denied))

    def polarity(self, spans: Sequence[Span]) -> Polarity:
        """Tell how it speaks of something found at these places: denied where every one of them is."""
        affirmed = any(not any(denial.covers(*span) for denial in self.denied) for span in spans)
        return Polarity.AFFIRMED if affirmed else Polarity.DENIED


def findings(worded: Worded, sentences: Sequence[Sentence], *, number: Number | None = None) -> tuple[Finding, ...]:
    """Return where an answer says something, or denies it: the shortest run of sentences that does, from each start."""
    found = []
    for first in range(len(sentences)):
        for last in range(first, min(first + worded.spread, len(sentences))):
            run = sentences[first : last + 1]
            polarity = _speaks(worded, run, number)
            if polarity is not None:
                found.append(Finding(polarity, " ".join(sentence.source for sentence in run), _is_plain(run)))
                break
    return tuple(found)


def _is_plain(run: Sequence[Sentence]) -> bool:
    return len(run) == 1 and not denials(run[0].text, PLAIN_WINDOW) and not supposes(run[0].text)


def _speaks(worded: Worded, run: Sequence[Sentence], number: Number | None) -> Polarity | None:
    language: Language = "zh" if any(sentence.language == "zh" for sentence in run) else "en"
    passage, wordings = _joined(run, worded.window), worded.wordings(language)
    supposed = any(supposes(sentence.text) for sentence in run)  # "without it nothing is bounded" denies nothing of it
    clauses = () if supposed else tuple(passage.clauses)
    if any(_says(wording, clause, whole=True) is Polarity.DENIED for wording in wordings for clause in clauses):
        return Polarity.DENIED  # whatever the rest of the sentence says: it says both
    parts = [_best(_says(wording, passage, whole=False) for wording in wordings)] if wordings else []
    parts += [_gives(number, passage)] if number is not None else []
    if None in parts or (supposed and Polarity.DENIED in parts):
        return None
    return Polarity.DENIED if Polarity.DENIED in parts else Polarity.AFFIRMED


def _best(polarities: Iterable[Polarity | None]) -> Polarity | None:
    """Return the best of what was found: one wording is enough."""
    found = set(polarities)
    return next((polarity for polarity in Polarity if polarity in found), None)


def _gives(number: Number, passage: _Passage) -> Polarity | None:
    spans = [span for value, span in read_numbers(passage.text, number) if _is(value, number)]
    return passage.polarity(spans) if spans else None


def _joined(run: Sequence[Sentence], window: int) -> _Passage:
    text, denied = "", []
    for sentence in run:
        shift = len(text)
        denied += [denial.moved(shift) for denial in denials(sentence.text, window)]
        text += sentence.text + " "
    return _Passage(text, tuple(denied))


def _says(wording: Wording, passage: _Passage, *, whole: bool) -> Polarity | None:
    """Tell how a passage says something; of a clause that is `whole`, one denied part denies it all."""
    if any(_places(term, passage.text) for term in wording.none_of):
        return None
    groups = [wording.any_of] if wording.any_of else []
    places = [_places_of(terms, passage.text) for terms in (*groups, *wording.all_of, *wording.order)]
    if not all(places) or not _in_order(places[len(places) - len(wording.order) :], passage.text):
        return None
    denied = [passage.polarity(spans) is Polarity.DENIED for spans in places]
    if any(denied) and not all(denied) and not whole:
        return None  # one clause names it, and another denies something of it: that is neither
    return Polarity.DENIED if any(denied) else Polarity.AFFIRMED


def _places_of(terms: Iterable[str], text: str) -> list[Span]:
    return sorted(span for term in terms for span in _places(term, text))


def _places(term: str, text: str) -> list[Span]:
    return [match.span() for match in _pattern(term).finditer(text)]


@cache
def _pattern(term: str) -> re.Pattern[str]:
    """Compile a term: whole words, blanks or hyphens between them, any ending for `*`; Chinese within any text."""
    words = [re.escape(word.removesuffix("*")) + (r"[\w'-]*+" if word.endswith("*") else "") for word in _words(term)]
    body = r"[\s-]?".join(words) if has_han(normalise(term)) else r"[\s-]+".join(words)
    before = r"(?<![a-z0-9_])" if re.match(r"[a-z0-9_]", normalise(term)) else ""
    after = r"(?![a-z0-9_])" if re.search(r"[a-z0-9_]$", normalise(term)) else ""
    return re.compile(before + body + after)


def _words(term: str) -> list[str]:
    return [word for word in re.split(r"[\s-]+", normalise(term)) if word]


# --- order -----------------------------------------------------------------------------------------------------------

_FLIPS_BETWEEN = re.compile(r"\b(?:after|once|following)\b|之前|以前|前先|前要|前必须")
"""Between two things: the later one comes first."""
_FLIPS_BEFORE = re.compile(r"\b(?:before|prior to)\b[^,;:]*$")
"""Ahead of the first of two things, in its clause: the later one comes first."""


def _in_order(places: Sequence[list[Span]], text: str) -> bool:
    return all(
        any(_follows(one, other, text) for one in first for other in second) for first, second in pairwise(places)
    )


def _follows(one: Span, other: Span, text: str) -> bool:
    """Tell whether the text says that `other` comes after `one`."""
    early, late = sorted((one, other))
    if early[1] > late[0]:
        return False
    flipped = bool(_FLIPS_BETWEEN.search(text, early[1], late[0])) != bool(_FLIPS_BEFORE.search(text[: early[0]]))
    return (early == other) if flipped else (early == one)


# --- numbers ---------------------------------------------------------------------------------------------------------

_NUMBER = re.compile(
    r"""(?<![a-z0-9_.^]) (?P<mantissa> -?(?: \d{1,3}(?:,\d{3})++ | \d{1,15}+ ) (?:\.\d{1,15}+)? )
        (?: e(?P<exponent>[+-]?\d{1,2}) (?![a-z0-9_]) | \s?[*x·]\s?10\s?\^\s?\{?(?P<power>[+-]?\d{1,2})(?!\d)\}? )?
        \s?-?(?P<scale> thousand | million | billion | trillion | 百万 | 千万 | 十亿 | 万亿 | 万 | 亿 )?""",
    re.VERBOSE,
)
_SCALES = {
    "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
    "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8, "十亿": 1e9, "万亿": 1e12,
}  # fmt: skip


def read_numbers(text: str, asked: Number) -> Iterator[tuple[float, Span]]:
    """Yield the numbers of a normalised text that have a unit which is asked for, in the unit of what is asked."""
    for match in _NUMBER.finditer(text):
        value = float(match["mantissa"].replace(",", "")) * _SCALES.get(match["scale"] or "", 1.0)
        value *= 10.0 ** int(match["exponent"] or match["power"] or 0)
        units = asked.units or {"": 1.0}
        for unit, factor in units.items():
            end = _after_unit(text, match.end(), unit)
            if end is not None:
                yield value * factor, (match.start(), end)
                break


def _after_unit(text: str, start: int, unit: str) -> int | None:
    """Return where a unit ends that stands right after a number."""
    if not unit:
        return start
    name = normalise(unit)
    stem = re.escape(name.removesuffix("*")) + (r"[\w-]*+" if name.endswith("*") else "")
    after = r"(?![a-z0-9_])" if re.search(r"[a-z0-9_]$", name) else ""
    match = re.compile(rf"\s?[-个]?{stem}{after}").match(text, start)
    return match.end() if match else None


def _is(value: float, asked: Number) -> bool:
    return abs(value - asked.value) <= asked.tolerance * abs(asked.value)
