"""Hidden checks of `conv2d-numpy`; every product is visited by itself, index by index."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
SMALL = st.integers(1, 3)
SIDE = st.integers(1, 6)
CASES = (
    # images, channels, height, width, filters, kh, kw, stride, pad, dilation
    (2, 3, 5, 7, 4, 3, 2, 1, 0, 1),
    (1, 2, 6, 5, 2, 2, 3, 2, 1, 1),
    (2, 2, 7, 8, 2, 3, 3, 1, 2, 2),
    (2, 1, 8, 9, 3, 2, 2, 3, 0, 2),
    (3, 3, 4, 4, 3, 1, 1, 2, 1, 3),
    (1, 2, 3, 4, 1, 3, 4, 1, 0, 1),
    (2, 2, 2, 3, 2, 4, 3, 2, 1, 1),
)


# ---- the oracle: index by index ------------------------------------------------------------------


def size_of(side, k, stride, pad, dilation):
    """Count the places at which the stretched filter fits."""
    last = side + 2 * pad - dilation * (k - 1) - 1
    return len(range(0, last + 1, stride))


def walk(x, w, stride, pad, dilation):
    """Give all products as pairs of indices: of the result, of the filter, of the image (None in the padding)."""
    (images, channels, *sides), (filters, _, *kernel) = x.shape, w.shape
    sizes = [size_of(side, k, stride, pad, dilation) for side, k in zip(sides, kernel, strict=True)]
    for n, o, c, i, j, u, v in product(*map(range, (images, filters, channels, *sizes, *kernel))):
        row, column = i * stride + u * dilation - pad, j * stride + v * dilation - pad
        if 0 <= row < sides[0] and 0 <= column < sides[1]:
            yield (n, o, i, j), (o, c, u, v), (n, c, row, column)


def shape_of(x, w, stride, pad, dilation):
    sizes = (size_of(side, k, stride, pad, dilation) for side, k in zip(x.shape[2:], w.shape[2:], strict=True))
    return (len(x), len(w), *sizes)


def expected(x, w, b, *options):
    y = np.zeros(shape_of(x, w, *options)) + b.astype(np.float64)[:, None, None]
    for place, weight, pixel in walk(x, w, *options):
        y[place] += float(w[weight]) * float(x[pixel])
    return y.astype(x.dtype)


def expected_gradients(dy, x, w, *options):
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for place, weight, pixel in walk(x, w, *options):
        dx[pixel] += float(w[weight]) * float(dy[place])
        dw[weight] += float(x[pixel]) * float(dy[place])
    db = np.array([float(dy[:, o].astype(np.float64).sum()) for o in range(len(w))])
    return tuple(part.astype(x.dtype) for part in (dx, dw, db))


def draw(seed, case, dtype=np.float64):
    """Draw images, filters, biases, and a gradient of the result's shape."""
    rng = np.random.default_rng(seed)
    images, channels, height, width, filters, kh, kw, *options = case
    x, w = rng.normal(size=(images, channels, height, width)), rng.normal(size=(filters, channels, kh, kw))
    dy = rng.normal(size=shape_of(x, w, *options))
    return [part.astype(dtype) for part in (x, w, rng.normal(size=filters), dy)]


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="forwards", group_zh="前向")
@stated("forward", "dtype", "tolerance")
@contract("the definition of the result by itself, for all kinds of sizes and options in both precisions")
@hint(en="Which pixel meets which number of the filter?", zh="哪个像素对应滤波器中的哪个数？")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_results_index_by_index(solution, rng, dtype):
    for case in CASES:
        x, w, b, _ = draw(int(rng.integers(2**32)), case, dtype)
        assert_close(solution.conv2d(x, w, b, *case[-3:]), expected(x, w, b, *case[-3:]))


@points(4, group="backwards", group_zh="反向")
@stated("backward", "dtype", "tolerance")
@contract("the definition of the gradients by itself, for all kinds of sizes and options in both precisions")
@hint(en="To which results did a pixel contribute, and with which weight?", zh="一个像素对哪些结果有贡献？权重是多少？")
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_gradients_index_by_index(solution, rng, dtype):
    for case in CASES:
        x, w, _, dy = draw(int(rng.integers(2**32)), case, dtype)
        assert_close(solution.conv2d_backward(dy, x, w, *case[-3:]), expected_gradients(dy, x, w, *case[-3:]))


@points(2, group="forwards", group_zh="前向")
@stated("forward", "backward")
@contract("drawn sizes and options, so that no combination of them is left out for good")
@hint(en="How many places are left when the stride does not divide?", zh="步幅不能整除时，还剩多少个位置？")
@given(
    seed=SEEDS,
    sizes=st.tuples(SMALL, SMALL, SIDE, SIDE, SMALL, SMALL, SMALL),
    options=st.tuples(st.integers(1, 3), st.integers(0, 2), st.integers(1, 2)),
)
@settings(max_examples=15)
def test_sizes_and_options_of_any_kind(solution, seed, sizes, options):
    # higher and wider where the stretched filter would not fit
    need = [options[2] * (k - 1) + 1 - 2 * options[1] for k in sizes[5:]]
    sizes = (*sizes[:2], max(sizes[2], need[0]), max(sizes[3], need[1]), *sizes[4:])
    x, w, b, dy = draw(seed, (*sizes, *options))
    assert_close(solution.conv2d(x, w, b, *options), expected(x, w, b, *options))
    assert_close(solution.conv2d_backward(dy, x, w, *options), expected_gradients(dy, x, w, *options))


@points(1, group="options", group_zh="选项")
@stated("forward", "backward")
@contract("what may be left out, what is named, and what a filter of a single 1 does")
@hint(en="What are the options when nobody names them?", zh="不指定时，选项取什么值？")
def test_options_by_name_and_by_default(solution, rng):
    x, w, b, _ = draw(int(rng.integers(2**32)), (2, 2, 6, 7, 3, 2, 3, 1, 0, 1))
    for named in ({}, {"stride": 2}, {"pad": 2}, {"dilation": 2}, {"dilation": 2, "stride": 3, "pad": 1}):
        options = (named.get("stride", 1), named.get("pad", 0), named.get("dilation", 1))
        y = expected(x, w, b, *options)
        assert_close(solution.conv2d(x, w, b, **named), y)
        assert_close(solution.conv2d_backward(y, x, w, **named), expected_gradients(y, x, w, *options))
    impulse = np.zeros((2, 2, 3, 3))
    impulse[0, 0, 1, 1] = impulse[1, 1, 1, 1] = 1.0
    assert_close(solution.conv2d(x, impulse, np.zeros(2), pad=1), x)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which filters fit into no image?", zh="哪些滤波器放不进任何图像？")
def test_what_does_not_fit_is_refused(solution):
    x, w, b, _ = draw(1, (2, 3, 5, 6, 4, 3, 3, 1, 0, 1))
    bad = [(x[0], w, ()), (x, w[0], ()), (x[None], w, ()), (x, w[None], ()), (x[:, :2], w, ()), (x, w[:, :1], ())]
    bad += [(x, w, options) for options in ((0,), (-1,), (1, -1), (1, 0, 0), (1, 0, -1), (1, 0, 3), (2, 1, 4))]
    bad += [
        (x[:, :, :2], w, ()),
        (x[:, :, :, :2], w, ()),
        (x[:, :, :4], w, (1, 0, 2)),
        (x[0, 0], w, ()),
        (x, w[0, 0], ()),
    ]
    dy = np.ones((2, 4, 3, 4))
    for images, filters, options in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.conv2d(images, filters, b, *options)
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.conv2d_backward(dy, images, filters, *options)
    fitting = solution.conv2d(x[:, :, :1, :1], w, b, 1, 1, 1)
    assert_close(fitting, expected(x[:, :, :1, :1], w, b, 1, 1, 1))


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which shape must `dy` have?", zh="`dy` 必须是什么形状？")
def test_gradients_of_another_shape_are_refused(solution):
    x, w, _, dy = draw(2, (2, 3, 5, 6, 4, 3, 2, 1, 0, 1))
    larger = np.concatenate([dy, dy], axis=2)
    for bad in (
        dy[:1],
        dy[:, :1],
        dy[:, :, :1],
        dy[..., :1],
        dy[:, :, :2],
        dy[..., :4],
        larger,
        dy[0],
        dy[None],
        dy[:, :3],
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.conv2d_backward(bad, x, w)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.conv2d_backward(dy, x, w, 2)


def convolve_and_look(module, x, w, b, dy, options):
    """Return what came out, and the arguments after the calls."""
    return module.conv2d(x, w, b, *options), module.conv2d_backward(dy, x, w, *options), [x, w, b, dy]


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("unchanged")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution):
    for options in ((1, 0, 1), (2, 1, 1)):
        for dtype in (np.float64, np.float32):
            x, w, b, dy = draw(3, (2, 2, 5, 6, 3, 2, 3, *options), dtype)
            y, gradients, after = solution.run(convolve_and_look, x, w, b, dy, options)
            assert_close(y, expected(x, w, b, *options))
            assert_close(gradients, expected_gradients(dy, x, w, *options))
            assert_equal(after, [x, w, b, dy])


@performance(points=2, of="conv2d", group="speed", group_zh="速度", at_least=4.0, times_faster_than="place_by_place")
@stated("speed")
def many_places(rng):
    return (rng.normal(size=(2, 4, 20, 20)), rng.normal(size=(6, 4, 3, 3)), rng.normal(size=6), 1, 1), {}
