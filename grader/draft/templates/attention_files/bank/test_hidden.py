"""The hidden suite: positions one by one, what is not seen, large scores, half precision."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
LIMITS = SLOT_goodvalues


def score(i, j, dot, limit):
    """The oracle: what position j is worth to position i, or None where it is not seen."""
    SLOT_oraclecode


def sequence_by_hand(query, key, value, limit):
    rows = []
    for i, asked in enumerate(query):
        dots = [math.fsum(a * b for a, b in zip(asked, told, strict=True)) / math.sqrt(len(asked)) for told in key]
        seen = {j: s for j, dot in enumerate(dots) if (s := score(i, j, dot, limit)) is not None}
        top = max(seen.values())
        shares = {j: math.exp(s - top) for j, s in seen.items()}
        whole = math.fsum(shares.values())
        columns = range(len(value[0]))
        rows.append([math.fsum(share * value[j][c] for j, share in shares.items()) / whole for c in columns])
    return rows


def by_hand(query, key, value, limit):
    flat = [part.double().reshape(-1, *part.shape[-2:]).tolist() for part in (query, key, value)]
    found = [sequence_by_hand(*parts, limit) for parts in zip(*flat, strict=True)]
    return torch.tensor(found, dtype=torch.float64).reshape(value.shape).to(value.dtype)


def draw(seed, leading, length, dtype=torch.float64, scale=1.0):
    source = torch.Generator().manual_seed(seed)
    parts = [torch.randn((*leading, length, width), generator=source, dtype=torch.float64) for width in (3, 3, 2)]
    return [(part * size + 0.4).to(dtype) for part, size in zip(parts, (scale, scale, 1.0), strict=True)]


@points(4, group="values", group_zh="数值")
@stated("values", "tolerance")
@contract("the plain case: each check below asks for values too, in one case of its own")
@hint(en="Whom does the first position see, and whom the last?", zh="第一个位置能看到谁？最后一个呢？")
@given(seed=SEEDS, length=st.integers(1, 6))
@settings(max_examples=6)
def test_values(solution, seed, length):
    for limit in LIMITS:
        for dtype in (torch.float64, torch.float32):
            parts = draw(seed, (), length, dtype)
            assert_close(solution.SLOT_function(*parts, limit), by_hand(*parts, limit))


@points(1, group="shapes", group_zh="形状")
@stated("shapes")
@contract("batches and nothing at all are promised, and later checks use only some of them")
@hint(en="Which axes does the last product join?", zh="最后的乘积作用于哪些轴？")
@pytest.mark.parametrize("leading", [(2,), (2, 3), (0,)])
def test_shapes(solution, leading):
    for limit in LIMITS[:3]:
        parts = draw(4, leading, 4)
        assert_close(solution.SLOT_function(*parts, limit), by_hand(*parts, limit))
        nothing = [part[..., :0, :] for part in parts]
        assert_close(solution.SLOT_function(*nothing, limit), torch.zeros((*leading, 0, 2), dtype=torch.float64))


@points(2, group="what is not seen", group_zh="看不到的内容")
@stated("unseen", "values")
@contract("not one bit is a promise of its own; most who break it break the values as well")
@hint(en="What is left of a score that is not seen?", zh="看不到的分数还剩下什么？")
@given(seed=SEEDS)
@settings(max_examples=4)
def test_what_is_not_seen_changes_no_bit(solution, seed):
    for limit in LIMITS[:3]:
        query, key, value = draw(seed, (), 6)
        before = solution.SLOT_function(query, key, value, limit)
        assert_close(before, by_hand(query, key, value, limit))
        for place in (0, 2, 5):
            others = key.clone(), value.clone()
            for part in others:
                part[place] = 1e4
            after = solution.SLOT_function(query, *others, limit)
            rows = [i for i in range(6) if score(i, place, 0.0, limit) is None]
            assert_equal(after[rows], before[rows])


@points(2, group="large scores", group_zh="很大的分数")
@stated("large")
@contract("double precision overflows much later than half, so it is asked apart")
@hint(en="What does softmax allow to subtract?", zh="softmax 允许先减去什么？")
@given(seed=SEEDS)
@settings(max_examples=4)
def test_large_scores(solution, seed):
    for limit in LIMITS[:3]:
        query, key, value = draw(seed, (), 5, scale=150.0)
        assert_close(solution.SLOT_function(query, key, value, limit), by_hand(query, key, value, limit), rtol=1e-8)
        key = -query  # the score of a position for itself is the lowest
        assert_close(solution.SLOT_function(query, key, value, limit), by_hand(query, key, value, limit), rtol=1e-8)


@points(2, group="precision", group_zh="精度")
@stated("precision")
@hint(en="How large may a score be in float16?", zh="float16 中的分数最大可以是多少？")
@given(seed=SEEDS)
@settings(max_examples=4)
def test_half_precision(solution, seed):
    for dtype in (torch.float16, torch.bfloat16):
        for scale in (1.0, 200.0):
            parts = draw(seed, (2,), 4, dtype, scale=scale)
            assert_close(solution.SLOT_function(*parts, LIMITS[2]), by_hand(*parts, LIMITS[2]))


@points(1, group="what is refused", group_zh="拒绝的输入")
@stated("errors")
@hint(en="Which limits make no sense?", zh="哪些界限没有意义？")
@pytest.mark.parametrize("limit", SLOT_badvalues)
def test_errors(solution, limit):
    with pytest.raises(ValueError):
        solution.SLOT_function(*draw(1, (), 3), limit)


def call_and_return_arguments(submission, parts, limit):
    """Return what came out, and the arguments afterwards."""
    return submission.SLOT_function(*parts, limit), parts


@points(1, group="arguments", group_zh="参数")
@stated("arguments")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_arguments_stay(solution):
    parts = draw(9, (2,), 4)
    result, after = solution.run(call_and_return_arguments, parts, LIMITS[1])
    assert_close(result, by_hand(*parts, LIMITS[1]))
    assert_equal(after, parts)
