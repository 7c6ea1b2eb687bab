"""Hidden checks of `fedavg`; expectations are exact fractions, entry by entry, and plain loops."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)


def exact_mean(arrays, counts):
    """Return the weighted mean, without rounding until the end."""
    total = sum(counts)
    entries = zip(*(array.ravel().tolist() for array in arrays), strict=True)
    means = [
        float(sum(count * Fraction(value) for count, value in zip(counts, values, strict=True)) / total)
        for values in entries
    ]
    return np.array(means, dtype=np.float64).reshape(arrays[0].shape).astype(arrays[0].dtype)


def draw_states(rng, clients):
    """Draw states of two float entries, held by every client in an order of its own."""
    states = []
    for _ in range(clients):
        entries = [("layer.weight", rng.normal(3, 10, size=(3, 2))), ("layer.bias", rng.normal(size=3))]
        states.append(dict(entries[:: rng.choice([1, -1])]))
    return states


def draw_clients(rng, sizes, width=3):
    return [(rng.normal(size=(size, width)), rng.normal(2, 1, size=size)) for size in sizes]


def descended(weight, x, y, lr, steps):
    """Take the steps of one client, one row and one coordinate at a time."""
    weight = [float(value) for value in weight]
    for _ in range(steps):
        slope = [0.0] * len(weight)
        for row, target in zip(x.tolist(), y.tolist(), strict=True):
            error = sum(a * b for a, b in zip(row, weight, strict=True)) - target
            slope = [s + 2 * error * a / len(y) for s, a in zip(slope, row, strict=True)]
        weight = [w - lr * s for w, s in zip(weight, slope, strict=True)]
    return np.array(weight)


@points(3, group="weighted mean", group_zh="加权平均")
@stated("float-entries", "names", "tolerance")
@contract("the definition itself on plain numbers; the checks of its corner cases would leave it unsaid")
@hint(en="By what is each client's share of the mean decided?", zh="每个客户端在平均中所占的份额由什么决定？")
@given(seed=SEEDS, counts=st.lists(st.integers(1, 50), min_size=2, max_size=5))
@settings(max_examples=25)
def test_float_entries_are_the_mean_weighted_by_counts(solution, seed, counts):
    states = draw_states(np.random.default_rng(seed), len(counts))
    expected = {name: exact_mean([state[name] for state in states], counts) for name in states[0]}
    assert_close(solution.fedavg(states, counts), expected)


@points(2, group="weighted mean", group_zh="加权平均")
@stated("float-entries", "counts", "tolerance")
@hint(
    en="Only the ratios of the counts matter, however large they are.",
    zh="只有样本数的比例重要，无论数值多大。",
)
@given(
    seed=SEEDS,
    counts=st.lists(st.integers(1, 9), min_size=1, max_size=4),
    factor=st.integers(2, 3) | st.integers(10**10, 10**11),
)
@settings(max_examples=15)
def test_order_scale_and_repetition_of_clients_change_nothing(solution, seed, counts, factor):
    rng = np.random.default_rng(seed)
    states = draw_states(rng, len(counts))
    result = solution.fedavg(states, counts)
    assert result
    order = rng.permutation(len(counts)).tolist()
    assert_close(solution.fedavg([states[i] for i in order], [counts[i] for i in order]), result)
    assert_close(solution.fedavg(states, [count * factor for count in counts]), result)
    assert_close(solution.fedavg(states * 3, counts * 3), result)


@points(2, group="numerical care", group_zh="数值稳健性")
@stated("float-entries", "tolerance")
@hint(en="What happens to 1e307 times a count?", zh="1e307 乘以样本数会怎样？")
@given(seed=SEEDS, counts=st.lists(st.integers(1, 1000), min_size=2, max_size=6))
@settings(max_examples=15)
def test_the_mean_lies_between_smallest_and_largest_at_any_magnitude(solution, seed, counts):
    rng = np.random.default_rng(seed)
    scales = np.array([1e-300, 1.0, 9e306])
    entries = [rng.uniform(0.5, 1, size=3) * rng.choice([-1, 1], size=3) * scales for _ in counts]
    result = solution.fedavg([{"w": entry} for entry in entries], counts)["w"]
    low, high = np.min(entries, axis=0), np.max(entries, axis=0)
    slack = 1e-12 * scales
    assert result.shape == (3,)
    assert np.isfinite(result).all()
    assert (result >= low - slack).all()
    assert (result <= high + slack).all()


@points(3, group="numerical care", group_zh="数值稳健性")
@stated("float-entries", "tolerance")
@hint(
    en="In which precision do you add up, and in which do you return?",
    zh="累加时用什么精度？返回时又是什么精度？",
)
@given(seed=SEEDS, count=st.integers(1, 1000))
@settings(max_examples=15)
def test_low_precision_is_added_up_in_float64_and_kept(solution, seed, count):
    rng = np.random.default_rng(seed)
    huge = (rng.uniform(1, 9, size=4) * 1e8).astype(np.float32)
    tiny = rng.uniform(1, 9, size=4).astype(np.float32)
    states = [
        {"single": single, "half": rng.uniform(30000, 60000, size=(2, 2)).astype(np.float16)}
        for single in (huge, tiny, -huge)
    ]
    result = solution.fedavg(states, [count] * 3)
    expected = {name: exact_mean([state[name] for state in states], [1, 1, 1]) for name in states[0]}
    assert_close(result["single"], expected["single"], rtol=1e-6)
    assert_close(result["half"], expected["half"], rtol=1e-3)


@points(2, group="integers and flags", group_zh="整数与标志位")
@stated("integer-entries", "types")
@contract("the rule itself for every integer type; the other checks of it look at ties and at sharing")
@hint(
    en="Does a counter survive a trip through floating point?",
    zh="计数器转成浮点数再转回来，还是原来的值吗？",
)
@given(seed=SEEDS, counts=st.lists(st.integers(1, 50), min_size=2, max_size=5, unique=True))
@settings(max_examples=25)
def test_integers_and_flags_come_from_the_largest_client(solution, seed, counts):
    rng = np.random.default_rng(seed)
    states = [
        {
            "steps": np.array(rng.integers(2**60, 2**62)),
            "table": rng.integers(-100, 100, size=(2, 3), dtype=np.int16),
            "bytes": rng.integers(0, 256, size=4, dtype=np.uint8),
            "flags": rng.random(8) < 0.5,
        }
        for _ in counts
    ]
    assert_equal(solution.fedavg(states, counts), states[max(range(len(counts)), key=counts.__getitem__)])


@points(1, group="integers and flags", group_zh="整数与标志位")
@stated("integer-entries")
@hint(en="Several clients may hold the largest number of samples.", zh="样本数最多的客户端可能不止一个。")
def test_of_equally_large_clients_the_earliest_decides(solution):
    states = [{"steps": np.array([number, -number])} for number in (5, 6, 7)]
    for counts in ([4, 1, 4], [2, 2, 1], [3, 3, 3]):
        assert_equal(solution.fedavg(states, counts), states[0])


@points(2, group="clients without samples", group_zh="没有样本的客户端")
@stated("zero-counts")
@hint(en="What is zero times NaN?", zh="零乘以 NaN 等于多少？")
@given(seed=SEEDS, clients=st.integers(1, 3))
@settings(max_examples=20)
def test_a_client_without_samples_never_matters(solution, seed, clients):
    rng = np.random.default_rng(seed)
    states, counts = draw_states(rng, clients), rng.integers(1, 9, size=clients).tolist()
    result = solution.fedavg(states, counts)
    assert result
    place = int(rng.integers(clients + 1))
    broken = {name: rng.choice([np.nan, np.inf, -np.inf, 0.0], size=e.shape) for name, e in states[0].items()}
    widened = solution.fedavg([*states[:place], broken, *states[place:]], [*counts[:place], 0, *counts[place:]])
    assert_close(widened, result)


@points(1, group="shapes", group_zh="形状")
@stated("types", "arrays")
@hint(en="Arithmetic on a 0-dimensional array gives what type?", zh="对 0 维数组做运算，得到的是什么类型？")
def test_zero_dimensional_and_empty_arrays_keep_their_shape(solution):
    states = [
        {
            "scale": np.array(value, dtype=np.float32),
            "none": np.zeros((0, 3)),
            "nothing": np.zeros(0, dtype=np.float16),
            "one": np.full((1, 1, 1), value),
        }
        for value in (1.0, 2.0)
    ]
    expected = {name: exact_mean([state[name] for state in states], [5, 5]) for name in states[0]}
    assert_close(solution.fedavg(states, [5, 5]), expected)
    assert_equal(solution.fedavg([{}, {}], [1, 2]), {})


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="NumPy broadcasts and promotes in silence.", zh="NumPy 会悄悄地广播和提升 dtype。")
def test_states_that_do_not_fit_are_refused(solution):
    fitting = {"w": np.ones(3), "b": np.ones(2)}
    misfits = [
        {"w": np.ones(3)},
        {**fitting, "c": np.ones(1)},
        {"w": np.ones(3), "c": np.ones(2)},
        {**fitting, "w": np.ones(1)},
        {**fitting, "w": np.ones((3, 1))},
        {**fitting, "b": np.ones(2, dtype=np.float32)},
    ]
    for misfit in misfits:
        for states, counts in (([fitting, misfit], [1, 2]), ([misfit, fitting, fitting], [0, 1, 1])):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.fedavg(states, counts)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors", "round")
@hint(en="Which lists of counts make no weights?", zh="哪些样本数列表构不成权重？")
def test_counts_that_make_no_weights_are_refused(solution):
    state = {"w": np.ones(3)}
    for clients, counts in ((0, []), (2, [0, 0]), (2, [-1, 3]), (2, [2]), (2, [1, 2, 0]), (0, [1])):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.fedavg([state] * clients, counts)
    nobody = (np.zeros((0, 3)), np.zeros(0))
    for clients in ([], [nobody, nobody]):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.federated_round({"weight": np.ones(3)}, clients, 0.1, 1)


def merge_then_overwrite(module, states, counts):
    """Return the result as it was, and the inputs after everything in the result has been overwritten."""
    result = module.fedavg(states, counts)
    kept = {name: entry.copy() for name, entry in result.items()}
    for entry in result.values():
        entry[...] = 1
    return kept, states


@points(2, group="independence", group_zh="结果独立于输入")
@stated("independence")
@hint(en="Which of your arrays are new?", zh="哪些数组是真正新建的？")
@given(seed=SEEDS, counts=st.lists(st.integers(1, 9), min_size=1, max_size=3, unique=True))
@settings(max_examples=15)
def test_the_merge_shares_nothing_and_changes_no_input(solution, seed, counts):
    rng = np.random.default_rng(seed)
    states = [
        {"w": rng.normal(size=3), "h": rng.normal(size=2).astype(np.float32), "n": rng.integers(9, size=2)}
        for _ in counts
    ]
    merged, inputs = solution.run(merge_then_overwrite, states, counts)
    expected = {name: exact_mean([state[name] for state in states], counts) for name in ("w", "h")}
    assert_close(merged, {**expected, "n": states[counts.index(max(counts))]["n"]})
    assert_equal(inputs, states)


@points(3, group="federated round", group_zh="联邦轮次")
@stated("round", "clients", "tolerance")
@contract("the law that makes federated averaging right, whatever the solution does within a round")
@hint(
    en="One step of everybody is one step on all rows together.",
    zh="每个客户端各走一步，应等于在全部数据上走一步。",
)
@given(seed=SEEDS, sizes=st.lists(st.integers(1, 7), min_size=2, max_size=4, unique=True))
@settings(max_examples=20)
def test_one_local_step_is_one_step_on_all_rows(solution, seed, sizes):
    rng = np.random.default_rng(seed)
    clients = draw_clients(rng, [*sizes, 0])
    weight = rng.normal(size=3)
    x, y = (np.concatenate(parts) for parts in zip(*clients, strict=True))
    expected = {"weight": descended(weight, x, y, 0.07, 1)}
    assert_close(solution.federated_round({"weight": weight}, clients, 0.07, 1), expected)


@points(3, group="federated round", group_zh="联邦轮次")
@stated("round", "tolerance")
@contract("the definition of a round against plain loops")
@hint(en="Where does the second client start? How far does it go?", zh="第二个客户端从哪里出发，走多远？")
@given(seed=SEEDS, steps=st.integers(0, 4), clients=st.integers(1, 3))
@settings(max_examples=20)
def test_every_client_takes_all_its_steps_from_the_servers_weights(solution, seed, steps, clients):
    rng = np.random.default_rng(seed)
    data = draw_clients(rng, [5] * clients)
    weight = rng.normal(size=3)
    arrived = [descended(weight, x, y, 0.05, steps) for x, y in data]
    expected = {"weight": exact_mean(arrived, [5] * clients)}
    assert_close(solution.federated_round({"weight": weight}, data, 0.05, steps), expected)


def train_then_overwrite(module, state, clients, steps):
    """Return the result as it was, and the inputs after it has been overwritten."""
    result = module.federated_round(state, clients, 0.1, steps)
    kept = result["weight"].copy()
    result["weight"][...] = 1
    return kept, state, clients


@points(1, group="independence", group_zh="结果独立于输入")
@stated("round", "independence")
@hint(en="The server's weights are broadcast, not handed over.", zh="服务器的权重是广播出去的，而不是交出去的。")
def test_a_round_shares_nothing_and_changes_no_input(solution, rng):
    state, clients = {"weight": rng.normal(size=3)}, draw_clients(rng, [2, 3])
    shares = [2 / 5, 3 / 5]
    for steps in (0, 2):
        trained, *inputs = solution.run(train_then_overwrite, state, clients, steps)
        ends = [descended(state["weight"], x, y, 0.1, steps) for x, y in clients]
        assert_close(trained, sum(share * end for share, end in zip(shares, ends, strict=True)))
        assert_equal(inputs, [state, clients])
