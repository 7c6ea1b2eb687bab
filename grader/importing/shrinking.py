"""Modules of PyTorch made small enough for a guest, by the numbers at the top level of their programs.

KernelBench asks for shapes that fill a GPU. What a module computes is the same at smaller ones, and a suite on a CPU
can ask for it many times. Numbers are halved, those of one value together, the largest first, as long as the program
stands; each attempt runs in a guest.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from grader.exam.solution import CheckEnded
from grader.importing.problem import Refusal
from grader.importing.programs import tree_of
from grader.question import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from grader.importing.problem import Problem
    from grader.importing.recording import Studio

ONLOOKER = Path(__file__).with_name("onlooker.py")
LIMITS = Limits(wall=20.0, check=20.0, cpu=20.0)
BUDGET = 2**20
"""Bytes of weights, inputs and outputs together: a suite sends them some thirty times."""
SECONDS = 0.25
"""Of one run."""
SMALLEST = 8
"""Lower numbers are sizes of kernels, strides, heads: what a problem is about."""


class Facts(BaseModel):
    """What a guest said of a module; believed as far as its form goes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    bytes: int
    seconds: float = 0.0
    finite: bool = True
    chance: bool = False
    varies: bool = True
    flat: bool = False
    weighs: bool = True
    keeps: bool = True
    precise: bool = True
    wide: bool = True
    outputs: list[tuple[list[int], str]] = []

    @property
    def fits(self) -> bool:
        """Whether a suite can ask for it."""
        return bool(self.outputs) and self.bytes <= BUDGET and self.seconds <= SECONDS


@dataclass(frozen=True)
class Number:
    """A number at the top level of a program: where it stands, in bytes from the beginning, and what it is."""

    start: int
    end: int
    value: int


@dataclass(frozen=True)
class Small:
    """A program that fits."""

    program: str
    facts: Facts
    changes: tuple[str, ...]
    """Which number became which."""


_TOO_LARGE = Facts(bytes=BUDGET + 1)


def shrink(problem: Problem, studio: Studio) -> Small:
    """Make a problem's program small enough.

    Raises:
        Refusal: it does not run, or no number makes it small enough.
        IsolationError: the isolation that is demanded cannot be had.
    """
    numbers = numbers_of(problem.program)
    values = [number.value for number in numbers]

    def look(tried: Sequence[int]) -> Facts | str:
        return _look(rewritten(problem.program, numbers, tried), problem.packages, studio)

    facts = look(values)
    if isinstance(facts, str):
        raise Refusal(f"it does not run: {facts}")
    values, facts = _shrunk(values, facts, look)
    changes = dict.fromkeys(
        f"{old.value} is {new}" for old, new in zip(numbers, values, strict=True) if new < old.value
    )
    return Small(rewritten(problem.program, numbers, values), facts, tuple(changes))


def _shrunk(values: list[int], facts: Facts, look: Callable[[Sequence[int]], Facts | str]) -> tuple[list[int], Facts]:
    stuck: set[tuple[int, ...]] = set()
    while not facts.fits:
        group = next((each for each in _groups(values) if each not in stuck), None)
        if group is None:
            raise Refusal(f"its shapes cannot be made small enough for a guest, {BUDGET // 1024} KiB in all")
        tried = [value // 2 if index in group else value for index, value in enumerate(values)]
        found = look(tried)
        if isinstance(found, str):
            stuck.add(group)
        else:
            values, facts = tried, found
    return values, facts


def _groups(values: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield what may be halved next: the places of the largest value together, then each alone, then of the next."""
    for value in sorted({value for value in values if value > SMALLEST}, reverse=True):
        places = tuple(index for index, each in enumerate(values) if each == value)
        yield places
        if len(places) > 1:
            yield from ((place,) for place in places)


def _look(source: str, packages: tuple[str, ...], studio: Studio) -> Facts | str:
    """Return what a guest says of a program, or why it does not run."""
    try:
        told: Any = studio.call(ONLOOKER, "look", packages, source, BUDGET, limits=LIMITS)
    except CheckEnded:  # of memory, or of time
        return _TOO_LARGE
    if isinstance(told, dict) and isinstance(told.get("fault"), str):
        return str(told["fault"])[:300]
    try:
        return Facts.model_validate(told)
    except ValidationError:
        raise Refusal("the guest answered with something else than facts") from None


def numbers_of(source: str) -> list[Number]:
    """Return the whole numbers that are given names at the top level, also in tuples and lists."""
    starts = [0]
    for line in source.encode().split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    found = []
    for statement in tree_of(source, "it").body:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            for node in _integers(statement.value):
                assert node.end_lineno is not None and node.end_col_offset is not None  # noqa: PT018  of every parsed node
                start = starts[node.lineno - 1] + node.col_offset
                found.append(Number(start, starts[node.end_lineno - 1] + node.end_col_offset, int(node.value)))  # type: ignore[arg-type]  # an int
    return found


def _integers(node: ast.expr) -> Iterator[ast.Constant]:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        yield node
    elif isinstance(node, ast.Tuple | ast.List | ast.BinOp):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from _integers(child)


def rewritten(source: str, numbers: Sequence[Number], values: Sequence[int]) -> str:
    """Return a program with other values at the places of its numbers."""
    text = source.encode()
    for number, value in sorted(zip(numbers, values, strict=True), key=lambda pair: -pair[0].start):
        text = text[: number.start] + str(value).encode() + text[number.end :]
    return text.decode()
