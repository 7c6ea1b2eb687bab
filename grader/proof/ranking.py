"""Which check to run first, and which one is the only one to notice something."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from grader.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from grader.proof.workbench import Trial
    from grader.question import Check
    from grader.submission import Submission

_PRIOR_KILLS = 0.5
_PRIOR_SECONDS = 0.005


class Ranking:
    """Learns from every trial; may be asked by several threads at once."""

    def __init__(self, hidden: Iterable[str], exempt: Collection[str] = ()) -> None:
        """Know no check yet.

        Args:
            hidden: the checks that must earn their place.
            exempt: those of them that are part of the contract.
        """
        self.alone: dict[str, str] = {}
        """Check to a program that nothing else found wrong."""
        self.kills: Counter[str] = Counter()
        self._seen: defaultdict[str, list[Trial]] = defaultdict(list)
        self._needy = set(hidden) - set(exempt)
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._runs: Counter[str] = Counter()
        self._lock = threading.Lock()

    def note(self, trial: Trial, *, whole: bool = True) -> None:
        """Learn from a trial; `whole` unless checks were left out that might have noticed too."""
        killers = trial.killers
        with self._lock:
            for result in trial.run.results:
                if result.outcome is not Outcome.NOT_RUN:
                    self._runs[result.name] += 1
                    self._seconds[result.name] += result.seconds
            self.kills.update(killers)
            for name in killers:
                self._seen[name].append(trial)
            if whole and len(killers) == 1:
                self.alone.setdefault(killers[0], trial.program)
                self._needy.discard(killers[0])

    def order(self, checks: Sequence[Check]) -> list[Check]:
        """Return the checks, the one that kills most in the least time first."""
        with self._lock:
            return sorted(checks, key=lambda check: -self._worth(check.name))

    def partner(self, check: str) -> str:
        """Return the check that most often noticed what this one did, or nothing where it noticed nothing."""
        with self._lock:
            others = Counter(name for trial in self._seen[check] for name in trial.killers if name != check)
        return next((name for name, _ in others.most_common(1)), "")

    def nearest(self, check: str, at_most: int) -> list[Submission]:
        """Return programs the check found wrong, those first that fewest others noticed."""
        with self._lock:
            trials = sorted(self._seen[check], key=lambda trial: len(trial.killers))
        return [trial.submission for trial in trials[:at_most]]

    @property
    def needy(self) -> frozenset[str]:
        """Checks that have not been the only one to notice anything yet."""
        with self._lock:
            return frozenset(self._needy)

    def _worth(self, name: str) -> float:
        seconds = self._seconds[name] / max(self._runs[name], 1)
        return (self.kills[name] + _PRIOR_KILLS) / (seconds + _PRIOR_SECONDS)
