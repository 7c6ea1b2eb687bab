"""How the inputs of a check are drawn, as Python text: for the hidden suite, and for a guest before there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grader.draft.vocabulary import Choice, Integer, Number, Row, Table, TensorOf

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.draft.vocabulary import CheckDraft, Input, Scalar


def drawing_module(checks: Iterable[CheckDraft], packages: Iterable[str]) -> str:
    """Return a module with `draw_NAME(seed)` for each check."""
    head = ["from random import Random", *(f"import {package}" for package in packages)]
    return "\n".join([*head, "", "", *map(drawing_function, checks)])


def drawing_function(check: CheckDraft) -> str:
    """Return the function that draws the arguments of a check."""
    sizes = [f"    {size.name} = random.randint({size.low}, {size.high})\n" for size in check.sizes]
    arguments = "".join(f"        {_expression(argument.input)},\n" for argument in check.arguments)
    return (
        f"def draw_{check.name}(seed):\n    random = Random(seed)\n{''.join(sizes)}    return (\n{arguments}    )\n\n\n"
    )


def _expression(drawn: Input) -> str:
    match drawn:
        case Row(of=inner, size=size):
            return f"[{_expression(inner)} for _ in range({size})]"
        case Table(of=inner, rows=rows, columns=columns):
            return f"[[{_expression(inner)} for _ in range({columns})] for _ in range({rows})]"
        case TensorOf():
            return _tensor(drawn)
    return _scalar(drawn)


def _scalar(drawn: Scalar) -> str:
    match drawn:
        case Integer(low=low, high=high):
            return f"random.randint({low}, {high})"
        case Number(low=low, high=high):
            return f"random.uniform({low!r}, {high!r})"
        case Choice(values=values):
            return f"random.choice({list(values)!r})"
    return "random.random() < 0.5"


def _tensor(drawn: TensorOf) -> str:
    shape = f"({', '.join(drawn.sizes)},)"
    if drawn.whole:
        low, high = int(drawn.low), int(drawn.high) + 1
        return f"torch.randint({low}, {high}, {shape}, generator=torch.Generator().manual_seed(random.getrandbits(32)))"
    generator = "torch.Generator().manual_seed(random.getrandbits(32))"
    return f"{drawn.low!r} + {drawn.high - drawn.low!r} * torch.rand({shape}, generator={generator})"
