"""Drawings within a page: bars, measured ratios against their limit, distributions.

Positions are percentages and heights are pixels, so that a drawing grows with the page and its words do not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.report.pages.markup import Markup, element
from grader.report.wording import factor

if TYPE_CHECKING:
    from collections.abc import Sequence

_SMALLEST = 1e-9  # a ratio of nought has no place on a logarithmic axis
_TOP, _BOTTOM, _HEIGHT = 22.0, 82.0, 104.0
_MOST_TICKS = 6


def bar(share: float, kind: str) -> Markup:
    """Draw how much of something there is, from 0 to 1; the number stands beside it in words."""
    width = 100 * min(max(share, 0.0), 1.0)
    return element(
        "svg",
        element("rect", class_="track", width=100, height=6),
        element("rect", class_=f"fill {kind}", width=width, height=6),
        class_="bar", viewBox="0 0 100 6", preserveAspectRatio="none", aria_hidden="true",
    )  # fmt: skip


def figure(name: str, description: str, height: float, *shapes: Markup) -> Markup:
    """Wrap shapes in a drawing that says in words what it shows."""
    words = element("title", name), element("desc", description)
    return element("svg", *words, *shapes, class_="figure", role="img", width="100%", height=height)


@dataclass(frozen=True)
class Measurement:
    """A measured ratio beside its limit, all on one scale."""

    ratio: float
    low: float
    high: float
    limit: float
    singles: Sequence[float]
    """The ratio of each pair of runs, in order of running; may be empty."""
    above: bool
    """Whether what lies above the limit passes."""


def ratio_plot(name: str, description: str, measured: Measurement, limit_label: str) -> Markup:
    """Draw single ratios from the first (top) to the last, the measured one with its interval, and the limit.

    `name` and `description` are the text alternative; `limit_label` is written at the limit.
    """
    limit = _positive(measured.limit)
    axis = _Axis([limit, *map(_positive, (measured.ratio, measured.low, measured.high, *measured.singles))])
    edge = axis.at(limit)
    return figure(
        name,
        description,
        _HEIGHT,
        _band("beyond", 0.0 if measured.above else edge, edge if measured.above else 100.0),
        *_ticks(axis),
        _band("interval", axis.at(measured.low), axis.at(measured.high)),
        *_dots(axis, measured.singles),
        _upright("measured", axis.at(measured.ratio)),
        _upright("limit", edge),
        element("text", limit_label, x=f"{edge:.2f}%", y=14, text_anchor=_anchor(edge), class_="limit-label"),
    )


def histogram(name: str, description: str, counts: Sequence[int], labels: Sequence[str]) -> Markup:
    """Draw how many there are in each class of equal width; `labels` stand at the edges, one more than classes."""
    most, width = max([*counts, 1]), 100 / len(counts)
    shapes: list[Markup] = []
    for index, count in enumerate(counts):
        x, y = index * width, 116 - 96 * count / most
        place = {"x": f"{x + 0.4:.2f}%", "width": f"{width - 0.8:.2f}%"}
        shapes.append(element("rect", class_="column", y=y, height=max(116 - y, 1), **place))
        if count:
            middle = f"{x + width / 2:.2f}%"
            shapes.append(element("text", str(count), x=middle, y=y - 6, text_anchor="middle", class_="count"))
    for index, label in enumerate(labels):
        at = index * width
        shapes.append(element("text", label, x=f"{at:.2f}%", y=134, text_anchor=_anchor(at), class_="tick"))
    return figure(name, description, 140, *shapes)


class _Axis:
    """A logarithmic axis over given values, as percentages of the width."""

    def __init__(self, values: Sequence[float]) -> None:
        low, high = math.log(min(values)), math.log(max(values))
        room = max((high - low) * 0.08, 0.05)
        self.low, self.high = low - room, high + room

    def at(self, value: float) -> float:
        """Return where a value stands, from 0 to 100."""
        return 100 * (math.log(_positive(value)) - self.low) / (self.high - self.low)

    def ticks(self) -> list[float]:
        """Return a few round numbers on the axis."""
        first, last = (math.floor(end / math.log(10)) for end in (self.low, self.high))
        for steps in ((1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0), (1.0, 2.0, 5.0), (1.0,)):
            round_ones = [step * 10.0**power for power in range(first, last + 1) for step in steps]
            inside = [value for value in round_ones if 2 < self.at(value) < 98]
            if len(inside) <= _MOST_TICKS:
                return inside
        return inside[:: math.ceil(len(inside) / _MOST_TICKS)]


def _positive(value: float) -> float:
    return min(max(value, _SMALLEST), 1 / _SMALLEST)


def _ticks(axis: _Axis) -> list[Markup]:
    return [
        mark
        for value in axis.ticks()
        for mark in (
            _upright("grid", axis.at(value)),
            element("text", f"{factor(value)}×", x=f"{axis.at(value):.2f}%", y=99, text_anchor="middle", class_="tick"),
        )
    ]


def _dots(axis: _Axis, ratios: Sequence[float]) -> list[Markup]:
    step = (_BOTTOM - _TOP - 12) / max(len(ratios) - 1, 1)
    return [
        element("circle", class_="dot", cx=f"{axis.at(value):.2f}%", cy=_TOP + 6 + index * step, r=2.5)
        for index, value in enumerate(ratios)
    ]


def _band(kind: str, start: float, stop: float) -> Markup:
    place = {"x": f"{start:.2f}%", "width": f"{stop - start:.2f}%"}
    return element("rect", class_=kind, y=_TOP, height=_BOTTOM - _TOP, **place)


def _upright(kind: str, at: float) -> Markup:
    place = f"{at:.2f}%"
    return element("line", class_=kind, x1=place, x2=place, y1=_TOP, y2=_BOTTOM)


def _anchor(at: float) -> str:
    return "start" if at < 12 else "end" if at > 88 else "middle"
