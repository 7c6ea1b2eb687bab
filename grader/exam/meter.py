"""The performance checks: a ratio of times or of memory, the submission against one of our own solutions."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

from grader.exam.duel import Duel
from grader.exam.looks import judge
from grader.exam.race import Race
from grader.exam.scales import Scales
from grader.exam.seeds import derive
from grader.exam.solution import CheckEnded
from grader.question import Quantity
from grader.verdict import Outcome, PerformanceResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.exam.candidate import Candidate
    from grader.exam.desk import Desk
    from grader.exam.duel import Draw
    from grader.exam.looks import Judgement
    from grader.question import Performance

_OUTCOMES = {Quantity.TIME: Outcome.SLOW, Quantity.MEMORY: Outcome.HEAVY}


class Meter:
    """Measures the submission of one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def measure(self, name: str, draw: Draw, performance: Performance) -> None:
        """Run the performance check `name`.

        Raises:
            CheckEnded: the submission is too slow or too heavy, or computed outside the measured calls.
            Mismatch: it gave another result than ours.
        """
        seed = derive(self._desk.seed, name)
        judged = (self._weigh if performance.quantity is Quantity.MEMORY else self._time)(draw, performance, seed)
        result = _result(name, judged, performance)
        self._desk.measured.append(result)
        if judged.slip is not None:
            self._desk.notes.append(_note(judged.slip, performance))
        if judged.verdict is False:
            raise CheckEnded(_OUTCOMES[performance.quantity], _explain(result, performance))

    def _time(self, draw: Draw, performance: Performance, seed: int) -> Judgement:
        mine = self._desk.candidate
        with contextlib.ExitStack() as undo:
            undo.callback(mine.wake)
            other, one, same = (undo.enter_context(self._opponent(performance, seed)) for _ in range(3))
            race = Race(Duel((mine, other), performance.of, draw, seed))
            control = Race(Duel((one, same), performance.of, draw, seed, control=True))
            judged = judge(race.block, control.block, performance.limit, seed)
            race.audit()
        return judged

    def _weigh(self, draw: Draw, performance: Performance, seed: int) -> Judgement:
        with self._opponent(performance, seed) as other:
            return Scales(Duel((self._desk.candidate, other), performance.of, draw, seed)).run(performance.limit)

    @contextlib.contextmanager
    def _opponent(self, performance: Performance, seed: int) -> Iterator[Candidate]:
        """Hold the solution that is measured against."""
        opponent = self._desk.opponent(performance.against)
        opponent.begin(seed, allowed=self._desk.question.spec.limits.wall)
        try:
            yield opponent
        finally:
            opponent.close()


def _result(name: str, judged: Judgement, performance: Performance) -> PerformanceResult:
    return PerformanceResult(
        name=name,
        quantity=performance.quantity,
        ratio=judged.found.ratio,
        low=judged.found.low,
        high=judged.found.high,
        limit=performance.limit,
        pairs=len(judged.logs),
        against=performance.against,
        decided=judged.verdict is not None,
        ratios=tuple(round(math.exp(log), 4) for log in judged.logs),
    )


def _note(slip: float, performance: Performance) -> str:
    """Say, for a candidate too, why a measurement was not believed."""
    return (
        f"{performance.of} seemed too slow, but the machine was too restless to be sure: our own solution, "
        f"measured against itself, differed by up to {slip - 1:.0%}. It counts as fast enough."
    )


def _explain(result: PerformanceResult, performance: Performance) -> str:
    if performance.at_least is not None:
        faster = 1 / result.ratio
        return (
            f"{faster:.2f} times as fast as the solution it is compared with; {performance.at_least:g} times is asked"
        )
    what = "needs {:.2f} times the memory of" if performance.quantity is Quantity.MEMORY else "{:.2f} times as slow as"
    return f"{what.format(result.ratio)} the solution it is compared with; {result.limit:g} times is allowed"
