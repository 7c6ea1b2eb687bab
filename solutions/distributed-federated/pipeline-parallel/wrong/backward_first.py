"""Mistake: backward passes stand before forward passes."""

from bisect import bisect_right
from itertools import accumulate, pairwise


def split(costs, stages):
    """Cut the layers into stages, the most expensive of which is as cheap as possible."""
    if not 1 <= stages <= len(costs) or min(costs) < 0:
        raise ValueError(f"cannot cut {len(costs)} layers into {stages} stages")
    ends = [0, *accumulate(costs)]
    low, high = max(costs), ends[-1]
    while low < high:
        middle = (low + high) // 2
        if _cut(ends, stages, middle)[-1] == len(costs):
            high = middle
        else:
            low = middle + 1
    return list(pairwise(_cut(ends, stages, high)))


def gpipe(stages, micro_batches):
    """Return what each stage does: all forward passes first."""
    return [each[::-1] for each in _schedule(stages, micro_batches, lambda stage: micro_batches)]


def one_f_one_b(stages, micro_batches):
    """Return what each stage does: backward passes as soon as possible."""
    return _schedule(stages, micro_batches, lambda stage: min(stages - 1 - stage, micro_batches))


def bubble(stages, micro_batches):
    """Return the share of idle slots."""
    _refuse_nothing(stages, micro_batches)
    return (stages - 1) / (micro_batches + stages - 1)


def _cut(ends, stages, bound):
    """Fill one stage after the other up to the bound, but leave a layer for each that follows."""
    cuts = [0]
    for left in reversed(range(stages)):
        reach = bisect_right(ends, ends[cuts[-1]] + bound) - 1
        cuts.append(min(reach, len(ends) - 1 - left))
    return cuts


def _schedule(stages, micro_batches, ahead_of):
    """Begin with some forward passes, alternate, and end with as many backward passes."""
    _refuse_nothing(stages, micro_batches)
    forward = [("F", i) for i in range(micro_batches)]
    backward = [("B", i) for i in range(micro_batches)]
    lists = []
    for ahead in map(ahead_of, range(stages)):
        alternating = [each for pair in zip(forward[ahead:], backward) for each in pair]
        lists.append(forward[:ahead] + alternating + backward[micro_batches - ahead :])
    return lists


def _refuse_nothing(stages, micro_batches):
    if stages < 1 or micro_batches < 1:
        raise ValueError("need a stage and a micro-batch")
