"""Dynamic programming whose best place only moves to the right; the backward passes of GPipe in opposite order."""

from itertools import accumulate


def split(costs, stages):
    """Cut the layers into stages, the most expensive of which is as cheap as possible."""
    layers = len(costs)
    if not 0 < stages <= layers:
        raise ValueError("cannot be cut like that")
    for cost in costs:
        if cost < 0:
            raise ValueError("negative cost")
    ends = list(accumulate(costs, initial=0))
    best, chosen = ends, []
    for stage in range(2, stages + 1):
        following, places, place = [0] * (layers + 1), [0] * (layers + 1), stage - 1
        for stop in range(stage, layers + 1):
            while place + 1 < stop and best[place + 1] <= ends[stop] - ends[place + 1]:
                place += 1
            options = [place, place + 1] if place + 1 < stop else [place]
            places[stop] = min(options, key=lambda p: max(best[p], ends[stop] - ends[p]))
            following[stop] = max(best[places[stop]], ends[stop] - ends[places[stop]])
        best = following
        chosen.append(places)
    stops = [layers]
    for places in reversed(chosen):
        stops.append(places[stops[-1]])
    stops = [0, *reversed(stops)]
    return [(stops[i], stops[i + 1]) for i in range(stages)]


def gpipe(stages, micro_batches):
    """Return what each stage does: all forward passes first."""
    if stages < 1 or micro_batches < 1:
        raise ValueError("empty pipeline")
    order = list(range(micro_batches))
    return [[("F", i) for i in order] + [("B", i) for i in reversed(order)] for _ in range(stages)]


def one_f_one_b(stages, micro_batches):
    """Return what each stage does: backward passes as soon as possible."""
    if stages < 1 or micro_batches < 1:
        raise ValueError("empty pipeline")
    lists = []
    for stage in range(stages):
        warm_up = min(stages - stage, micro_batches)
        mine = [("F", i) for i in range(warm_up)]
        for i in range(micro_batches):
            mine.append(("B", i))
            if i + warm_up < micro_batches:
                mine.append(("F", i + warm_up))
        lists.append(mine)
    return lists


def bubble(stages, micro_batches):
    """Return the share of idle slots."""
    if stages < 1 or micro_batches < 1:
        raise ValueError("empty pipeline")
    return (stages - 1) / (stages - 1 + micro_batches)
