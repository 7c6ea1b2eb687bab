"""Short answers over the whole bank: what is accepted that should be, and that should not; `-m benchmarks.answers`.

The unit is one key point of one exemplar: it should be met, or it should not. Exemplars held out from writing the rules
are counted apart. Intervals are Wilson's, 95 %.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.cost import ROOT
from grader.answers.short import read_answer
from grader.bank import load_bank
from grader.rubric import ConceptQuestion, ShortSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from grader.rubric import Exemplar

Z = 1.959964


@dataclass(frozen=True)
class Decision:
    """One key point of one exemplar."""

    exemplar: Exemplar
    due: bool
    """Whether it should be met."""
    met: bool


def decisions() -> Iterator[Decision]:
    """Read every exemplar of the bank."""
    for question in load_bank(ROOT / "bank").questions:
        if isinstance(question, ConceptQuestion) and isinstance(question.spec, ShortSpec):
            for exemplar in question.exemplars.values():
                met = read_answer(question.spec, exemplar.text).met
                for point in question.spec.key_points:
                    yield Decision(exemplar, point in exemplar.met, point in met)


def table(every: Iterable[Decision]) -> str:
    """Return a row for each role and language, those held out apart."""
    groups: dict[tuple[str, str, str], list[Decision]] = defaultdict(list)
    for one in every:
        kind = "held out" if one.exemplar.held_out else "seen"
        groups[kind, one.exemplar.role.value, one.exemplar.language].append(one)
        groups[kind, "all", "all"].append(one)
    head = [
        "| exemplars | role | language | should be met | are | should not be met | are |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *(_row(key, groups[key]) for key in sorted(groups))])


def _row(key: tuple[str, str, str], found: list[Decision]) -> str:
    due, other = [one.met for one in found if one.due], [one.met for one in found if not one.due]
    return f"| {' | '.join(key)} | {len(due)} | {_rate(due)} | {len(other)} | {_rate(other)} |"


def _rate(met: list[bool]) -> str:
    if not met:
        return ""
    low, high = interval(sum(met), len(met))
    return f"{sum(met) / len(met):.0%} ({low:.0%} to {high:.0%})"


def interval(count: int, total: int) -> tuple[float, float]:
    """Return Wilson's interval of a share, 95 %."""
    share, square = count / total, Z * Z / total
    middle = (share + square / 2) / (1 + square)
    half = Z / (1 + square) * math.sqrt(share * (1 - share) / total + square / (4 * total))
    return max(middle - half, 0.0), min(middle + half, 1.0)


if __name__ == "__main__":
    print(table(decisions()))  # noqa: T201  what a person asked for
