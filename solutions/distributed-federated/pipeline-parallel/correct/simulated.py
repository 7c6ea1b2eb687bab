"""Probes one bound after the other, bit by bit; the schedules come out of a simulation."""


def split(costs: list[int], stages: int) -> list[tuple[int, int]]:
    """Cut the layers into stages, the most expensive of which is as cheap as possible."""
    if stages < 1 or stages > len(costs):
        raise ValueError("wrong number of stages")
    if any(cost < 0 for cost in costs):
        raise ValueError("a layer earns something")
    bound = max(costs) - 1
    step = 1 << max(sum(costs), 1).bit_length()
    while step:
        if len(_fill(costs, bound + step)) > stages:
            bound += step
        step >>= 1
    parts = _fill(costs, bound + 1)
    while len(parts) < stages:
        widest = max(range(len(parts)), key=lambda i: parts[i][1] - parts[i][0])
        start, stop = parts[widest]
        parts[widest : widest + 1] = [(start, stop - 1), (stop - 1, stop)]
    return parts


def _fill(costs, bound):
    parts, start, total = [], 0, 0
    for layer, cost in enumerate(costs):
        if total + cost > bound and layer > start:
            parts.append((start, layer))
            start, total = layer, 0
        total += cost
    return [*parts, (start, len(costs))]


def gpipe(stages: int, micro_batches: int) -> list[list[tuple[str, int]]]:
    """Return what each stage does: all forward passes first."""
    return _simulate(stages, micro_batches, lambda stage: micro_batches, backward_first=False)


def one_f_one_b(stages: int, micro_batches: int) -> list[list[tuple[str, int]]]:
    """Return what each stage does: backward passes as soon as possible."""
    return _simulate(stages, micro_batches, lambda stage: stages - stage, backward_first=True)


def _simulate(stages, micro_batches, room, *, backward_first):
    """Let every stage do in each slot what it can; backward passes wait for all forward ones unless they go first."""
    if stages <= 0 or micro_batches <= 0:
        raise ValueError("a pipeline needs stages and micro-batches")
    lists = [[] for _ in range(stages)]
    begun, ended = [0] * stages, [0] * stages
    while ended[0] < micro_batches:
        actions = []
        for s in range(stages):
            arrived = micro_batches if s == 0 else begun[s - 1]
            returned = begun[s] if s == stages - 1 else ended[s + 1]
            forward = begun[s] < arrived and begun[s] - ended[s] < room(s)
            backward = ended[s] < min(returned, begun[s]) and (backward_first or begun[s] == micro_batches)
            if backward or forward:
                actions.append((s, "B" if backward else "F"))
        for s, kind in actions:
            count = ended if kind == "B" else begun
            lists[s].append((kind, count[s]))
            count[s] += 1
    return lists


def bubble(stages: int, micro_batches: int) -> float:
    """Return the share of idle slots."""
    if stages <= 0 or micro_batches <= 0:
        raise ValueError("a pipeline needs stages and micro-batches")
    slots = 2 * (micro_batches + stages - 1)
    return 1.0 - 2.0 * micro_batches / slots
