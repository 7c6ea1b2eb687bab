"""Hidden checks of `lstm-forecast`; expectations are scalar loops over one series, and numbers that torch gave."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
RTOL = {np.float64: 1e-9, np.float32: 1e-5}


# ---- inside the guest ----------------------------------------------------------------------------


def run_then_overwrite(submission, x, layers, h0, c0, lengths):
    """Tell the results, and the arguments after all results were overwritten."""
    out, (h, c) = submission.lstm(x, layers, h0, c0, lengths)
    kept = out.copy(), h.copy(), c.copy()
    for array in (out, h, c):
        array[...] = 7.0
    return kept, (x, layers, h0, c0, lengths)


def pick_then_overwrite(submission, out, lengths):
    """Tell the result, and the arguments after it was overwritten."""
    picked = submission.last_valid(out, lengths)
    kept = picked.copy()
    picked[...] = 7.0
    return kept, out, lengths


# ---- the oracle ----------------------------------------------------------------------------------


def logistic(z):
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def one_step(z, layer, h, c):
    """Take one step of one layer in one series, cell by cell."""
    size = len(h)

    def total(row):
        weights_ih, weights_hh = layer["weight_ih"][row].tolist(), layer["weight_hh"][row].tolist()
        below = sum(w * value for w, value in zip(weights_ih, z, strict=True))
        before = sum(w * value for w, value in zip(weights_hh, h, strict=True))
        return below + before + float(layer["bias_ih"][row]) + float(layer["bias_hh"][row])

    cells = [
        logistic(total(size + k)) * c[k] + logistic(total(k)) * math.tanh(total(2 * size + k)) for k in range(size)
    ]
    return [logistic(total(3 * size + k)) * math.tanh(cells[k]) for k in range(size)], cells


def one_series(rows, layers, h, c):
    """Go through the valid steps of one series."""
    outputs = []
    for row in rows:
        below = row
        for k, layer in enumerate(layers):
            h[k], c[k] = one_step(below, layer, h[k], c[k])
            below = h[k]
        outputs.append(below)
    return outputs, h, c


def expected(x, layers, h0=None, c0=None, lengths=None):
    """Go through the series one at a time."""
    size = layers[0]["weight_hh"].shape[1]
    out = np.zeros((*x.shape[:2], size), dtype=x.dtype)
    h, c = (np.zeros((len(layers), len(x), size), dtype=x.dtype) if s is None else s.copy() for s in (h0, c0))
    for b, series in enumerate(x.astype(np.float64).tolist()):
        length = len(series) if lengths is None else int(lengths[b])
        rows, *ends = one_series(series[:length], layers, h[:, b].tolist(), c[:, b].tolist())
        out[b, :length] = np.array(rows).reshape(length, size)
        h[:, b], c[:, b] = ends
    return out, (h, c)


def draw_layers(rng, number, features, size, dtype=np.float64, scale=0.8):
    return [
        {
            "weight_ih": rng.normal(0, scale, (4 * size, size if k else features)).astype(dtype),
            "weight_hh": rng.normal(0, scale, (4 * size, size)).astype(dtype),
            "bias_ih": rng.normal(0, scale, 4 * size).astype(dtype),
            "bias_hh": rng.normal(0, scale, 4 * size).astype(dtype),
        }
        for k in range(number)
    ]


def draw(seed, number=2, batch=3, steps=4, features=2, size=3, dtype=np.float64):
    """Draw layers, series and states."""
    rng = np.random.default_rng(seed)
    layers = draw_layers(rng, number, features, size, dtype)
    x = rng.normal(0, 1, (batch, steps, features)).astype(dtype)
    return x, layers, *(rng.normal(0, 0.7, (number, batch, size)).astype(dtype) for _ in "hc")


def wave(shape, step):
    return np.sin(1.0 + step * np.arange(math.prod(shape))).reshape(shape)


# ---- the checks: LSTM ----------------------------------------------------------------------------


@points(3, group="cells", group_zh="单元")
@stated("layers", "cell", "x", "tolerance")
@contract("numbers that torch.nn.LSTM gave with these weights, so that the suite's own loops are not the only judge")
@hint(en="In which order do the gates come, and which of them is a tanh?", zh="各个门的次序如何？哪一个用 tanh？")
def test_numbers_of_another_library(solution):
    layers = []
    for k, features in ((0, 2), (1, 3)):
        shapes = {"weight_ih": (12, features), "weight_hh": (12, 3), "bias_ih": (12,), "bias_hh": (12,)}
        layers.append({name: wave(shape, 0.7 + j + 0.3 * k) for j, (name, shape) in enumerate(shapes.items())})
    out, (h, c) = solution.lstm(wave((2, 4, 2), 2.3), layers, wave((2, 2, 3), 1.9), wave((2, 2, 3), 2.9))
    last = [[-0.05770172182695919, -0.037031853449610255, 0.6324686730204703]]
    last += [[-0.06963670403985545, -0.03752877359957403, 0.6854626229053902]]
    assert_close(out[:, -1], np.array(last), rtol=1e-9)
    first = [-0.42658377431387734, 0.19743316162140725, -0.21017996878049247]
    assert_close(h[0, 0], np.array(first), rtol=1e-9)
    assert_close(c[1, 1], np.array([-0.13521978249543137, -0.06820405284148787, 1.0452357717161482]), rtol=1e-9)
    assert_close(out[1, 0], np.array([0.5388399055349236, -0.2938456260550138, 0.7790315841181764]), rtol=1e-9)


@points(4, group="cells", group_zh="单元")
@stated("cell", "layers", "start", "returned", "dtype", "tolerance")
@hint(en="Follow one series through one cell on paper.", zh="在纸上让一条序列走过一个单元。")
@given(seed=SEEDS)
@settings(max_examples=6)
def test_states_and_outputs(solution, seed):
    for dtype in (np.float64, np.float32):
        for number, batch, steps in ((1, 2, 3), (2, 3, 2), (3, 1, 2)):
            x, layers, h0, c0 = draw(seed, number, batch, steps, dtype=dtype)
            for start in ((h0, c0), (None, None), (h0, None), (None, c0)):
                assert_close(solution.lstm(x, layers, *start), expected(x, layers, *start), rtol=RTOL[dtype])


@points(2, group="cells", group_zh="单元")
@stated("large")
@hint(en="What is exp of ten thousand, and what is infinity by infinity?", zh="exp(10000) 是多少？无穷大除以无穷大呢？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_large_sums_stay_finite(solution, seed):
    x, layers, h0, c0 = draw(seed, 2, 2, 3)
    layers[0]["bias_ih"][:] = np.resize([9000.0, -9000.0, 700.0, -700.0, 40.0], 12)
    assert_close(solution.lstm(x, layers, h0, c0), expected(x, layers, h0, c0), rtol=1e-9)


@points(2, group="carrying on", group_zh="接续状态")
@stated("start", "returned")
@contract("the law that states are for: a series in two parts is the series")
@hint(en="What has to be known to go on where a run stopped?", zh="要从中断处继续，需要知道什么？")
@given(seed=SEEDS, first=st.integers(0, 5))
@settings(max_examples=10)
def test_two_runs_are_one(solution, seed, first):
    x, layers, h0, c0 = draw(seed, steps=5)
    out, states = solution.lstm(x, layers, h0, c0)
    early, between = solution.lstm(x[:, :first], layers, h0, c0)
    late, end = solution.lstm(x[:, first:], layers, *between)
    assert_close(np.concatenate([early, late], axis=1), out, rtol=1e-9)
    assert_close(end, states, rtol=1e-9)
    assert_close(out, expected(x, layers, h0, c0)[0], rtol=1e-9)


@points(3, group="padding", group_zh="填充")
@stated("lengths", "padding", "returned", "x")
@hint(en="What do padded steps do to the states, and what to the outputs?", zh="填充的步会怎样影响状态？怎样影响输出？")
@given(seed=SEEDS)
@settings(max_examples=6)
def test_padding_never_matters(solution, seed):
    x, layers, h0, c0 = draw(seed, batch=5, steps=4)
    lengths = np.array([2, 0, 4, 1, 3])
    wanted = expected(x, layers, h0, c0, lengths)
    for noise in (0.0, 1e9, np.nan, np.inf):
        x[np.arange(4) >= lengths[:, None]] = noise
        for order in ([0, 1, 2, 3, 4], [4, 1, 3, 0, 2]):
            out, (h, c) = solution.lstm(x[order], layers, h0[:, order], c0[:, order], lengths[order])
            assert_close(out, wanted[0][order], rtol=1e-9)
            assert_close((h, c), tuple(state[:, order] for state in wanted[1]), rtol=1e-9)


@points(1, group="edges", group_zh="边界情况")
@stated("x", "returned", "padding")
@contract("no series and no steps are what the last batch of a loader, or the first part of a stream, may hold")
@hint(en="What comes back where nothing is read?", zh="什么都没读入时返回什么？")
def test_nothing_to_read(solution):
    for batch, steps in ((0, 3), (2, 0), (0, 0), (1, 1)):
        for dtype in (np.float64, np.float32):
            x, layers, h0, c0 = draw(5, 2, batch, steps, dtype=dtype)
            for start in ((h0, c0), (None, None)):
                for lengths in (None, np.full(batch, steps)):
                    wanted = expected(x, layers, *start, lengths)
                    assert_close(solution.lstm(x, layers, *start, lengths), wanted, rtol=RTOL[dtype])
            assert_equal(
                solution.last_valid(np.ones((batch, steps, 3), dtype), np.zeros(batch, int)),
                np.zeros((batch, 3), dtype),
            )


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("lstm-errors", "last-errors")
@hint(en="What does NumPy broadcast in silence?", zh="NumPy 会悄悄广播什么？")
def test_what_does_not_fit_is_refused(solution):
    x, layers, h0, c0 = draw(6)
    odd = [(x[0], layers), (x[None], layers), (x, [])]
    odd += [(x, layers, bad) for bad in (h0[:, :1], h0[:1], h0[0], h0[:, :, :1], h0[:, 0])]
    odd += [(x, layers, None, bad) for bad in (c0[:, :1], c0[:1], c0[:, :, :1])]
    lengths = [[1, 2], [1, 2, 3, 4], [[1], [2], [3]], [1, 2, 5], [-1, 2, 3], [2]]
    odd += [(x, layers, h0, c0, np.array(bad)) for bad in lengths]
    for arguments in odd:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.lstm(*arguments)
    for bad in lengths:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.last_valid(x, np.array(bad))
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.last_valid(x[0], np.array([1, 2, 3, 1]))


@points(1, group="independence", group_zh="结果独立于输入")
@stated("independence")
@hint(en="Where do the states come from if there is no step?", zh="一步都没有时，返回的状态从哪里来？")
def test_nothing_is_shared(solution):
    for steps in (0, 1, 4):
        x, layers, h0, c0 = draw(7, steps=steps)
        lengths = np.array([steps, 0, steps // 2])
        kept, after = solution.run(run_then_overwrite, x, layers, h0, c0, lengths)
        out, states = expected(x, layers, h0, c0, lengths)
        assert_close(kept, (out, *states), rtol=1e-9)
        assert_equal(after, (x, layers, h0, c0, lengths))


@performance(
    points=2, of="lstm", group="speed", group_zh="速度", at_least=4.0, times_faster_than="one_series_at_a_time"
)
@stated("speed")
def many_series(rng):
    return (rng.normal(size=(100, 20, 4)), draw_layers(rng, 1, 4, 8)), {}


# ---- the checks: last valid ----------------------------------------------------------------------


@points(3, group="last valid", group_zh="最后有效输出")
@stated("last-valid", "dtype")
@hint(en="Which row does an index of -1 pick?", zh="下标 -1 选中的是哪一行？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_the_last_valid_row(solution, seed):
    rng = np.random.default_rng(seed)
    for dtype in (np.float64, np.float32):
        out, lengths = rng.normal(size=(6, 4, 3)).astype(dtype), np.array([4, 0, 1, 3, 2, 3])
        wanted = [[0.0] * 3 if n == 0 else rows[n - 1] for rows, n in zip(out.tolist(), lengths.tolist(), strict=True)]
        for noise in (1e9, np.nan, np.inf):
            out[np.arange(4) >= lengths[:, None]] = noise
            for part in (slice(None), slice(2, 5), slice(1, 2)):
                assert_equal(
                    solution.last_valid(out[part], lengths[part]), np.array(wanted, dtype=dtype).reshape(6, 3)[part]
                )
