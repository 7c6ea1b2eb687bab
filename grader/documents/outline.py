"""Where the items of a document begin: by its headings, by its markers, by its numbers, or by its tables."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from grader.documents.markdown import Fence, Heading, Table, Text
from grader.documents.words import Part, asks, is_arabic, marker_of, numbered, part_of, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from grader.documents.markdown import Block

_NUMBERED_LINE = re.compile(
    r"(?:[-*+]\s+)?(?:\*\*|__)?\s*(?:\d+\s*[.、)）]|Q\d+|第\s*[\d一二三四五六七八九十]+\s*题)", re.IGNORECASE
)
_LEAST_OTHERS = 2
_BOLD_LINE = re.compile(r"\s*(?:[-*+]\s+)?(?:\*\*|__)(?P<text>[^*_].*?)(?:\*\*|__)\s*")


@dataclass(frozen=True)
class Stretch:
    """The blocks of one item: its opening, as text, and what follows."""

    line: int
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Outline:
    """The stretches of a document, and the headings that belong to none."""

    stretches: tuple[Stretch, ...]
    left_out: tuple[str, ...]


def read_outline(blocks: Sequence[Block]) -> Outline:
    """Divide a document into its items."""
    sections = _sections(blocks)
    level = _item_level(sections)
    stretches: list[Stretch] = []
    left_out: list[str] = []
    for section in _folded(sections, level):
        found = list(_within(section))
        stretches += found
        if not found and section.title:
            left_out.append(section.title)
    return Outline(tuple(_without_outro(stretches)), tuple(left_out))


def _without_outro(stretches: list[Stretch]) -> list[Stretch]:
    """Take the closing words of a document from its last item, where no other item has text after its code."""
    if not stretches or not _tail(stretches[-1]):
        return stretches
    *others, last = stretches
    with_code = [stretch for stretch in others if any(isinstance(block, Fence) for block in stretch.blocks)]
    if len(with_code) < _LEAST_OTHERS or any(map(_tail, with_code)):
        return stretches
    kept = len(last.blocks) - len(_tail(last))
    return [*others, Stretch(last.line, last.title, last.blocks[:kept])]


def _tail(stretch: Stretch) -> tuple[Block, ...]:
    """Return the lines after the last code of an item, if they are text and name no part."""
    places = [place for place, block in enumerate(stretch.blocks) if isinstance(block, Fence)]
    rest = stretch.blocks[places[-1] + 1 :] if places else ()
    words = any(isinstance(block, Text) and block.text.strip() for block in rest)
    return rest if words and all(isinstance(block, Text) and _part(block) is None for block in rest) else ()


# --- sections --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Section:
    """A heading that names no part, and what stands below it up to the next one."""

    line: int
    level: int
    title: str
    blocks: tuple[Block, ...]
    is_container: bool = False
    """Whether it only gathers the items below it."""

    @property
    def is_numbered(self) -> bool:
        return is_arabic(numbered(self.title)[0])

    @property
    def has_content(self) -> bool:
        return any(not isinstance(block, Text) or block.text.strip() for block in self.blocks)

    @property
    def is_marked(self) -> bool:
        """Whether a part is named in it, or code stands in it."""
        return any(_part(block) not in {None, Part.META} or isinstance(block, Fence) for block in self.blocks)

    @property
    def is_strong(self) -> bool:
        """Whether it is an item by more than the look of its heading."""
        return bool(self.title) and not self.is_container and (self.is_numbered or self.is_marked)

    @property
    def is_candidate(self) -> bool:
        return self.is_strong or (bool(self.title) and not self.is_container and asks(self.title))


def _part(block: Block) -> Part | None:
    """Return the part that a block opens."""
    if isinstance(block, Heading):
        return part_of(block.text)
    marker = marker_of(block.text) if isinstance(block, Text) else None
    return marker.part if marker else None


def _sections(blocks: Sequence[Block]) -> list[_Section]:
    found: list[_Section] = []
    line, level, title = 1, 0, ""
    inner: list[Block] = []
    for block in blocks:
        if isinstance(block, Heading) and part_of(block.text) is None:
            found.append(_Section(line, level, title, tuple(inner)))
            line, level, title, inner = block.line, block.level, block.text, []
        else:
            inner.append(block)
    found.append(_Section(line, level, title, tuple(inner)))
    following = [*found[1:], None]
    return [
        replace(section, is_container=_gathers(section, below)) for section, below in zip(found, following, strict=True)
    ]


def _gathers(section: _Section, below: _Section | None) -> bool:
    """Whether a section without parts of its own stands above items."""
    if below is None or below.level <= section.level or section.is_marked or not below.is_candidate:
        return False
    return not section.has_content or not asks(section.title)


def _item_level(sections: Sequence[_Section]) -> int:
    """Return the level of headings at which most items stand; 0 where headings make none."""
    for wanted in ("is_strong", "is_candidate"):
        counts = Counter(section.level for section in sections if getattr(section, wanted))
        if counts:
            return max(counts, key=lambda level: (counts[level], -level))
    return 0


def _folded(sections: Sequence[_Section], level: int) -> Iterator[_Section]:
    """Yield the sections, those of deeper levels put back into the one they stand in; none that only introduces."""
    open_: _Section | None = None
    seen_strong = False
    for section in sections:
        if open_ is not None and section.level > open_.level >= level > 0:
            heading = Heading(section.line, section.level, section.title)
            open_ = replace(open_, blocks=(*open_.blocks, heading, *section.blocks))
            continue
        if open_ is not None:
            yield open_
        seen_strong = seen_strong or section.is_strong
        introduces = not section.is_strong and not seen_strong and _introduces(section, sections, level)
        open_ = replace(section, is_container=True) if introduces else section
    if open_ is not None:
        yield open_


def _introduces(section: _Section, sections: Sequence[_Section], level: int) -> bool:
    """Whether a heading asks for the whole document: it stands above the items, or only they have numbers."""
    if not asks(section.title):
        return False
    after = (other for other in sections if other.line > section.line and other.level >= section.level)
    return section.level < level or any(other.is_strong and other.is_numbered for other in after)


# --- within a section ------------------------------------------------------------------------------------------------


def _within(section: _Section) -> Iterator[Stretch]:
    """Yield the items of a section: itself, or those its markers, numbers or tables open."""
    starts = _starts(section)
    if len(starts) > 1 or (starts and not section.is_candidate):
        ends = [*starts[1:], len(section.blocks)]
        for start, end in zip(starts, ends, strict=True):
            yield _opened(section.blocks[start:end])
        return
    rows = [stretch for block in section.blocks if isinstance(block, Table) for stretch in _rows(block)]
    if rows and not section.is_numbered:
        yield from rows
    elif section.is_candidate:
        yield Stretch(section.line, numbered(section.title)[1], section.blocks)


def _starts(section: _Section) -> list[int]:
    """Return the places of the blocks that open items: markers of questions, else numbered or bold lines that ask."""
    marked = [place for place, block in enumerate(section.blocks) if _part(block) is Part.QUESTION]
    if marked:
        return marked
    answers = [place for place, block in enumerate(section.blocks) if _part(block) is Part.ANSWER]
    lines = [place for place in range(len(section.blocks)) if _opens(section.blocks, place)]
    if section.is_numbered or asks(section.title):
        # within an item, a numbered line is one of its points, unless each has an answer of its own
        return lines if len(answers) > 1 and lines and lines[0] < answers[0] else []
    return lines


def _opens(blocks: Sequence[Block], place: int) -> bool:
    """Whether a line of text opens an item: it is numbered or in bold, and asks, or an answer follows."""
    block = blocks[place]
    if not isinstance(block, Text) or block.text.startswith(("  ", "\t")) or _part(block) is not None:
        return False
    bold, number = _BOLD_LINE.fullmatch(block.text), _NUMBERED_LINE.match(block.text)
    if not bold and not number:
        return False
    following = next((each for each in blocks[place + 1 :] if not isinstance(each, Text) or each.text.strip()), None)
    return asks(block.text) or (following is not None and _part(following) is Part.ANSWER)


def _opened(blocks: Sequence[Block]) -> Stretch:
    """Return the item that a line of text opens."""
    first = blocks[0]
    if not isinstance(first, Text):  # a heading that names the part: `#### Question`
        return Stretch(first.line, "", tuple(blocks[1:]))
    marker = marker_of(first.text)
    title = plain(marker.rest) if marker else numbered(re.sub(r"^\s*[-*+]\s+", "", first.text))[1]
    return Stretch(first.line, title, tuple(blocks[1:]))


def _rows(table: Table) -> Iterator[Stretch]:
    """Yield an item for each row of a table whose head names a question and an answer."""
    if len(table.rows) < 2:
        return
    parts = [_column(cell) for cell in table.rows[0]]
    if Part.QUESTION not in parts or not {Part.ANSWER, Part.POINTS} & set(parts):
        return
    for number, row in enumerate(table.rows[1:], start=2):
        cells = dict(zip(parts, row, strict=False))
        texts = [f"**{part.value}:** {cell}" for part, cell in cells.items() if part not in {None, Part.QUESTION}]
        line = table.line + number
        yield Stretch(line, plain(cells.get(Part.QUESTION, "")), tuple(Text(line, text) for text in texts))


def _column(cell: str) -> Part | None:
    return part_of(plain(cell))
