"""Bisection that begins at the mean cost of a stage; schedules made by counting ahead."""

from bisect import bisect_right
from itertools import accumulate


def split(costs: list[int], stages: int) -> list[tuple[int, int]]:
    """Cut the layers into stages, the most expensive of which is as cheap as possible."""
    layers = len(costs)
    if not 1 <= stages <= layers:
        raise ValueError("need at least one stage, and a layer for each")
    if min(costs) < 0:
        raise ValueError("a cost is negative")
    sums = [0, *accumulate(costs)]

    def furthest(start: int, bound: int) -> int:
        return bisect_right(sums, sums[start] + bound) - 1

    def fits(bound: int) -> bool:
        stop = 0
        for _ in range(stages):
            stop = furthest(stop, bound)
        return stop == layers

    low, high = max(*costs, -(-sums[-1] // stages)), sums[-1]
    while low < high:
        middle = (low + high) // 2
        if fits(middle):
            high = middle
        else:
            low = middle + 1

    parts, start = [], 0
    for rest in reversed(range(stages)):  # each stage behind needs a layer
        stop = min(furthest(start, low), layers - rest)
        parts.append((start, stop))
        start = stop
    return parts


def check(stages: int, micro_batches: int) -> None:
    if stages < 1 or micro_batches < 1:
        raise ValueError("need at least one stage and one micro-batch")


def gpipe(stages: int, micro_batches: int) -> list[list[tuple[str, int]]]:
    """Return what each stage does: all forward passes first."""
    check(stages, micro_batches)
    return [[(kind, i) for kind in "FB" for i in range(micro_batches)] for _ in range(stages)]


def one_f_one_b(stages: int, micro_batches: int) -> list[list[tuple[str, int]]]:
    """Return what each stage does: backward passes as soon as possible."""
    check(stages, micro_batches)
    schedule = []
    for stage in range(stages):
        ahead = min(micro_batches, stages - stage)
        todo = [("F", i) for i in range(ahead)]
        for i in range(micro_batches):
            todo.append(("B", i))
            if i + ahead < micro_batches:
                todo.append(("F", i + ahead))
        schedule.append(todo)
    return schedule


def bubble(stages: int, micro_batches: int) -> float:
    """Return the share of idle slots."""
    check(stages, micro_batches)
    return (stages - 1) / (micro_batches + stages - 1)
