"""A mixed-integer linear programme whose constraints have names, so that one without a solution can say why.

Solved by HiGHS through `scipy.optimize.milp`: the least cost first, and of the solutions that have it, one that is near
to the wishes. Without a solution, a deletion filter (Chinneck and Dravnieks 1991) leaves an irreducible set of demands:
together they cannot be met, and without any one of them the others can.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from grader.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from scipy.optimize import OptimizeResult

NODES = 200
"""Branches that a search looks at; a bound on time would make the result depend on the machine."""
GAP = 0.01
"""Relative; the search ends that close to the best there is."""
INFEASIBLE = 2
INFINITY = float("inf")


@dataclass(frozen=True)
class Row:
    """One linear constraint: low ≤ Σ weight · variable ≤ high."""

    weights: Mapping[int, float]
    low: float
    high: float


@dataclass(frozen=True)
class Demand:
    """What a person asked for, as rows that are kept or dropped together."""

    name: str
    """In words, for the message when it cannot be met."""
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Solution:
    """The values of all variables."""

    values: tuple[float, ...]
    cost: float
    best: bool
    """Whether it is proven that none costs less; else the search was ended at its bound."""


@dataclass
class Programme:
    """Variables and demands, being written down."""

    costs: list[float] = field(default_factory=list)
    wishes: list[float] = field(default_factory=list)
    """What it costs beside; it decides between solutions of the same cost."""
    highs: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    structure: list[Row] = field(default_factory=list)
    """Rows that mean nothing to a person and always hold."""
    demands: list[Demand] = field(default_factory=list)

    def variable(self, high: float = 1.0, *, cost: float = 0.0, wish: float = 0.0, whole: bool = True) -> int:
        """Add a variable from 0 to `high`, and return its number."""
        self.costs.append(cost)
        self.wishes.append(wish)
        self.highs.append(high)
        self.whole.append(int(whole))
        return len(self.costs) - 1

    def demand(self, name: str, rows: Iterable[Row]) -> None:
        """Add a demand, unless it has no rows."""
        if found := tuple(rows):
            self.demands.append(Demand(name, found))

    def solve(self) -> Solution | None:
        """Return a solution of the least cost, or None where there is none.

        Raises:
            InputError: none was found within the bound of the search.
        """
        cheap = self._run(self.demands, self.costs)
        if cheap.status == INFEASIBLE:
            return None
        if cheap.x is None:
            cure = "Ask for fewer forms, or widen the tolerances"
            raise InputError(f"no forms were found in {NODES} steps, and none were ruled out", cure=cure)
        no_dearer = Row(dict(enumerate(self.costs)), -INFINITY, float(cheap.fun) + 1e-6)
        nice = self._run([*self.demands, Demand("", (no_dearer,))], self.wishes)
        found = cheap if nice.x is None else nice
        return Solution(tuple(map(float, found.x)), float(cheap.fun), cheap.status == 0)

    def conflict(self) -> tuple[Demand, ...]:
        """Return demands of which none can be left out for the rest to stay impossible."""
        kept = list(self.demands)
        for demand in self.demands:
            rest = [each for each in kept if each is not demand]
            if self._run(rest, [0.0] * len(self.costs)).status == INFEASIBLE:
                kept = rest
        return tuple(kept)

    def _run(self, demands: Collection[Demand], costs: Collection[float]) -> OptimizeResult:
        import numpy as np

        milp, Bounds, LinearConstraint = _scipy()  # noqa: N806  they are classes
        rows = [*self.structure, *(row for demand in demands for row in demand.rows)]
        constraints = [
            LinearConstraint(self._matrix(rows), [row.low for row in rows], [row.high for row in rows])
        ] if rows else []  # fmt: skip
        return milp(
            np.array(list(costs)),
            integrality=np.array(self.whole),
            bounds=Bounds(0, np.array(self.highs)),
            constraints=constraints,
            options={"node_limit": NODES, "mip_rel_gap": GAP},
        )

    def _matrix(self, rows: Collection[Row]) -> object:
        from scipy.sparse import csr_array

        entries = [(index, column, weight) for index, row in enumerate(rows) for column, weight in row.weights.items()]
        where, columns, weights = zip(*entries, strict=True) if entries else ((), (), ())
        return csr_array((weights, (where, columns)), shape=(len(rows), len(self.costs)))


def _scipy() -> tuple[Any, Any, Any]:
    """Import what only this room needs.

    Raises:
        InputError: it is not installed.
    """
    try:
        from scipy.optimize import Bounds, LinearConstraint, milp
    except ModuleNotFoundError:
        raise InputError(
            "scipy is not installed, which chooses the questions", cure="pip install 'exam-grader[assess]'"
        ) from None
    return milp, Bounds, LinearConstraint
