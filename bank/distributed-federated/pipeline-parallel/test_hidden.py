"""Hidden checks of `pipeline-parallel`; cuts are compared with all there are, schedules are played slot by slot."""

import random
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SIZES = st.integers(1, 6)
BATCHES = st.integers(1, 9)


# ---- the oracle ----------------------------------------------------------------------------------


def best_bound(costs, stages):
    """Try every cut."""
    best = None
    for cuts in combinations(range(1, len(costs)), stages - 1):
        ends = [0, *cuts, len(costs)]
        largest = max(sum(costs[a:b]) for a, b in pairwise(ends))
        best = largest if best is None else min(best, largest)
    return best


def largest_stage(parts, layers, stages, costs):
    """Check that the parts are stages, and return the cost of the largest."""
    assert isinstance(parts, list)
    assert len(parts) == stages
    assert all(isinstance(part, tuple) and [type(end) for end in part] == [int, int] for part in parts)
    assert all(start < stop for start, stop in parts)
    assert [parts[0][0], *(stop for _, stop in parts)] == [*(start for start, _ in parts), layers]
    assert parts[0][0] == 0
    return max(sum(costs[start:stop]) for start, stop in parts)


def needs(stage, stages, kind, batch):
    """Return what must be done before an operation, as pairs of stage and operation."""
    if kind == "F":
        return [(stage - 1, ("F", batch))] if stage else []
    return [(stage, ("F", batch)), *([(stage + 1, ("B", batch))] if stage + 1 < stages else [])]


def play(lists, stages, batches):
    """Play a schedule; return the number of slots, and the most micro-batches in flight on each stage."""
    everything = sorted((kind, batch) for kind in "BF" for batch in range(batches))
    assert isinstance(lists, list)
    assert len(lists) == stages
    assert all(isinstance(each, list) and sorted(each) == everything for each in lists)
    done, slots, flying, most = set(), 0, [0] * stages, [0] * stages
    waiting = [list(each) for each in lists]
    while any(waiting):
        ready = [
            stage
            for stage, rest in enumerate(waiting)
            if rest and all(need in done for need in needs(stage, stages, *rest[0]))
        ]
        assert ready, f"nothing can go on after {slots} slots"
        for stage in ready:
            operation = waiting[stage].pop(0)
            done.add((stage, operation))
            flying[stage] += 1 if operation[0] == "F" else -1
            most[stage] = max(most[stage], flying[stage])
        slots += 1
    return slots, most


# ---- the cut --------------------------------------------------------------------------------------


def split_each_way(module, costs):
    """Return the cut into one stage, into two, and so on."""
    return [module.split(costs, stages) for stages in range(1, len(costs) + 1)]


@points(4, group="the cut", group_zh="切分")
@stated("split", "contiguous", "smallest")
@hint(en="For a given bound, how many stages are needed?", zh="给定一个上界，需要多少级？")
@given(seed=st.integers(0, 2**32 - 1), layers=st.integers(1, 8))
@settings(max_examples=15)
def test_no_cut_is_better(solution, seed, layers):
    drawn = random.Random(seed).choices(range(31), k=layers)
    # squares would put another cut first
    for costs in (drawn, [24, 24, 8, 7, 8, 3, 25, 19], [22, 15, 10, 3, 6, 20, 10]):
        for stages, parts in enumerate(solution.run(split_each_way, costs), start=1):
            assert largest_stage(parts, len(costs), stages, costs) == best_bound(costs, stages)


@points(2, group="the cut", group_zh="切分")
@stated("contiguous", "smallest")
@contract("the layers for which a greedy cut leaves stages empty, each time and not by chance")
@hint(
    en="What if fewer stages would do, or some layers cost nothing?",
    zh="如果用不着那么多级，或有些层没有代价呢？",
)
def test_every_stage_has_a_layer(solution):
    for costs in ([90, 1, 1, 1], [1, 1, 1, 90], [0] * 5, [0, 0, 7, 0, 0], [5], [0], [3] * 6, [1, 90, 90, 1, 1, 1]):
        for stages in range(1, len(costs) + 1):
            found = largest_stage(solution.split(costs, stages), len(costs), stages, costs)
            assert found == best_bound(costs, stages)


@points(2, group="the cut", group_zh="切分")
@stated("exact", "split")
@hint(en="Up to which number are floats exact?", zh="浮点数到多大为止还是精确的？")
@given(
    costs=st.lists(st.integers(10**18 - 50, 10**18) | st.integers(0, 3), min_size=4, max_size=7),
    stages=st.integers(2, 4),
)
@settings(max_examples=10)
def test_large_costs_are_added_up_exactly(solution, costs, stages):
    # where float64 would put the cut elsewhere
    near = [[10**18 - below for below in each] for each in ([17, 2, 1, 23, 29, 20, 24], [10, 35, 11, 15, 14, 1, 11])]
    for layers, count in ((costs, stages), *((each, 3) for each in near)):
        found = largest_stage(solution.split(layers, count), len(layers), count, layers)
        assert found == best_bound(layers, count)


def split_and_look(module, costs, stages):
    return len(module.split(costs, stages)), costs


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("split-errors", "unchanged")
@hint(en="Which layers can be cut into how many stages?", zh="哪些层能切成多少级？")
def test_what_cannot_be_cut_is_refused(solution):
    for costs, stages in (([1, 2], 3), ([1, 2], 0), ([1, 2], -1), ([], 1), ([], 0), ([3, -1, 2], 2), ([-5], 1)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.split(costs, stages)
    costs = [9, 2, 7, 7, 1, 3]
    assert_equal(solution.run(split_and_look, costs, 3), (3, costs))


# ---- schedules ------------------------------------------------------------------------------------


@points(3, group="schedules", group_zh="调度")
@stated("operations", "slots", "makespan", "gpipe")
@hint(en="What does a stage wait for, and for how long?", zh="每一级要等什么，等多久？")
@given(stages=SIZES, batches=BATCHES)
@settings(max_examples=25)
def test_forward_passes_first(solution, stages, batches):
    lists = solution.gpipe(stages, batches)
    slots, _ = play(lists, stages, batches)
    assert slots == 2 * (batches + stages - 1)
    for each in lists:
        assert [kind for kind, _ in each] == ["F"] * batches + ["B"] * batches


@points(5, group="schedules", group_zh="调度")
@stated("operations", "slots", "makespan", "in-flight")
@hint(
    en="How many micro-batches must a stage begin before the first one comes back to it?",
    zh="在第一个微批次返回之前，一级必须先开始多少个微批次？",
)
@given(stages=SIZES, batches=BATCHES)
@settings(max_examples=30)
def test_backward_passes_as_soon_as_possible(solution, stages, batches):
    slots, most = play(solution.one_f_one_b(stages, batches), stages, batches)
    assert slots == 2 * (batches + stages - 1)
    assert all(flying <= min(batches, stages - stage) for stage, flying in enumerate(most))


@points(2, group="idle time", group_zh="空闲时间")
@stated("bubble")
@hint(en="Idle slots of all stages, divided by what?", zh="所有级的空闲时隙数，除以什么？")
@given(stages=st.integers(1, 200), batches=st.integers(1, 200))
@settings(max_examples=20)
def test_the_share_of_idle_slots(solution, stages, batches):
    slots = stages * 2 * (batches + stages - 1)
    assert_close(solution.bubble(stages, batches), (slots - stages * 2 * batches) / slots, rtol=1e-12)


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("schedule-errors")
@hint(en="Is there a pipeline without stages?", zh="有没有一级都没有的流水线？")
def test_pipelines_without_stages_or_batches_are_refused(solution):
    for function in (solution.gpipe, solution.one_f_one_b, solution.bubble):
        for stages, batches in ((0, 1), (1, 0), (0, 0), (-1, 3), (3, -1)):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                function(stages, batches)


@points(1, group="idle time", group_zh="空闲时间")
@stated("makespan", "slots", "bubble", "operations")
@contract("all three parts together: the idle slots of both schedules, counted, are the share that was computed")
@hint(en="Count the slots in which a stage does nothing.", zh="数一数每一级什么也没做的时隙。")
@given(stages=SIZES, batches=BATCHES)
@settings(max_examples=8)
def test_the_idle_slots_are_those_of_the_schedules(solution, stages, batches):
    share = solution.bubble(stages, batches)
    for lists in (solution.gpipe(stages, batches), solution.one_f_one_b(stages, batches)):
        slots, _ = play(lists, stages, batches)
        assert_close(1 - sum(map(len, lists)) / (stages * slots), share, rtol=1e-3, atol=1e-3)


@performance(
    points=2, of="split", group="speed", group_zh="速度", at_least=4.0, times_faster_than="every_place_for_every_cut"
)
@stated("speed")
def many_layers(rng):
    # stages of equal cost, so that there is one best cut only
    blocks = rng.integers(1, 1000, size=(6, 49)).tolist()
    return ([cost for block in blocks for cost in (*block, 10**5 - sum(block))], 6), {}
