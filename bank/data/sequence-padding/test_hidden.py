"""Hidden checks of `sequence-padding`; arrays are filled cell by cell from lists."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, performance, points, stated

NAN = np.nan
SEEDS = st.integers(0, 2**32 - 1)
WAYS = [(side, truncate) for side in ("post", "pre") for truncate in ("post", "pre")]


# ---- inside the guest ----------------------------------------------------------------------------


def pad_and_look(submission, seqs, *arguments):
    """Tell the result, and the sequences after it has been overwritten."""
    array, mask = submission.pad(seqs, *arguments)
    kept = array.copy(), mask.copy()
    array[...] = 5
    return kept, seqs


def fill_and_look(submission, x, limit):
    result = submission.ffill(x, limit)
    kept = result.copy()
    result[...] = 5
    return kept, x


# ---- the oracle ----------------------------------------------------------------------------------


def padded(seqs, side, value, max_len=None, truncate="post"):
    """Fill array and mask cell by cell."""
    length = max((len(seq) for seq in seqs), default=0) if max_len is None else max_len
    array = np.full((len(seqs), length), value, dtype=seqs[0].dtype if seqs else np.float64)
    mask = np.zeros((len(seqs), length), dtype=bool)
    for row, seq in enumerate(seqs):
        start = max(len(seq) - length, 0) if truncate == "pre" else 0
        values = [seq[place] for place in range(start, min(len(seq), start + length))]
        shift = length - len(values) if side == "pre" else 0
        for place, each in enumerate(values):
            array[row, shift + place] = each
            mask[row, shift + place] = True
    return array, mask


def filled(x, limit):
    """Go down each column."""
    result = x.copy()
    for j in range(x.shape[1]):
        last, age = NAN, 0
        for i in range(len(x)):
            if not math.isnan(x[i, j]):
                last, age = x[i, j], 0
            else:
                age += 1
                if limit is None or age <= limit:
                    result[i, j] = last
    return result


def draw_sequences(rng, number, dtype, longest=7):
    return [rng.integers(-3, 4, size=rng.integers(0, longest)).astype(dtype) for _ in range(number)]


# ---- padding -------------------------------------------------------------------------------------


@points(4, group="padding", group_zh="填充")
@stated("result", "side", "truncate", "mask", "unchanged")
@contract("the definition itself for both sides, both ends and every width")
@hint(en="On which side does a sequence stand, and at which end is it cut?", zh="序列靠哪一侧？从哪一端截断？")
@given(seed=SEEDS, number=st.integers(1, 6))
@settings(max_examples=10)
def test_every_cell(solution, seed, number):
    rng = np.random.default_rng(seed)
    for dtype in (np.int64, np.float64):
        seqs = [*draw_sequences(rng, number, dtype), np.arange(5).astype(dtype)]
        for side, truncate in WAYS:
            for max_len in (None, 0, 1, 3, 9):
                result, after = solution.run(pad_and_look, seqs, side, -1, max_len, truncate)
                assert_equal(result, padded(seqs, side, -1, max_len, truncate))
                assert_equal(after, seqs)


@points(2, group="padding", group_zh="填充")
@stated("mask", "side")
@hint(en="Can a value be told from the padding by looking at it?", zh="光看数值能区分真实值和填充吗？")
def test_values_that_look_like_padding(solution):
    seqs = [np.array([0.0, NAN, 0.0]), np.array([NAN]), np.zeros(0), np.array([NAN, NAN, NAN, 0.0])]
    for value in (0.0, NAN, -1.5):
        for side, truncate in WAYS:
            for max_len in (None, 2, 6):
                expected = padded(seqs, side, value, max_len, truncate)
                assert_equal(solution.pad(seqs, side, value, max_len, truncate), expected)
    assert_equal(solution.pad(seqs, "pre", 1.0, 3), padded(seqs, "pre", 1.0, 3, "post"))


@points(2, group="padding", group_zh="填充")
@stated("result")
@hint(en="Up to which number are floats exact?", zh="浮点数到多大为止还是精确的？")
def test_dtypes_are_kept(solution):
    for dtype, value in (
        (np.int8, -128),
        (np.uint8, 255),
        (np.int64, 2**62 + 1),
        (np.float32, 0.1),
        (np.float16, NAN),
        (np.uint64, 0),
    ):
        top = 2 if dtype in (np.float16, np.float32) else np.iinfo(dtype).max
        seqs = [np.array([top, 1, top], dtype=dtype), np.array([top], dtype=dtype)]
        for each in (seqs, seqs[::-1], [seqs[0][:0]], [seqs[0][::-2], seqs[1]]):
            for side in ("post", "pre"):
                assert_equal(solution.pad(each, side, value), padded(each, side, value))


@points(1, group="corner cases", group_zh="边界情形")
@stated("result", "truncate")
@hint(en="What is the longest of no sequences?", zh="没有序列时，最长的是多少？")
def test_nothing_to_pad(solution):
    none = np.zeros(0, dtype=np.float32)
    for seqs in ([], [none], [none, none, none]):
        for max_len in (None, 0, 2):
            for side, truncate in WAYS:
                assert_equal(
                    solution.pad(seqs, side, 3.0, max_len, truncate), padded(seqs, side, 3.0, max_len, truncate)
                )


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("pad-errors", "limit")
@hint(en="Which words and numbers have no meaning here?", zh="哪些词和数在这里没有意义？")
def test_what_makes_no_sense_is_refused(solution):
    seqs = [np.array([1, 2]), np.array([3, 4])]
    mixed = [np.array([1, 2]), np.array([3.0, 4.0])]
    for each, *arguments in (
        (seqs, "left", 0, None, "post"),
        (seqs, "", 0, 2, "post"),
        (seqs, "post", 0, None, "end"),
        (seqs, "post", 0, 2, "Pre"),
        (seqs, "pre", 0, -1, "post"),
        (mixed, "pre", 0, None, "post"),
        (mixed[::-1], "post", 0, None, "pre"),
        ([seqs[0], seqs[1].astype(np.int32)], "post", 0, None, "pre"),
        ([], "both", 0, None, "post"),
        ([], "post", 0, None, "both"),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.pad(each, *arguments)
    for limit in (-1, -3):
        for x in (np.ones((2, 2)), np.full((3, 1), NAN)):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.ffill(x, limit)
    assert_equal(solution.pad(seqs, "pre", 0, 0), padded(seqs, "pre", 0, 0))
    assert_equal(solution.ffill(np.ones((2, 2)), 0), np.ones((2, 2)))


# ---- forward fill --------------------------------------------------------------------------------


@points(4, group="forward fill", group_zh="前向填补")
@stated("ffill", "leading", "limit", "unchanged")
@hint(en="How long ago was the last observation of this column?", zh="这一列上一次观测是多久以前？")
@given(seed=SEEDS, rows=st.integers(1, 10))
@settings(max_examples=20)
def test_gaps_hold_the_last_observation(solution, seed, rows):
    rng = np.random.default_rng(seed)
    for dtype in (np.float64, np.float32):
        x = rng.normal(size=(rows, 4)).astype(dtype)
        x[rng.random(x.shape) < 0.6] = NAN
        for limit in (None, 0, 1, 2, 50):
            result, after = solution.run(fill_and_look, x, limit)
            assert_equal(result, filled(x, limit))
            assert_equal(after, x)


@points(1, group="forward fill", group_zh="前向填补")
@stated("ffill", "leading", "limit")
@hint(en="Is infinity missing? Is a filled cell an observation?", zh="无穷大算缺失吗？填上的单元算观测吗？")
def test_long_gaps_and_strange_columns(solution):
    columns = [
        [NAN, NAN, 2.0, NAN, NAN, NAN, NAN, 3.0, NAN],
        [np.inf, NAN, NAN, -np.inf, NAN, NAN, NAN, NAN, NAN],
        [NAN] * 9,
        [0.0, NAN, -0.0, NAN, NAN, 0.0, NAN, NAN, 1e308],
    ]
    x = np.array(columns).T
    for table in (x, x[:, ::-1], x[::-1], x[:0], x[:, :0], x[:1]):
        for limit in (None, 0, 1, 2, 3, 8):
            assert_equal(solution.ffill(table, limit), filled(table, limit))


# ---- speed ---------------------------------------------------------------------------------------


@performance(points=2, of="ffill", group="speed", group_zh="速度", at_least=3.0, times_faster_than="row_by_row")
@stated("speed")
def many_rows(rng):
    x = rng.normal(size=(20000, 8))
    x[rng.random(x.shape) < 0.5] = NAN
    return (x,), {}
