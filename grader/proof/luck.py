"""How likely it is that a seed lets a wrong answer pass, from how many examples it took to find it out.

Twenty seeds that all find a mistake say little of one that slips through one time in twenty. But each property that
failed tells after how many of its examples it did: if a mistake shows in a share p of the examples, then none of n
shows it with a chance of (1 - p)^n, and p is estimated by failures over examples tried: the geometric law, censored
at n. The first example stands for itself: Hypothesis begins with the simplest there is, whatever the seed.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from grader.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from grader.proof.workbench import Trial
    from grader.verdict import RawResult


ENOUGH = 5
"""Runs of a check from which on something is said of it."""


def chance_to_pass(trials: Sequence[Trial]) -> float | None:
    """Estimate the share of all seeds that would let a program pass, from its runs under some of them.

    The surest check decides, as if the others noticed nothing that it does not: the true chance may be smaller.

    Returns:
        0 where a check that draws nothing, or that fails at its first two examples, always failed; 1 where none ever
        did; None where no check was run often enough to tell.
    """
    killers = {name for trial in trials for name in trial.killers}
    results: dict[str, list[tuple[RawResult, bool]]] = defaultdict(list)
    for trial in trials:
        for result in trial.run.results:
            if result.name in killers and result.outcome is not Outcome.NOT_RUN:
                results[result.name].append((result, result.name in trial.killers))
    if not killers:
        return 1.0
    return min((_chance(found) for found in results.values() if len(found) >= ENOUGH), default=None)


def _chance(found: Sequence[tuple[RawResult, bool]]) -> float:
    """Estimate how often a check lets the program pass, from what became of it in some runs."""
    failures = sum(failed for _, failed in found)
    if not all(result.drawn for result, _ in found):
        return 1 - failures / len(found)
    later = [(result, failed) for result, failed in found if not (failed and result.tried == 1)]
    tried = sum(result.tried - 1 for result, _ in later)
    shows = sum(failed for _, failed in later) / tried if tried else 0.0
    drawn = max(result.drawn for result, _ in found)
    return len(later) / len(found) * (1 - shows) ** (drawn - 1)
