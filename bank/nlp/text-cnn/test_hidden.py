"""Hidden checks of `text-cnn`; expectations come from sums of Python floats over one window after the other."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
SIZE = st.integers(1, 4)
FLOATS = st.sampled_from([np.float32, np.float64])
JUNK = [math.nan, math.inf, -math.inf, 1e30]


# ---- the oracle: window after window, number after number ---------------------------------------


def expected(emb, mask, W, b):
    width, size, filters = W.shape
    rows = []
    for text, real in zip(emb.astype(np.float64).tolist(), mask.tolist(), strict=True):
        windows = [t for t in range(len(text) - width + 1) if all(real[t : t + width])]
        places = [(k, e) for k in range(width) for e in range(size)]
        answers = [
            [float(b[c]) + math.fsum(text[t + k][e] * float(W[k, e, c]) for k, e in places) for t in windows]
            for c in range(filters)
        ]
        rows.append([max([0.0, *values]) for values in answers])
    return np.array(rows).astype(emb.dtype)


def draw(seed, batch=3, steps=7, size=2, width=3, filters=4, dtype=np.float64, real=0.8):
    """Draw embeddings, a mask, filters and biases."""
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(0, 1, shape) for shape in ((batch, steps, size), (width, size, filters), (filters,))]
    emb, W, b = (array.astype(dtype) for array in arrays)
    return emb, rng.random((batch, steps)) < real, W, b


def texts_of(lengths, steps, left):
    """Give a mask of texts that stand behind `left` positions of padding."""
    places = np.arange(steps)
    return np.array([(places >= left) & (places < left + length) for length in lengths])


# ---- the checks --------------------------------------------------------------------------------


@points(4, group="values", group_zh="数值")
@stated("window", "maximum", "tolerance")
@contract("the definition itself without padding, for all sizes and in both precisions")
@hint(
    en="One filter, two windows on paper: which number of W meets which token?",
    zh="用纸笔算一个滤波器、两个窗口：W 中的哪个数对应哪个词元？",
)
@given(
    seed=SEEDS,
    batch=SIZE,
    steps=st.integers(1, 7),
    size=SIZE,
    width=SIZE,
    filters=SIZE,
    dtype=FLOATS,
)
@settings(max_examples=20, deadline=None)
def test_values_without_padding(solution, seed, batch, steps, size, width, filters, dtype):
    emb, mask, W, b = draw(seed, batch, max(steps, width), size, width, filters, dtype, real=1.0)
    assert_close(solution.text_cnn(emb, mask, W, b), expected(emb, mask, W, b))


@points(3, group="padding", group_zh="填充")
@stated("inside", "mask", "maximum")
@contract("the definition with padding anywhere in a text; the checks of content and dtype use simpler masks")
@hint(en="Can a window with padding in it win?", zh="含有填充的窗口会不会胜出？")
@given(seed=SEEDS, width=st.integers(1, 3), bias=st.sampled_from([-1.0, 0.0, 3.0]))
@settings(max_examples=15, deadline=None)
def test_windows_with_padding_do_not_count(solution, seed, width, bias):
    emb, mask, W, b = draw(seed, batch=4, steps=9, width=width)
    mask[0], mask[1] = texts_of([4, 6], 9, 0)
    mask[2:, 4:7] = True
    emb = np.where(mask[:, :, None], emb, 0.0)
    assert_close(solution.text_cnn(emb, mask, W, b + bias), expected(emb, mask, W, b + bias))


@points(2, group="padding", group_zh="填充")
@stated("content")
@hint(en="What is NaN times zero?", zh="NaN 乘以零等于多少？")
@given(seed=SEEDS, content=st.sampled_from(JUNK), width=st.integers(1, 3), dtype=FLOATS)
@settings(max_examples=8, deadline=None)
def test_what_stands_at_padding_never_matters(solution, seed, content, width, dtype):
    emb, mask, W, b = draw(seed, width=width, dtype=dtype)
    mask[:] = texts_of([7, 5, 3], 7, 0)
    mask[0, 3] = False
    dirty = np.where(mask[:, :, None], emb, dtype(content))
    assert_close(solution.text_cnn(dirty, mask, W, b), expected(emb, mask, W, b))


@points(2, group="short texts", group_zh="短文本")
@stated("short", "inside")
@hint(en="What is the maximum of nothing?", zh="什么都没有时，最大值是什么？")
@given(seed=SEEDS, width=st.integers(2, 5), lengths=st.lists(st.integers(0, 5), min_size=1, max_size=4))
@settings(max_examples=12, deadline=None)
def test_texts_shorter_than_a_window(solution, seed, width, lengths):
    emb, _, W, b = draw(seed, batch=len(lengths), steps=5, width=width)
    mask = texts_of(lengths, 5, 0)
    assert_close(solution.text_cnn(emb, mask, W, np.abs(b)), expected(emb, mask, W, np.abs(b)))


@points(1, group="short texts", group_zh="短文本")
@stated("short", "maximum")
@hint(en="How many windows has an array that is shorter than one?", zh="比一个窗口还短的数组有多少个窗口？")
@given(seed=SEEDS, steps=st.integers(1, 3), more=st.integers(1, 3), dtype=FLOATS)
@settings(max_examples=6, deadline=None)
def test_arrays_shorter_than_a_window(solution, seed, steps, more, dtype):
    emb, mask, W, b = draw(seed, steps=steps, width=steps + more, dtype=dtype, real=1.0)
    assert_equal(solution.text_cnn(emb, mask, W, np.abs(b)), np.zeros((3, 4), dtype=dtype))


@points(1, group="dtypes", group_zh="数据类型")
@stated("mask", "maximum", "tolerance")
@hint(en="What dtype comes out when two dtypes meet?", zh="两种 dtype 相遇，得到哪一种？")
@given(seed=SEEDS, dtype=FLOATS)
@settings(max_examples=4, deadline=None)
def test_masks_of_every_dtype(solution, seed, dtype):
    emb, _, W, b = draw(seed, dtype=dtype)
    mask = texts_of([4, 6, 3], 7, 1)
    for kind in (np.bool_, np.int64, np.float32, np.float64):
        assert_close(solution.text_cnn(emb, mask.astype(kind), W, b), expected(emb, mask, W, b))


@points(2, group="laws", group_zh="规律")
@stated("content", "maximum", "window", "inside")
@contract("what every such network obeys: shifts within padding, order of filters and texts, a text alone")
@hint(en="Does a text know where in the array it stands?", zh="文本的结果会不会取决于它在数组中的位置？")
@given(seed=SEEDS, left=st.integers(0, 3), right=st.integers(0, 3))
@settings(max_examples=6, deadline=None)
def test_laws_of_windows(solution, seed, left, right):
    rng = np.random.default_rng(seed)
    emb, mask, W, b = draw(seed, real=1.0)
    answer = solution.text_cnn(emb, mask, W, b)
    place = [(0, 0), (left, right)]
    moved = np.pad(emb, [*place, (0, 0)], constant_values=5.0), np.pad(mask, place)
    order, texts = rng.permutation(4), rng.permutation(3)
    result = solution.text_cnn(moved[0][texts], moved[1][texts], W[:, :, order], b[order])
    assert_close(result, answer[texts][:, order])
    assert_close(solution.text_cnn(emb[1:2], mask[1:2], W, b), answer[1:2], atol=1e-10)
    shorter = solution.text_cnn(emb[:, :5], mask[:, :5], W, b)
    assert (shorter <= answer + 1e-9).all()


def compute_and_look(module, emb, mask, W, b):
    """Give the shape of the result, and the arguments after the call."""
    return module.text_cnn(emb, mask, W, b).shape, emb, mask, W, b


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("inputs")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution, rng):
    emb, mask, W, b = draw(int(rng.integers(2**32)))
    mask[1] = False
    emb[1] = np.nan
    for kind in (np.bool_, np.float64):
        arguments = (emb, mask.astype(kind), W, b)
        assert_equal(solution.run(compute_and_look, *arguments), ((3, 4), *arguments))


@performance(
    points=1,
    of="text_cnn",
    group="speed",
    group_zh="速度",
    at_least=4.0,
    times_faster_than="window_after_window",
)
@stated("speed")
def many_windows(rng):
    arrays = [rng.normal(size=shape) for shape in ((16, 200, 8), (3, 8, 8), (8,))]
    return (arrays[0], rng.random((16, 200)) < 0.97, *arrays[1:]), {}
