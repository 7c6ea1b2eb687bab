"""Does anything leak? No literal that the hidden suite expects stands where a candidate looks."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from grader.bank import starter
from grader.proof.page import read_page
from grader.proof.secret import find_secrets
from grader.proof.source import read_suite
from grader.question import LANGUAGES, Visibility

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from grader.proof.secret import Scalar, Secret
    from grader.question import Question

# in ASCII, a Chinese word may stand right beside a number
_NUMBER = re.compile(r"(?<![\w.])-?(?:\d[\d_]*(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?!\.?\w)", re.ASCII)
_LEAF = re.compile(
    rf"(?P<number>{_NUMBER.pattern})|(?<!\w)[bru]?(?P<quote>[\"'])(?P<text>(?:(?!(?P=quote))[^\n])*)(?P=quote)(?!\w)"
    r"|(?P<word>\b(?:True|False|None)\b)",
    re.ASCII,
)
_WORDS: dict[str, Scalar] = {"True": True, "False": False, "None": None}
_BETWEEN = re.compile(r"[\s()\[\]{}]*[,:，、][\s,()\[\]{}]*")
_GOES_ON = re.compile(r"\s*[,，、]\s*")
"""Between two members of one list."""


def leak_faults(question: Question) -> tuple[str, ...]:
    """Return what the hidden suite expects and a candidate can read, and what he is given but cannot run."""
    suite = question.suite(Visibility.HIDDEN).name
    given = [_read_sight(path) for path in (starter(question), question.suite(Visibility.PUBLIC))]
    return (
        *(
            f"{suite} line {leak.secret.line} expects {_short(leak.secret.source)}, which {leak.file} line {leak.line} "
            "shows; use another value in the hidden check"
            for leak in find_leaks(question)
        ),
        *_mentions(given),
        *_reference_users(question),
    )


@dataclass(frozen=True)
class Leak:
    """One thing the hidden suite expects, and the first place in one file where a candidate can read it."""

    secret: Secret
    file: str
    line: int


def find_leaks(question: Question) -> Iterator[Leak]:
    """Yield every secret of the hidden suite with each file of the candidate's that shows it."""
    pages = [read_page(question, language) for language in LANGUAGES]
    given = (starter(question), question.suite(Visibility.PUBLIC))
    sights = [*(_Sight(page.name, page.text) for page in pages), *map(_read_sight, given)]
    exports = question.spec.submission.exports
    interface = "\n".join([*exports, *exports.values(), *(page.spans for page in pages)])
    for secret in find_secrets(read_suite(question.suite(Visibility.HIDDEN)), interface):
        for sight in sights:
            line = sight.line_of(secret)
            if line is not None:
                yield Leak(secret, sight.name, line)


def _short(source: str) -> str:
    return source if len(source) <= 60 else f"{source[:60]}..."


def _read_sight(path: Path) -> _Sight:
    return _Sight(path.name, path.read_text(encoding="utf-8-sig"))


@dataclass(frozen=True)
class _Leaf:
    """A value that a text shows, and where."""

    value: Scalar
    start: int
    stop: int


@dataclass(frozen=True)
class _Sight:
    """One file that a candidate reads."""

    name: str
    text: str

    def line_of(self, secret: Secret) -> int | None:
        """Return the first line that shows a secret."""
        member = secret.members[0]
        if len(secret.members) > 1:
            place = self._find_sequence(secret.members)
        elif isinstance(member, str | bytes):
            place = self._find_text(member)
        else:
            place = next((leaf.start for leaf in self._numbers if _same_size(leaf.value, member)), None)
        return None if place is None else self.text.count("\n", 0, place) + 1

    @cached_property
    def _numbers(self) -> list[_Leaf]:
        """Every number, those in texts and comments among them."""
        return [_Leaf(_number(match[0]), *match.span()) for match in _NUMBER.finditer(self.text)]

    @cached_property
    def _leaves(self) -> list[_Leaf]:
        """What may be a member of a list."""
        return [_Leaf(_value(match), *match.span()) for match in _LEAF.finditer(self.text)]

    def _find_text(self, text: str | bytes) -> int | None:
        written = text if isinstance(text, str) else repr(text)[2:-1]
        words = r"\s+".join(map(re.escape, written.split()))  # a line may end between two words
        found = re.search(rf"(?<![A-Za-z0-9_]){words}(?![A-Za-z0-9_])", self.text)
        return found.start() if found else None

    def _find_sequence(self, members: Sequence[Scalar]) -> int | None:
        """Find a list as a whole: not as a part of a longer one."""
        leaves, length = self._leaves, len(members)
        for first in range(len(leaves) - length + 1):
            run = leaves[first : first + length]
            inside = all(_BETWEEN.fullmatch(self._gap(first + i)) for i in range(length - 1))
            if inside and all(map(_same, run, members)):
                before = first > 0 and _GOES_ON.fullmatch(self._gap(first - 1))
                last = first + length - 1
                after = last + 1 < len(leaves) and _GOES_ON.fullmatch(self._gap(last))
                if not before and not after:
                    return run[0].start
        return None

    def _gap(self, index: int) -> str:
        """Return the text between a leaf and the next."""
        return self.text[self._leaves[index].stop : self._leaves[index + 1].start]


def _number(text: str) -> int | float:
    digits = text.replace("_", "")
    return int(digits) if re.fullmatch(r"-?\d+", digits) else float(digits)


def _value(match: re.Match[str]) -> Scalar:
    if match["number"]:
        return _number(match["number"])
    return _WORDS[match["word"]] if match["word"] else match["text"]


def _same(leaf: _Leaf, member: Scalar) -> bool:
    value = leaf.value
    if isinstance(value, str):
        return value == (member if isinstance(member, str) else repr(member)[2:-1])
    return isinstance(value, bool) == isinstance(member, bool) and value == member


def _same_size(value: Scalar, member: Scalar) -> bool:
    """Whether two numbers are equal but for the sign."""
    return isinstance(value, int | float) and isinstance(member, int | float) and abs(value) == abs(member)


# --- what cannot run at a candidate's --------------------------------------------------------------------------------


def _mentions(sights: Sequence[_Sight]) -> Iterator[str]:
    for sight in sights:
        for number, line in enumerate(sight.text.splitlines(), start=1):
            if re.search(r"\btest_hidden\b|^\s*(from|import)\s+reference\b", line):
                yield f"{sight.name} line {number} names a file that a candidate does not have; take it out"


def _reference_users(question: Question) -> Iterator[str]:
    suite = read_suite(question.suite(Visibility.PUBLIC))
    public = {check.name for check in question.checks if check.visibility is Visibility.PUBLIC}
    for function in suite.functions:
        arguments = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
        if function.name in public and "reference" in arguments:
            fault = f"{suite.name} line {function.lineno}: {function.name} uses the reference, which a candidate lacks"
            yield f"{fault}; write out what is expected"
