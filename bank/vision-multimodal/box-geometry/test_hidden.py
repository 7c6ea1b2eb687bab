"""Hidden checks of `box-geometry`; each box is expected by itself, coordinate by coordinate."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
DTYPES = (np.float64, np.float32)
SIDES = st.integers(5, 60)


# ---- the oracle: one box after the other ---------------------------------------------------------


def expected_deltas(boxes, anchors):
    rows = []
    for (x1, y1, x2, y2), (u1, v1, u2, v2) in zip(boxes.tolist(), anchors.tolist(), strict=True):
        wide, high = u2 - u1, v2 - v1
        rows.append(((x1 + x2 - u1 - u2) / 2 / wide, (y1 + y2 - v1 - v2) / 2 / high))
        rows[-1] += (math.log(x2 - x1) - math.log(wide), math.log(y2 - y1) - math.log(high))
    return np.array(rows).reshape(-1, 4)


def expected_boxes(deltas, anchors, limit):
    rows = []
    for delta, (u1, v1, u2, v2) in zip(deltas.tolist(), anchors.tolist(), strict=True):
        axes = []
        for low, high, move, growth in ((u1, u2, delta[0], delta[2]), (v1, v2, delta[1], delta[3])):
            half = (high - low) * math.exp(min(max(growth, -limit), limit)) / 2
            middle = (low + high) / 2 + move * (high - low)
            axes.append((middle - half, middle + half))
        rows.append([axes[0][0], axes[1][0], axes[0][1], axes[1][1]])
    return np.array(rows).reshape(-1, 4)


def axes_of(size, short, crop):
    """Return for x and y the exact factor and where the crop begins."""
    height, width = size
    new = [side * short // min(size) for side in (width, height)]
    return [(Fraction(to, old), (to - crop) // 2) for to, old in zip(new, (width, height), strict=True)] * 2


def expected_crop(boxes, size, short, crop, min_area):
    axes, rows, keep = axes_of(size, short, crop), [], []
    for i, box in enumerate(boxes.tolist()):
        moved = [Fraction(c) * factor - begin for c, (factor, begin) in zip(box, axes, strict=True)]
        x1, y1, x2, y2 = (min(max(c, Fraction(0)), Fraction(crop)) for c in moved)
        if (x2 - x1) * (y2 - y1) >= Fraction(min_area):
            rows.append([float(c) for c in (x1, y1, x2, y2)])
            keep.append(i)
    return np.array(rows).reshape(-1, 4), np.array(keep, dtype=np.int64)


def expected_original(boxes, size, short, crop):
    axes = axes_of(size, short, crop)
    rows = [[float((Fraction(c) + b) / f) for c, (f, b) in zip(box, axes, strict=True)] for box in boxes.tolist()]
    return np.array(rows).reshape(-1, 4)


def draw_boxes(seed, count, reach=(40.0, 70.0), dtype=np.float64):
    """Draw boxes that begin anywhere from -10 to `reach` (y and x differ)."""
    rng = np.random.default_rng(seed)
    corner = rng.uniform(-10.0, reach[::-1], size=(count, 2))
    extent = rng.uniform(1.0, 40.0, size=(count, 2)) * [1.0, 0.7]
    return np.concatenate([corner, corner + extent], axis=1).astype(dtype)


# ---- the checks ----------------------------------------------------------------------------------


@points(3, group="anchors", group_zh="锚框")
@stated("encode", "arrays", "tolerance")
@hint(en="By what is a step to the right divided, and by what one downwards?", zh="向右的位移除以什么？向下的呢？")
@given(seed=SEEDS, count=st.integers(1, 5))
@settings(max_examples=10)
def test_deltas_box_by_box(solution, seed, count):
    for one, other, rows in product(DTYPES, DTYPES, (0, count)):
        boxes, anchors = draw_boxes(seed, rows, dtype=one), draw_boxes(seed + 1, rows, dtype=other)
        assert_close(solution.encode(boxes, anchors), expected_deltas(boxes, anchors))


@points(3, group="anchors", group_zh="锚框")
@stated("decode", "limit", "arrays", "tolerance")
@hint(en="Where is the corner of a box whose centre is known?", zh="知道框的中心，角在哪里？")
@given(seed=SEEDS, count=st.integers(1, 5), limit=st.floats(0.2, 3.0))
@settings(max_examples=10)
def test_boxes_delta_by_delta(solution, seed, count, limit):
    for one, other, rows in product(DTYPES, DTYPES, (0, count)):
        deltas = np.random.default_rng(seed).normal(0, 2, size=(rows, 4)).astype(one)
        anchors = draw_boxes(seed, rows, dtype=other)
        assert_close(solution.decode(deltas, anchors, limit), expected_boxes(deltas, anchors, limit))


@points(1, group="anchors", group_zh="锚框")
@stated("decode", "encode")
@contract("what the pair is good for: what was encoded is decoded, wherever the two are and in any unit of length")
@hint(en="Is one function the inverse of the other?", zh="一个函数是另一个的逆吗？")
@given(seed=SEEDS, scale=st.floats(0.01, 100), shift=st.floats(-50, 50))
@settings(max_examples=10)
def test_what_was_encoded_is_decoded(solution, seed, scale, shift):
    boxes, anchors = draw_boxes(seed, 4), draw_boxes(seed + 1, 4)
    deltas = solution.encode(boxes, anchors)
    assert_close(solution.decode(deltas, anchors, 10.0), boxes)
    assert_close(solution.encode(boxes * scale + shift, anchors * scale + shift), deltas, rtol=1e-8)


@points(2, group="anchors", group_zh="锚框")
@stated("limit", "decode")
@hint(en="What is the exponential of a million, and of minus a million?", zh="一百万的指数是多少？负一百万的呢？")
def test_huge_deltas_give_boxes_of_a_limited_size(solution):
    anchors = np.tile([[10.0, -20.0, 14.0, -17.0]], (6, 1))
    huge = np.array(
        [[0, 0, 1e6, -1e6], [9, -8, -1e6, 1e6], [50, 1, 1e30, 1], [0, -70, 0, 800], [0, 0, -800, -0.5], [1, 1, 3, -3]]
    )
    for limit in (0.5, 2.0, 4.0):
        boxes = solution.decode(huge, anchors, limit)
        assert_close(boxes, expected_boxes(huge, anchors, limit))
        assert (boxes[:, :2] < boxes[:, 2:]).all()


@points(4, group="into the crop", group_zh="进入裁剪区域")
@stated("mapping", "clip", "keep", "arrays")
@contract("the definition itself for images of any shape; the other checks of it use round numbers")
@hint(
    en="First the factor, then the shift, then the clip: along which axis how much?",
    zh="先缩放，再平移，最后裁剪：每个轴各是多少？",
)
@given(seed=SEEDS, height=SIDES, width=SIDES, short=st.integers(4, 50), margin=st.integers(0, 20))
@settings(max_examples=20)
def test_boxes_move_with_their_image(solution, seed, height, width, short, margin):
    size, crop = (height, width), max(short - margin, 2)
    for dtype in DTYPES:
        boxes = draw_boxes(seed, 8, size, dtype)
        told = solution.to_crop(boxes, size, short, crop, 1.7)
        assert_close(told, expected_crop(boxes, size, short, crop, 1.7))


@points(2, group="into the crop", group_zh="进入裁剪区域")
@stated("keep", "clip", "mapping")
@hint(en="Which area is compared, and what if it is equal?", zh="比较的是哪块面积？恰好相等时呢？")
def test_what_is_left_decides(solution):
    boxes = np.array(
        [
            [0, 0, 100, 100],
            [20, 10, 24, 14],
            [36, 10, 50, 14],
            [37, 10, 50, 14],
            [-50, -50, 9, 60],
            [10, 25, 14, 33],
            [8, -9, 9, 99],
            [20, 10, 20, 14],
            [45, 10, 60, 20],
            [10, 4, 12, 8],
        ],
        dtype=np.float64,
    )
    # twice as small, cut out from column 4 and row 0 on
    for min_area in (4.0, 4.0001, 1.0, 0.001, 1000.0):
        told = solution.to_crop(boxes, (32, 48), 16, 16, min_area)
        assert_close(told, expected_crop(boxes, (32, 48), 16, 16, min_area))
    assert_equal(solution.to_crop(boxes, (32, 48), 16, 16, 4.0)[1].tolist(), [0, 1, 2, 4, 5, 6])
    turned = solution.to_crop(boxes[::-1], (32, 48), 16, 16, 4.0)
    assert_equal(turned[1].tolist(), [3, 4, 5, 7, 8, 9])
    assert_equal(solution.to_crop(boxes[7:9], (32, 48), 16, 16, 0.001), (np.zeros((0, 4)), np.zeros(0, dtype=np.int64)))


@points(3, group="back to the image", group_zh="回到原图")
@stated("original", "mapping", "arrays", "tolerance")
@hint(en="In which coordinates does the user expect boxes?", zh="用户期望框用哪种坐标？")
@given(seed=SEEDS, height=SIDES, width=SIDES, short=st.integers(4, 50), margin=st.integers(0, 20))
@settings(max_examples=20)
def test_boxes_in_the_coordinates_of_the_image(solution, seed, height, width, short, margin):
    size, crop = (height, width), max(short - margin, 2)
    for dtype, count in product(DTYPES, (0, 5)):
        boxes = draw_boxes(seed, count, (crop, crop), dtype)
        assert_close(solution.to_original(boxes, size, short, crop), expected_original(boxes, size, short, crop))
        for small in (((1, 7), 3, 1), ((6, 1), 1, 1)):
            assert_close(solution.to_original(boxes, *small), expected_original(boxes, *small))


@points(1, group="back to the image", group_zh="回到原图")
@stated("original", "mapping", "keep")
@contract("there and back again: a box inside the crop comes home, as does its index")
@hint(en="Which step of the way in cannot be undone?", zh="进入时的哪一步无法还原？")
@given(seed=SEEDS, wide=st.integers(30, 60))
@settings(max_examples=10)
def test_boxes_inside_the_crop_come_home(solution, seed, wide):
    rng = np.random.default_rng(seed)
    corner = rng.uniform(2.0, 8.0, size=(4, 2))
    inside = np.concatenate([corner, corner + rng.uniform(1.5, 5.0, size=(4, 2))], axis=1)
    for size in ((37, wide), (wide, 31)):
        boxes = solution.to_original(inside, size, 21, 14)
        told, keep = solution.to_crop(boxes, size, 21, 14, 1.0)
        assert_close(told, inside)
        assert_equal(keep.tolist(), [0, 1, 2, 3])


@points(1, group="into the crop", group_zh="进入裁剪区域")
@stated("keep", "arrays")
@hint(en="What dtype has an array made of an empty list?", zh="由空列表得到的数组是什么 dtype？")
def test_no_boxes_at_all(solution):
    for dtype in DTYPES:
        nothing = np.zeros((0, 4), dtype)
        expected = (np.zeros((0, 4)), np.zeros(0, dtype=np.int64))
        assert_equal(solution.to_crop(nothing, (20, 30), 10, 8, 1.0), expected)


def misshapen(boxes):
    """Return arrays of which no row is a box."""
    wide = np.concatenate([boxes, boxes[:, :1]], axis=1)
    broken = []
    for place, junk in product(range(4), (math.nan, math.inf, -math.inf)):
        broken.append(boxes.copy())
        broken[-1][1, place] = junk
    return [boxes[0], boxes[:, :3], wide, boxes[None], boxes[:, :0], np.zeros((0, 3)), np.zeros(0), *broken]


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("coding-errors")
@hint(en="What can neither be divided by nor be the argument of a logarithm?", zh="什么不能做除数，也不能取对数？")
def test_what_cannot_be_coded_is_refused(solution):
    boxes, deltas = draw_boxes(5, 3), np.full((3, 4), 0.3)
    calls = []
    for bad in misshapen(boxes):
        calls += [(solution.encode, (bad, boxes)), (solution.encode, (boxes, bad)), (solution.encode, (bad, bad))]
        calls += [
            (solution.decode, (bad, boxes, 2.0)),
            (solution.decode, (deltas, bad, 2.0)),
            (solution.decode, (bad, bad, 2.0)),
        ]
    for bad in (boxes[:, [2, 1, 0, 3]], boxes[:, [0, 3, 2, 1]], boxes[:, [0, 1, 0, 3]], boxes[:, [0, 1, 2, 1]]):
        mixed = np.concatenate([boxes[:2], bad[2:]])
        calls += [
            (solution.encode, (mixed, boxes)),
            (solution.encode, (boxes, mixed)),
            (solution.decode, (deltas, mixed, 2.0)),
        ]
    calls += [(solution.encode, (boxes[:1], boxes)), (solution.encode, (boxes, boxes[:2]))]
    calls += [(solution.decode, (deltas[:1], boxes, 2.0)), (solution.decode, (deltas, boxes[:1], 2.0))]
    calls += [(solution.decode, (deltas, boxes, limit)) for limit in (0.0, -1.0, math.nan)]
    for function, arguments in calls:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            function(*arguments)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("crop-errors")
@hint(en="Which crops and which boxes are there none of?", zh="哪些裁剪、哪些框不存在？")
def test_what_cannot_be_cropped_is_refused(solution):
    boxes = draw_boxes(6, 3)
    calls = [(bad, (30, 40), 20, 10) for bad in misshapen(boxes)]
    calls += [(boxes, size, 20, 10) for size in ((0, 40), (30, 0), (-3, 40), (30, -4), (0, 0))]
    calls += [
        (boxes, (30, 40), short, crop)
        for short, crop in ((20, 21), (20, 0), (20, -1), (0, 0), (-5, -6), (0, 1), (20, 25))
    ]
    for arguments in calls:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.to_original(*arguments)
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.to_crop(*arguments, 1.0)
    bad = [(boxes[:, order], 1.0) for order in ([2, 1, 0, 3], [0, 3, 2, 1])]
    bad += [(boxes, area) for area in (0.0, -1.0, math.nan)]
    for wrong, min_area in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.to_crop(wrong, (30, 40), 20, 10, min_area)
    flat = np.array([[3.0, 4.0, 3.0, 9.0], [3.0, 9.0, 8.0, 9.0], [1.0, 2.0, 30.0, 25.0]])
    assert_equal(solution.to_crop(flat, (30, 40), 20, 10, 1.0)[1].tolist(), [2])


def transform_and_look(module, boxes, anchors, deltas):
    """Call all four; return what came out, and the arguments afterwards."""
    told = (
        module.encode(boxes, anchors),
        module.decode(deltas, anchors, 2.0),
        module.to_crop(boxes, (50, 80), 30, 20, 1.0),
        module.to_original(boxes, (50, 80), 30, 20),
    )
    return told, [boxes, anchors, deltas]


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("unchanged")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution):
    for dtype in DTYPES:
        arguments = [draw_boxes(7, 4, dtype=dtype), draw_boxes(8, 4, dtype=dtype), np.full((4, 4), 3.0, dtype)]
        boxes, anchors, deltas = arguments
        told, after = solution.run(transform_and_look, *arguments)
        image = ((50, 80), 30, 20)
        expected = (expected_deltas(boxes, anchors), expected_boxes(deltas, anchors, 2.0))
        assert_close(told, (*expected, expected_crop(boxes, *image, 1.0), expected_original(boxes, *image)))
        assert_equal(after, arguments)
