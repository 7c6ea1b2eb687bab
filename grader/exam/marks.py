"""Points, groups, hints, performance, memory and what a check rests on, written where the checks stand.

The arguments must be literals: the bank reads them from the source text without importing the suite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., object]")


def points(value: float, *, group: str | None = None, group_zh: str | None = None) -> Callable[[F], F]:
    """Give a check its points and the name of the learning outcome it belongs to."""
    return pytest.mark.points(value, group=group, group_zh=group_zh)


def hint(*, en: str, zh: str | None = None) -> Callable[[F], F]:
    """Say what to think about when the check fails; a candidate sees it, so it must not give the answer."""
    return pytest.mark.hint(en=en, zh=zh)


def stated(*anchors: str) -> Callable[[F], F]:
    """Say where the statement asks for what the check tests: names of anchors that stand in it in every language."""
    return pytest.mark.stated(*anchors)


def contract(why: str) -> Callable[[F], F]:
    """Say why a check that kills no wrong solution alone belongs to the contract all the same."""
    return pytest.mark.contract(why)


def performance(
    *,
    points: float,
    of: str | None = None,
    group: str | None = None,
    group_zh: str | None = None,
    at_least: float | None = None,
    times_faster_than: str | None = None,
    at_most: float | None = None,
    times_slower_than: str | None = None,
) -> Callable[[F], F]:
    """Make a function `f(rng) -> (args, kwargs)` into a performance check of the export `of` (default: the first).

    The function's name is the check's name. It is called with a fresh secret generator for every round; both
    sides of a pair get arguments of equal content.
    """
    return pytest.mark.performance(
        points=points,
        of=of,
        group=group,
        group_zh=group_zh,
        at_least=at_least,
        times_faster_than=times_faster_than,
        at_most=at_most,
        times_slower_than=times_slower_than,
    )


def memory(
    *,
    points: float,
    at_most: float,
    times_of: str,
    of: str | None = None,
    group: str | None = None,
    group_zh: str | None = None,
) -> Callable[[F], F]:
    """Make a function `f(rng) -> (args, kwargs)` into a check of the peak memory that the export `of` needs.

    It is compared with that of one of our own solutions, loading, arguments and result included; ours must need 16 MiB
    or more.
    """
    return pytest.mark.memory(points=points, of=of, group=group, group_zh=group_zh, at_most=at_most, times_of=times_of)
