"""What `grade similar` says of a cohort, as a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from grader.question import Frozen
from grader.takehome.alignment import fragments

if TYPE_CHECKING:
    from grader.takehome.alignment import Lines
    from grader.takehome.gathering import Gathered
    from grader.takehome.similarity import Pair

CAUTION = (
    "What is shared is shown, not why: a common source, joint work that was allowed, or an idiom look the same. "
    "Read the fragments, and ask, before you think anything of anybody."
)


class FragmentReport(Frozen):
    """A run of tokens in common, with its first and last line on either side."""

    tokens: int
    one: tuple[str, int, int]
    other: tuple[str, int, int]


class PairReport(Frozen):
    """Two submissions that share something."""

    one: str
    other: str
    bits: float
    share: float
    fragments: tuple[FragmentReport, ...]


class SimilarityReport(Frozen):
    """What `grade similar --format json` says, for each question."""

    question: str
    caution: str = CAUTION
    compared: int
    pairs: int
    """That there are; only those that share something are listed."""
    usual: dict[str, float]
    """Part of all pairs to the share that they do not exceed."""
    short: tuple[str, ...]
    """Too short to be compared."""
    unread: dict[str, str] = Field(default_factory=dict)
    similar: tuple[PairReport, ...]


def as_report(gathered: Gathered, top: int) -> SimilarityReport:
    """Return the most surprising pairs with everything they share."""
    comparison = gathered.comparison
    return SimilarityReport(
        question=gathered.question,
        compared=len(comparison.compared),
        pairs=comparison.possible,
        usual={f"{part:g}": round(comparison.quantile(part), 4) for part in (0.5, 0.9, 0.99)},
        short=comparison.short,
        unread=dict(gathered.unread),
        similar=tuple(map(_pair_report, comparison.pairs[:top])),
    )


def _pair_report(pair: Pair) -> PairReport:
    return PairReport(
        one=pair.one.name, other=pair.other.name, bits=round(pair.bits, 1), share=round(pair.share, 4),
        fragments=tuple(
            FragmentReport(tokens=each.tokens, one=_place(each.one), other=_place(each.other))
            for each in fragments(pair)
        ),
    )  # fmt: skip


def _place(lines: Lines) -> tuple[str, int, int]:
    return lines.label, lines.first, lines.last
