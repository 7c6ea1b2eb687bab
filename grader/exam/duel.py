"""Two sides that are asked the same: the submission and one of our solutions, or one of these against itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from grader.exam.compare import assert_close
from grader.exam.seeds import derive, make_rng
from grader.exam.solution import CheckEnded, Solution, SuiteFaultError

if TYPE_CHECKING:
    from grader.exam.candidate import Candidate

RECHECK_RTOL = {"float64": 1e-8, "complex128": 1e-8, "float16": 5e-2, "bfloat16": 5e-2}
RECHECK_DEFAULT = 1e-3

Arguments = tuple[Sequence[object], dict[str, object]]
Draw = Callable[[Any], Arguments]
MINE, OURS = 0, 1
"""The two sides."""


class Duel:
    """Asks either side, with fresh arguments of equal content."""

    def __init__(
        self, sides: tuple[Candidate, Candidate], export: str, draw: Draw, seed: int, *, control: bool = False
    ) -> None:
        """Put two sides against each other; the second is a solution of ours, and in a control the first is too."""
        self.sides = sides
        self.seed = derive(seed, "control") if control else seed
        self._control = control
        self._stand_ins = (Solution(sides[0]), Solution(sides[1]))
        self._export = export
        self._draw = draw

    def arguments(self, number: int) -> Arguments:
        """Draw the arguments of a round; each call returns new ones of the same content."""
        return self._draw(make_rng(derive(self.seed, str(number))))

    def call(self, side: int, arguments: Arguments) -> object:
        """Call one side.

        Raises:
            SuiteFaultError: a solution of ours failed.
        """
        with self._whose_fault(side):
            return self._stand_ins[side]._call((self._export,), *arguments)

    def renew(self, side: int) -> None:
        """Give one side a fresh guest.

        Raises:
            SuiteFaultError: a solution of ours cannot be loaded.
        """
        with self._whose_fault(side):
            self.sides[side].renew()

    @contextlib.contextmanager
    def _whose_fault(self, side: int) -> Iterator[None]:
        try:
            yield
        except (CheckEnded, Exception) as error:
            if side == MINE and not self._control:
                raise
            raise SuiteFaultError(f"the solution it is measured against failed: {error}") from error


def recheck(mine: object, other: object) -> None:
    """Compare a measured output with our own solution's; looser than a test of values, but none goes unchecked."""
    dtype = str(getattr(other, "dtype", "")).removeprefix("torch.")
    assert_close(mine, other, rtol=RECHECK_RTOL.get(dtype, RECHECK_DEFAULT))
