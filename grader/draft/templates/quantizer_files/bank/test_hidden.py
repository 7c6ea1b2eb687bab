"""The hidden suite: rows quantised number by number, ties, zeros, few bits, what is refused."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)


def row_by_hand(row, bits):
    """The oracle: codes and restored numbers of one row, as plain numbers."""
    SLOT_shorthighest
    SLOT_shortscale
    codes, restored = [], []
    for value in row:
        SLOT_shortround
        codes.append(int(code))
        restored.append(back)
    return codes, restored


def by_hand(weights, bits):
    rows = [row_by_hand(row, bits) for row in weights.double().tolist()]
    codes = torch.tensor([codes for codes, _ in rows], dtype=torch.int8).reshape(weights.shape)
    restored = torch.tensor([restored for _, restored in rows], dtype=torch.float64).reshape(weights.shape)
    return codes, restored.float()


def draw(seed, shape, dtype=torch.float32):
    source = torch.Generator().manual_seed(seed)
    sizes = 10.0 ** torch.randint(-3, 3, (shape[0], 1), generator=source)
    shift = torch.rand((shape[0], 1), generator=source) * 3 - 1.5
    return ((torch.randn(shape, generator=source) + shift) * sizes).to(dtype)


def compare(found, weights, bits):
    codes, restored = by_hand(weights, bits)
    assert_equal(found[0], codes)
    for mine, wanted in zip(found[1], restored, strict=True):
        assert_close(mine, wanted, rtol=1e-6)


@points(4, group="codes", group_zh="编码")
@stated("scales", "codes", "types", "tolerance")
@hint(
    en="How many codes are there with three bits? What is theirs alone in each row?",
    zh="三个比特有多少个编码？每行各有什么？",
)
@given(seed=SEEDS, rows=st.integers(1, 4), width=st.integers(1, 7))
@settings(max_examples=8)
def test_codes_of_every_width(solution, seed, rows, width):
    for bits in (2, 3, 4, 8):
        for dtype in (torch.float32, torch.float64, torch.float16):
            weights = draw(seed, (rows, width), dtype)
            compare(solution.SLOT_function(weights, bits), weights, bits)


@points(2, group="rounding", group_zh="取整")
@stated("rounding", "codes")
@hint(en="What is half of one, rounded? And of three?", zh="0.5 取整得多少？1.5 呢？")
def test_ties_go_to_the_even_one(solution):
    SLOT_tiescode
    compare(solution.SLOT_function(ties, bits), ties, bits)
    compare(solution.SLOT_function(-ties, bits), -ties, bits)


@points(2, group="rows of zeros", group_zh="全零的行")
@stated("zeros", "types")
@hint(en="What is zero divided by zero?", zh="零除以零等于多少？")
def test_rows_of_zeros_and_no_rows(solution):
    weights = draw(3, (3, 4))
    weights[1] = 0.0
    for bits in (4, 8):
        compare(solution.SLOT_function(weights, bits), weights, bits)
    compare(solution.SLOT_function(weights[:0], 4), weights[:0], 4)
    single = torch.tensor([[3.0], [-2.0], [0.0]])
    compare(solution.SLOT_function(single, 4), single, 4)


@points(1, group="what is refused", group_zh="拒绝的输入")
@stated("errors")
@hint(en="Which numbers have no code?", zh="什么样的数没有编码？")
def test_errors(solution):
    good = torch.ones(2, 3)
    bad = [(good, bits) for bits in (1, 9, 0, -4)] + [(good[0], 4), (good[None], 4)]
    for junk in (math.nan, math.inf, -math.inf):
        broken = good.clone()
        broken[1, 2] = junk
        bad.append((broken, 4))
    for weights, bits in bad:
        with pytest.raises(ValueError):
            solution.SLOT_function(weights, bits)


def call_and_return_argument(submission, weights):
    """Return what came out, and the argument afterwards."""
    return submission.SLOT_function(weights, 4), weights


@points(1, group="argument", group_zh="参数")
@stated("argument")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_argument_stays(solution):
    for dtype in (torch.float32, torch.float64):
        weights = draw(8, (3, 5), dtype)
        found, after = solution.run(call_and_return_argument, weights)
        compare(found, weights, 4)
        assert_equal(after, weights)
