"""Hidden checks of `iou-nms`; overlaps are exact fractions, boxes are suppressed pair by pair."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
COUNTS = st.integers(0, 5)
DTYPES = (np.float64, np.float32)


# ---- the oracle ----------------------------------------------------------------------------------


def length(low, high):
    return max(Fraction(0), high - low)


def overlap(one, other):
    """Return the exact IoU of two boxes, given as lists of floats."""
    one, other = [[Fraction(value) for value in box] for box in (one, other)]
    both = [max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])]
    area = [length(box[0], box[2]) * length(box[1], box[3]) for box in (one, other, both)]
    return area[2] / (area[0] + area[1] - area[2]) if area[2] else Fraction(0)


def expected_iou(a, b):
    rows = [[float(overlap(one, other)) for other in b.tolist()] for one in a.tolist()]
    return np.array(rows, dtype=np.float64).reshape(len(a), len(b))


def expected_nms(boxes, scores, labels, thr):
    boxes, labels = boxes.tolist(), labels.tolist()
    kept = []
    for i in sorted(range(len(boxes)), key=lambda index: (-float(scores[index]), index)):
        if all(labels[i] != labels[j] or overlap(boxes[i], boxes[j]) <= thr for j in kept):
            kept.append(i)
    return np.array(kept, dtype=np.int64)


def draw_boxes(rng, count, dtype=np.float64, spread=6.0):
    """Draw boxes around the origin, most of which overlap; sizes differ along the axes."""
    corner = rng.uniform(-spread, spread, size=(count, 2))
    size = rng.uniform(0.5, 8.0, size=(count, 2)) * [1.0, 1.7]
    return np.concatenate([corner, corner + size], axis=1).astype(dtype)


def told(kept):
    """Return the indices as a list; they are to be an int64 array of one axis."""
    assert kept.dtype == np.int64
    assert kept.ndim == 1
    return kept.tolist()


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="overlap", group_zh="交并比")
@stated("boxes", "iou", "tolerance")
@hint(en="How wide is a box from 2 to 5? In which precision?", zh="从 2 到 5 的框有多宽？用什么精度计算？")
@given(seed=SEEDS, n=COUNTS, m=COUNTS)
@settings(max_examples=15)
def test_overlaps_of_all_pairs(solution, seed, n, m):
    rng = np.random.default_rng(seed)
    for first, second in product(DTYPES, DTYPES):
        a, b = draw_boxes(rng, n + 1, first), draw_boxes(rng, m + 1, second)
        assert_close(solution.iou_matrix(a, b), expected_iou(a, b))
        assert_close(solution.iou_matrix(a[:0], b), np.zeros((0, m + 1)))
        assert_close(solution.iou_matrix(a, b[:0]), np.zeros((n + 1, 0)))


@points(2, group="overlap", group_zh="交并比")
@stated("no-area", "boxes")
@hint(en="What is zero divided by zero?", zh="零除以零等于多少？")
def test_boxes_that_touch_and_boxes_without_area(solution):
    box = [[0.0, 0.0, 2.0, 3.0]]
    touching = [[2, 0, 4, 3], [0, 3, 2, 5], [-1, -1, 0, 0], [2, 3, 3, 4], [5, 5, 7, 8], [-4, 1, -3, 2], [1, 9, 2, 12]]
    flat = [[1, 1, 1, 1], [1, 0, 1, 3], [0, 1, 2, 1], [9, 9, 9, 9], [0, 0, 0, 0]]
    others = np.array([*touching, *flat], dtype=np.float64)
    assert_equal(solution.iou_matrix(np.array(box), others), np.zeros((1, len(others))))
    for part in (others[len(touching) :], np.zeros((3, 4))):
        assert_equal(solution.iou_matrix(part, part), np.zeros((len(part), len(part))))
    inside = np.array([[0.5, 1.0, 1.0, 2.5], [0.0, 0.0, 1.0, 3.0]])
    assert_close(solution.iou_matrix(inside, np.array(box)), np.array([[0.125], [0.5]]))


@points(1, group="overlap", group_zh="交并比")
@stated("iou")
@contract("what IoU is good for: symmetric, 1 with itself, blind to where things are and to the unit of length")
@hint(en="Does the overlap depend on where the origin is?", zh="重叠程度取决于原点在哪里吗？")
@given(seed=SEEDS, scale=st.floats(1e-3, 1e3), shift=st.floats(-50, 50))
@settings(max_examples=10)
def test_laws_of_overlaps(solution, seed, scale, shift):
    rng = np.random.default_rng(seed)
    a, b = draw_boxes(rng, 4), draw_boxes(rng, 3)
    result = solution.iou_matrix(a, b)
    assert_close(solution.iou_matrix(b, a), result.T)
    assert_close(solution.iou_matrix(a * scale + shift, b * scale + shift), result, rtol=1e-7)
    assert_equal(np.diagonal(solution.iou_matrix(a, a)).tolist(), [1.0] * 4)
    assert ((result >= 0) & (result <= 1)).all()


@points(4, group="suppression", group_zh="抑制")
@stated("nms", "result", "classes")
@hint(en="Who suppresses whom, and in which order?", zh="谁抑制谁？按什么顺序？")
@given(seed=SEEDS, count=st.integers(2, 12), thr=st.floats(0.05, 0.6), classes=st.integers(1, 3))
@settings(max_examples=20)
def test_boxes_are_kept_from_the_best_on(solution, seed, count, thr, classes):
    rng = np.random.default_rng(seed)
    for dtype in DTYPES:
        boxes, scores = draw_boxes(rng, count, dtype), rng.normal(size=count).astype(dtype)
        labels = rng.integers(-1, classes - 1, size=count)
        assert_equal(solution.nms(boxes, scores, labels, thr), expected_nms(boxes, scores, labels, thr))


@points(2, group="suppression", group_zh="抑制")
@stated("nms")
@contract("a chain of overlaps, where the answer can be seen on paper; drawn boxes rarely make one")
@hint(en="May a box that is gone suppress another one?", zh="已经被去掉的框还能抑制别的框吗？")
def test_who_is_gone_suppresses_nothing(solution):
    chain = np.array([[float(i), 0.0, i + 4.0, 1.0] for i in range(7)])
    scores, labels = np.arange(7.0)[::-1], np.zeros(7, dtype=np.int64)
    for order in (np.arange(7), np.array([3, 6, 0, 2, 5, 1, 4])):
        kept = told(solution.nms(chain[order], scores[order], labels, 0.4))
        assert_equal(order[kept].tolist(), [0, 2, 4, 6])


@points(2, group="ties and the threshold", group_zh="并列与阈值")
@stated("ties", "threshold")
@hint(en="Equal scores, an overlap equal to the threshold: who decides?", zh="分数相同、重叠恰好等于阈值时，由谁决定？")
def test_equal_scores_and_equal_overlaps(solution):
    half = np.array([[0.0, 0.0, 3.0, 1.0], [1.0, 0.0, 4.0, 1.0]] * 10)
    scores, labels = np.full(20, -0.5), np.zeros(20, dtype=np.int64)
    assert_equal(told(solution.nms(half, scores, labels, 0.5)), [0, 1])
    assert_equal(told(solution.nms(half, scores, labels, 0.49)), [0])
    assert_equal(told(solution.nms(half, scores, labels, 1.0)), list(range(20)))
    assert_equal(told(solution.nms(half[::-1], scores.astype(np.float32), labels, 0.25)), [0])
    mixed = np.array([1.0, 2.0, 2.0, 1.0, 2.0] * 4)
    order = [i for wanted in (2.0, 1.0) for i in range(20) if mixed[i] == wanted]
    assert_equal(told(solution.nms(half, mixed, labels, 1.0)), order)
    apart = np.array([[0.0, 0.0, 1.0, 1.0], [1.0, 0.0, 2.0, 1.0]])
    assert_equal(told(solution.nms(apart, scores[:2], labels[:2], 0.0)), [0, 1])


@points(2, group="classes", group_zh="类别")
@stated("classes")
@hint(en="Is a label a number to calculate with?", zh="类别标签是用来计算的数吗？")
def test_labels_of_any_size_and_boxes_anywhere(solution):
    limit = 2**63 - 1
    labels = np.array([limit, limit - 1, -limit - 1, -limit, 2**53, 2**53 + 1, 0, 1, -1])
    same = np.tile([[-3.0, -2.0, 4.0, 5.0]], (9, 1))
    scores = np.linspace(1.0, 2.0, 9)
    assert_equal(told(solution.nms(same, scores, labels, 0.1)), list(range(8, -1, -1)))
    small = np.array([0, 1, 2, 0, 1, 2, 3, -1, -2])
    for corner in (0.0, -2e3, 1e6):
        far = np.array([[corner + 5.0 * k, -k * 5.0, corner + 5.0 * k + 4, 6.0 - 5 * k] for k in small])
        far[3:6, 2:] += 0.5
        assert_equal(told(solution.nms(far, scores, small, 0.5)), [8, 7, 6, 5, 4, 3])
        assert_equal(told(solution.nms(far[:6] * 0 + [0, 0, 7, 7], scores[:6], small[:6], 0.5)), [5, 4, 3])
    apart = np.array([[-30.0, -30.0, -20.0, -20.0], [-20.0, -20.0, -10.0, -10.0], [5.0, 5.0, 10.0, 10.0]])
    assert_equal(told(solution.nms(apart, scores[:3], np.array([1, 0, 2]), 0.5)), [2, 1, 0])


@points(1, group="suppression", group_zh="抑制")
@stated("nms", "threshold", "result")
@contract("what suppression is: doing it again changes nothing, what is gone was covered, the rest is apart")
@hint(en="What is left to do when all has been done?", zh="处理完之后再处理一遍，还会有什么变化？")
@given(seed=SEEDS, thr=st.floats(0.05, 0.6))
@settings(max_examples=10)
def test_laws_of_suppression(solution, seed, thr):
    rng = np.random.default_rng(seed)
    boxes, scores, labels = draw_boxes(rng, 15), rng.permutation(15) / 7, rng.integers(0, 2, size=15)
    kept = told(solution.nms(boxes, scores, labels, thr))
    assert_equal(told(solution.nms(boxes[kept], scores[kept], labels[kept], thr)), list(range(len(kept))))
    table = expected_iou(boxes, boxes) * (labels[:, None] == labels)
    for i in range(15):
        assert any(table[i, j] > thr and scores[j] > scores[i] for j in kept) == (i not in kept)


@points(1, group="empty input", group_zh="空输入")
@stated("result", "boxes", "iou")
@hint(en="What dtype has an array made of an empty list?", zh="由空列表得到的数组是什么 dtype？")
def test_no_boxes_at_all(solution):
    nothing = np.zeros((0, 4))
    assert_equal(solution.iou_matrix(nothing, nothing), np.zeros((0, 0)))
    labels = np.zeros(0, dtype=np.int64)
    for dtype in DTYPES:
        assert_equal(solution.nms(nothing.astype(dtype), np.zeros(0, dtype), labels, 0.5), labels)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors", "boxes")
@hint(en="Which boxes are none?", zh="什么样的框不是框？")
def test_what_is_no_box_is_refused(solution):
    box, labels, scores = np.array([[0.0, 0.0, 2.0, 3.0]] * 2), np.array([1, 1]), np.array([0.5, 0.2])
    bad = [box[0], box[:, :3], np.zeros((2, 5)), np.zeros((1, 2, 4)), np.zeros(0), np.zeros((4, 2)), np.zeros((0, 3))]
    bad += [box[:, [2, 1, 0, 3]], box[:, [0, 3, 2, 1]], box - [[0, 0, 0, 0], [0, 0, 2.5, 0]]]
    for place, junk in product(range(4), (math.nan, math.inf, -math.inf)):
        broken = box.copy()
        broken[1, place] = junk
        bad.append(broken)
    bad.append(np.full((2, 4), math.inf))
    for boxes in bad:
        for function, arguments in (
            (solution.iou_matrix, (boxes, box)),
            (solution.iou_matrix, (box, boxes)),
            (solution.nms, (boxes, scores, labels, 0.5)),
        ):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                function(*arguments)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="What must be as long as what?", zh="哪些数组的长度必须一致？")
def test_scores_labels_and_thresholds_that_do_not_fit_are_refused(solution):
    box, labels, scores = np.array([[0.0, 0.0, 2.0, 3.0]] * 2), np.array([1, 1]), np.array([0.5, 0.2])
    bad = [(box, scores[:1], labels, 0.5), (box, scores, labels[:1], 0.5), (box[:1], scores, labels, 0.5)]
    bad += [(box, scores[:, None], labels, 0.5), (box, scores, labels[:, None], 0.5)]
    bad += [(box, scores, np.array([1, 1, 1]), 0.5), (box, np.array([1.0, 2.0, 3.0]), labels, 0.5)]
    bad += [(box, np.array([0.5, junk]), labels, 0.5) for junk in (math.nan, math.inf, -math.inf)]
    bad += [(box, scores, labels, thr) for thr in (-0.001, 1.001, math.nan)]
    bad += [(box[:0], scores[:0], labels[:0], 2.0), (box[:1], scores[:1], labels[:1], -1.0)]
    for arguments in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.nms(*arguments)


def suppress_and_look(module, boxes, scores, labels):
    """Return what was found, and the arguments after the calls."""
    return module.nms(boxes, scores, labels, 0.3), module.iou_matrix(boxes, boxes).shape, boxes, scores, labels


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("unchanged")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution, rng):
    for dtype in DTYPES:
        arguments = (draw_boxes(rng, 8, dtype), rng.normal(size=8).astype(dtype), rng.integers(0, 2, size=8))
        kept, shape, *after = solution.run(suppress_and_look, *arguments)
        assert_equal(kept, expected_nms(*arguments, 0.3))
        assert_equal(shape, (8, 8))
        assert_equal(tuple(after), arguments)


@performance(points=2, of="nms", group="speed", group_zh="速度", at_least=3.0, times_faster_than="pair_by_pair")
@stated("speed")
def many_boxes(rng):
    boxes = draw_boxes(rng, 400, spread=150.0)
    return (boxes, rng.normal(size=400), np.zeros(400, dtype=np.int64), 0.3), {}
