"""Suites written out of cases: values as literals, so that whoever reads the file sees all that is asked."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from grader.importing.recording import Form, is_array

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from grader.importing.recording import Case

ANCHOR = "task"
MAX_LITERAL = 32 * 2**10
"""Characters of one case; what is longer nobody reads, and it slows the reading of the bank."""
_DEPTH = 30
"""Deeper literals are not written: Python's own parser bounds its brackets."""
_STRICT = asdict(Form())


@dataclass(frozen=True)
class Suites:
    """Both suites of a question, as text."""

    public: str
    hidden: str
    unordered: bool = False
    """Whether some answer may come in any order."""


class UnwritableError(Exception):
    """A value has no literal, or too long a one."""


def literal(value: Any, depth: int = 0) -> str:  # noqa: PLR0911  one return per kind of value
    """Return Python source that makes a plain value; of a set always the same.

    Raises:
        UnwritableError: it is too long, or nested too deeply.
    """
    if depth > _DEPTH:
        raise UnwritableError
    if is_array(value):
        return _array(value)
    parts = list(_parts(value, depth))
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, complex):
        return f"complex({literal(value.real)}, {literal(value.imag)})"
    if isinstance(value, list):
        return f"[{', '.join(parts)}]"
    if isinstance(value, tuple):
        return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
    if isinstance(value, dict):
        return f"{{{', '.join(parts)}}}"
    if isinstance(value, set | frozenset):
        inner = f"{{{', '.join(sorted(parts))}}}" if parts else ""
        return f"frozenset({inner})" if isinstance(value, frozenset) else inner or "set()"
    try:
        return repr(value)
    except ValueError:  # an integer of more digits than Python writes
        raise UnwritableError from None


def _array(value: Any) -> str:
    """Return the call that makes an array; of one with an empty dimension its shape tells all there is."""
    if value.size == 0:
        return f'np.zeros({value.shape}, "{value.dtype}")'
    return f'np.array({literal(value.tolist())}, "{value.dtype}")'


def _parts(value: Any, depth: int) -> Iterable[str]:
    if isinstance(value, dict):
        return [f"{literal(key, depth + 1)}: {literal(item, depth + 1)}" for key, item in value.items()]
    if isinstance(value, list | tuple | set | frozenset):
        return [literal(item, depth + 1) for item in value]
    return ()


def row(case: Case) -> str:
    """Return a case as a row of the suite's table.

    Raises:
        UnwritableError: a value in it has no literal that is short enough.
    """
    form = {key: value for key, value in asdict(case.form).items() if value != _STRICT[key]}
    cells = (case.args, case.kwargs) if case.raises else (case.args, case.kwargs, case.answer, form)
    text = f"({', '.join(map(literal, cells))}),"
    if len(text) > MAX_LITERAL:
        raise UnwritableError
    return text


def suites_of(origin: str, public: Sequence[Case], hidden: Sequence[Case]) -> Suites:
    """Return the suites that ask for these cases."""
    return Suites(
        suite_text(f"Examples of {origin}.", public, hidden=False),
        suite_text(f"What the check of {origin} asks.", hidden, hidden=True),
        any(case.form.any_order for case in (*public, *hidden)),
    )


def suite_text(head: str, cases: Sequence[Case], *, hidden: bool) -> str:
    """Return the source of a suite: one table and one check for each function, and for each exception it raises.

    Args:
        head: first line of the file, what it is.
        cases: at least one; each has a row.
        hidden: whether the checks name their passage in the statement, and what they are called.
    """
    groups: dict[tuple[str, str], list[Case]] = {}
    for case in cases:
        groups.setdefault((case.export, case.raises), []).append(case)
    marks = ["assert_alike"] if any(not raises for _, raises in groups) else []
    names = ", ".join([*marks, "points", *(["stated"] if hidden else [])])
    tables = "\n\n".join(_table(*key, found) for key, found in groups.items())
    outside = ["import numpy as np"] if "np.array(" in tables or "np.zeros(" in tables else []
    outside += ["import pytest"] if any(raises for _, raises in groups) else []
    imports = [*(["\n".join(outside)] if outside else []), f"from grader.exam import {names}"]
    checks = "\n\n\n".join(_check(*key, hidden=hidden) for key in groups)
    return f'"""{head}"""\n\n' + "\n\n".join(imports) + f"\n\n{tables}\n\n\n{checks}\n"


def _stem(export: str, raises: str) -> str:
    return f"{export}_{raises}" if raises else export


def _table(export: str, raises: str, cases: Sequence[Case]) -> str:
    rows = "".join(f"    {row(case)}\n" for case in cases)
    return f"CASES_{_stem(export, raises)} = [\n{rows}]"


def _check(export: str, raises: str, *, hidden: bool) -> str:
    stem = _stem(export, raises)
    marks = ["@points(1)", *([f'@stated("{ANCHOR}")'] if hidden else [])]
    name = f"test_{stem}" if hidden else f"test_{stem}_examples"
    call = f"solution.{export}(*args, **kwargs)"
    if raises:
        body = [f"for args, kwargs in CASES_{stem}:", f"    with pytest.raises({raises}):", f"        {call}"]
    else:
        head = f"for args, kwargs, expected, form in CASES_{stem}:"
        body = [head, f"    assert_alike({call}, expected, **form)"]
    return "\n".join([*marks, f"def {name}(solution):", *(f"    {line}" for line in body)])
