"""Right, but tries every place for every cut."""

from itertools import accumulate


def split(costs, stages):
    """Cut the layers into stages, the most expensive of which is as cheap as possible."""
    layers = len(costs)
    if stages < 1 or stages > layers or min(costs) < 0:
        raise ValueError("no such cut")
    ends = [0, *accumulate(costs)]
    best, places = ends[:], []
    for stage in range(1, stages):
        after, chosen = best[:], [0] * (layers + 1)
        for stop in range(stage + 1, layers + 1):
            least = None
            for start in range(stage, stop):
                largest = max(best[start], ends[stop] - ends[start])
                if least is None or largest < least:
                    least, chosen[stop] = largest, start
            after[stop] = least
        best = after
        places.append(chosen)
    parts, stop = [], layers
    for chosen in reversed(places):
        parts.append((chosen[stop], stop))
        stop = chosen[stop]
    return [(0, stop), *reversed(parts)]


def gpipe(stages, micro_batches):
    """Return what each stage does: all forward passes first."""
    _check(stages, micro_batches)
    one = [(kind, i) for kind in "FB" for i in range(micro_batches)]
    return [list(one) for _ in range(stages)]


def one_f_one_b(stages, micro_batches):
    """Return what each stage does: backward passes as soon as possible."""
    _check(stages, micro_batches)
    lists = []
    for stage in range(stages):
        room, begun, ended, mine = min(stages - stage, micro_batches), 0, 0, []
        while ended < micro_batches:
            if begun - ended < room and begun < micro_batches:
                mine.append(("F", begun))
                begun += 1
            else:
                mine.append(("B", ended))
                ended += 1
        lists.append(mine)
    return lists


def bubble(stages, micro_batches):
    """Return the share of idle slots."""
    _check(stages, micro_batches)
    return 1 - micro_batches / (micro_batches + stages - 1)


def _check(stages, micro_batches):
    if min(stages, micro_batches) < 1:
        raise ValueError("nothing to do")
