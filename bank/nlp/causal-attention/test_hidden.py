"""Hidden checks of `causal-attention`; expectations come from loops over queries in float64."""

import math

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
SMALL = st.integers(1, 3)


# ---- probes: they run in the guest -----------------------------------------------------------


def gradients(submission, q, k, v, mask, causal, upstream):
    """Give the output and its gradients by q, k and v; zeros where there is none."""
    leaves = [t.clone().requires_grad_() for t in (q, k, v)]
    out = submission.attention(*leaves, mask, causal)
    if out.requires_grad:
        out.backward(upstream)
    return out.detach(), [torch.zeros_like(t) if t.grad is None else t.grad for t in leaves]


def with_transposed_views(submission, q, k, v, mask):
    """Call with tensors that lie in memory as (B, T, H, D)."""
    views = [t.transpose(1, 2).contiguous().transpose(1, 2) for t in (q, k, v)]
    return submission.attention(*views, mask, True)


def arguments_afterwards(submission, q, k, v, mask):
    out = submission.attention(q, k, v, mask, True)
    return out, (q, k, v, mask)


# ---- the oracle: float64, one query after the other, gradients written out by hand -----------


def visible(queries, keys, causal, mask):
    """List, for one batch entry, the keys each query sees."""
    real = [True] * keys if mask is None else mask.tolist()
    return [[j for j in range(keys) if real[j] and (not causal or j - i <= keys - queries)] for i in range(queries)]


def oracle(q, k, v, mask=None, causal=True, upstream=None):
    """Give the output, and the gradients of `sum(output * upstream)` by q, k and v."""
    q, k, v = (t.double().numpy() for t in (q, k, v))
    up = np.zeros((*q.shape[:3], v.shape[3])) if upstream is None else upstream.double().numpy()
    out = np.zeros_like(up)
    d_q, d_k, d_v = np.zeros_like(q), np.zeros_like(k), np.zeros_like(v)
    scale = 1.0 / math.sqrt(q.shape[3])
    for b in range(q.shape[0]):
        seen_by = visible(q.shape[2], k.shape[2], causal, None if mask is None else mask[b])
        for h in range(q.shape[1]):
            for i, seen in enumerate(seen_by):
                if not seen:
                    continue
                scores = np.array([float(q[b, h, i] @ k[b, h, j]) * scale for j in seen])
                weights = np.exp(scores - scores.max())
                weights /= weights.sum()
                out[b, h, i] = weights @ v[b, h, seen]
                pull = v[b, h, seen] @ up[b, h, i]
                d_scores = weights * (pull - weights @ pull) * scale
                d_q[b, h, i] = d_scores @ k[b, h, seen]
                d_k[b, h, seen] += np.outer(d_scores, q[b, h, i])
                d_v[b, h, seen] += np.outer(weights, up[b, h, i])
    return torch.from_numpy(out), [torch.from_numpy(g) for g in (d_q, d_k, d_v)]


def draw(seed, *, b=2, h=2, queries=4, keys=4, d=3, d_v=None, dtype=torch.float64):
    rng = np.random.default_rng(seed)
    shapes = [(b, h, queries, d), (b, h, keys, d), (b, h, keys, d_v or d)]
    q, k, v = (torch.from_numpy(rng.standard_normal(s)).to(dtype) for s in shapes)
    mask = torch.from_numpy(rng.random((b, keys)) < 0.6)
    mask[:, 0] = True
    return q, k, v, mask, rng


def holes(t, mask, content):
    """Fill the padded places."""
    t = t.clone()
    t[(~mask)[:, None, :].expand(t.shape[:3])] = content
    return t


# ---- the checks --------------------------------------------------------------------------------


@points(3, group="values", group_zh="数值")
@stated("arguments", "output", "tolerance")
@hint(en="Work out one query with three keys by hand.", zh="用纸笔算一遍一个查询、三个键的例子。")
@given(seed=SEEDS, b=SMALL, h=SMALL, queries=SMALL, keys=SMALL, d=SMALL, d_v=SMALL)
@settings(max_examples=20, deadline=None)
def test_everything_visible(solution, seed, b, h, queries, keys, d, d_v):
    q, k, v, _, _ = draw(seed, b=b, h=h, queries=queries, keys=keys, d=d, d_v=d_v)
    assert_close(solution.attention(q, k, v, causal=False), oracle(q, k, v, causal=False)[0])


@points(3, group="causality", group_zh="因果性")
@stated("signature", "causal")
@hint(
    en="May a query see itself? What do three arguments mean?",
    zh="查询看得见自己吗？只传三个参数时又是什么意思？",
)
@given(seed=SEEDS, length=st.integers(1, 5), d=SMALL)
@settings(max_examples=15, deadline=None)
def test_causal_unless_told_otherwise(solution, seed, length, d):
    q, k, v, _, _ = draw(seed, queries=length, keys=length, d=d)
    assert_close(solution.attention(q, k, v), oracle(q, k, v)[0])


@points(2, group="causality", group_zh="因果性")
@stated("causal", "nothing-to-see")
@hint(en="Which key stands beside the last query?", zh="最后一个查询与哪个键对齐？")
@given(seed=SEEDS, queries=st.integers(1, 4), earlier=st.integers(-2, 3))
@settings(max_examples=20, deadline=None)
def test_last_query_stands_at_the_last_key(solution, seed, queries, earlier):
    q, k, v, _, _ = draw(seed, queries=queries, keys=max(1, queries + earlier))
    assert_close(solution.attention(q, k, v, None, True), oracle(q, k, v)[0])


@points(2, group="causality", group_zh="因果性")
@stated("future")
@hint(
    en="What, in a row, is computed from the whole row or the whole matrix?",
    zh="某一行的计算中，哪些量来自整行甚至整个矩阵？",
)
@given(seed=SEEDS, place=st.integers(1, 5), size=st.sampled_from([1.0, 1e3, 1e7]))
@settings(max_examples=15, deadline=None)
def test_the_future_changes_no_bit(solution, seed, place, size):
    q, k, v, _, rng = draw(seed, queries=6, keys=6, dtype=torch.float32)
    later_k, later_v = k.clone(), v.clone()
    later_k[:, :, place:] += size * torch.from_numpy(rng.standard_normal(k[:, :, place:].shape)).float()
    later_v[:, :, place:] -= size
    before = solution.attention(q, k, v, None, True)
    after = solution.attention(q, later_k, later_v, None, True)
    assert_equal(after[:, :, :place], before[:, :, :place])
    assert not torch.equal(after[:, :, place:], before[:, :, place:])


@points(3, group="padding", group_zh="填充")
@stated("padding-mask", "output")
@hint(en="Which of the two axes of the scores belongs to the mask?", zh="分数矩阵的两个轴，掩码对应哪一个？")
@given(seed=SEEDS, b=SMALL, h=SMALL, length=st.integers(2, 5), causal=st.booleans())
@settings(max_examples=20, deadline=None)
def test_padded_keys_are_left_out(solution, seed, b, h, length, causal):
    q, k, v, mask, _ = draw(seed, b=b, h=h, queries=length, keys=length)
    assert_close(solution.attention(q, k, v, mask, causal), oracle(q, k, v, mask, causal)[0])


@points(2, group="padding", group_zh="填充")
@stated("padding-content")
@hint(en="What is zero times NaN?", zh="零乘以 NaN 等于多少？")
@given(seed=SEEDS, content=st.sampled_from([float("nan"), float("inf"), float("-inf"), 1e300]))
@settings(max_examples=12, deadline=None)
def test_content_of_padding_has_no_influence(solution, seed, content):
    q, k, v, mask, _ = draw(seed)
    mask[0, 2] = False
    expected = oracle(q, k, v, mask)[0]
    k, v = holes(k, mask, content), holes(v, mask, content)
    assert_close(solution.attention(q, k, v, mask, True), expected)


@points(2, group="padding", group_zh="填充")
@stated("nothing-to-see")
@hint(en="What is the softmax of nothing?", zh="什么都没有时，softmax 是什么？")
@given(seed=SEEDS, padded_at_the_start=st.integers(0, 3))
@settings(max_examples=8, deadline=None)
def test_queries_that_see_nothing_get_zeros(solution, seed, padded_at_the_start):
    q, k, v, mask, _ = draw(seed)
    mask[0] = False
    mask[1] = torch.arange(4) >= padded_at_the_start
    assert_close(solution.attention(q, k, v, mask, True), oracle(q, k, v, mask)[0])


@points(2, group="gradients", group_zh="梯度")
@stated("gradients", "tolerance")
@hint(en="Does every step of yours stay on the tape?", zh="你的每一步都留在自动求导的记录里吗？")
@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_gradients_equal_the_formulas(solution, seed):
    q, k, v, mask, rng = draw(seed)
    mask[:, 1] = True  # with a single key all gradients by q would be zero, up to rounding
    upstream = torch.from_numpy(rng.standard_normal((2, 2, 4, 3)))
    found = solution.run(gradients, q, k, v, mask, True, upstream)
    assert_close(found, oracle(q, k, v, mask, True, upstream), rtol=1e-9)


@points(2, group="gradients", group_zh="梯度")
@stated("gradients")
@hint(
    en="Where a forward value was replaced, what happens on the way back?",
    zh="前向时被替换掉的值，反向传播时会怎样？",
)
@given(seed=SEEDS, content=st.sampled_from([float("nan"), float("inf"), 1e300]))
@settings(max_examples=8, deadline=None)
def test_gradients_stay_finite(solution, seed, content):
    q, k, v, mask, rng = draw(seed)
    mask[0], mask[1, 2] = False, False
    upstream = torch.from_numpy(rng.standard_normal((2, 2, 4, 3)))
    k, v = holes(k, mask, content), holes(v, mask, content)
    _, (d_q, d_k, d_v) = solution.run(gradients, q, k, v, mask, True, upstream)
    assert all(bool(torch.isfinite(g).all()) for g in (d_q, d_k, d_v))
    assert not d_q[0].any()
    padded = (~mask)[:, None, :].expand(d_k.shape[:3])
    assert not d_k[padded].any()
    assert not d_v[padded].any()
    assert d_v[1].any()


@points(2, group="numbers", group_zh="数值稳定")
@stated("large-scores", "tolerance")
@hint(
    en="Which number did you use for 'minus infinity', and what if a score is below it?",
    zh="你用哪个数代替负无穷？如果真实的分数比它还小呢？",
)
@given(seed=SEEDS)
@settings(max_examples=3, deadline=None)
def test_large_scores(solution, seed):
    for size in (-1e12, -1e10, -1e3, 1e3, 1e10, 1e12):
        q, k, v, mask, _ = draw(seed, queries=5, keys=5, d=4)
        q[..., 0], k[..., 0] = 2.0 * math.sqrt(abs(size)), math.copysign(math.sqrt(abs(size)), size)
        mask[:, 3] = False
        expected = oracle(q, k, v, mask)[0]
        assert_close(solution.attention(q, k, v, mask, True), expected, rtol=5e-3)


@points(2, group="numbers", group_zh="数值稳定")
@stated("arguments", "half-precision", "tolerance")
@hint(en="What is the largest float16?", zh="最大的 float16 是多少？")
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_dtype_is_kept_and_half_precision_is_enough(solution, seed):
    for dtype, rtol in ((torch.float16, 1e-2), (torch.bfloat16, 1e-2), (torch.float32, 1e-4)):
        _, _, v, mask, rng = draw(seed, queries=5, keys=5, d=64)
        q, k = (torch.from_numpy(rng.integers(-2, 3, (2, 2, 5, 64))) for _ in range(2))
        q[..., :8], k[..., :8] = 120, 120
        q, k, v = q.to(dtype), k.to(dtype), v.to(dtype)
        expected = oracle(q, k, v, mask)[0].to(dtype)
        assert_close(solution.attention(q, k, v, mask, True), expected, rtol=rtol)


@points(1, group="inputs", group_zh="输入")
@stated("inputs")
@hint(en="Does your code assume an order in memory?", zh="你的代码是否假定了数据在内存里的顺序？")
def test_inputs_need_not_be_contiguous(solution, rng):
    q, k, v, mask, _ = draw(int(rng.integers(2**32)), h=3, queries=5, keys=5, d=2)
    assert_close(solution.run(with_transposed_views, q, k, v, mask), oracle(q, k, v, mask)[0])


@points(1, group="inputs", group_zh="输入")
@stated("inputs")
@hint(en="Whose tensors are these?", zh="这些张量是谁的？")
def test_inputs_are_not_modified(solution, rng):
    q, k, v, mask, _ = draw(int(rng.integers(2**32)))
    mask[:, 2] = False
    out, arguments = solution.run(arguments_afterwards, q, k, v, mask)
    assert_equal(arguments, (q, k, v, mask))
    assert_close(out, oracle(q, k, v, mask)[0])


@performance(
    points=2,
    of="attention",
    group="speed",
    group_zh="速度",
    at_least=4.0,
    times_faster_than="naive",
)
@stated("speed")
def long_sequences(rng):
    return (rng.tensor(1, 4, 250, 16), rng.tensor(1, 4, 250, 16), rng.tensor(1, 4, 250, 16)), {}
