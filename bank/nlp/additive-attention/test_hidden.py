"""Hidden checks of `additive-attention`; values and gradients are written out step by step in numpy in float64."""

import itertools
import math

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
SIZE = st.integers(1, 4)
SIZES = st.tuples(SIZE, st.integers(1, 5), SIZE, SIZE, SIZE)
JUNK = [math.nan, math.inf, -math.inf, 1e300]


# ---- probes: they run in the guest -------------------------------------------------------------


def attend(module, tensors, mask, upstream):
    """Give both results, the gradients of their weighted sums by the four tensors, and all arguments afterwards."""
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    copies = [leaf * 1.0 for leaf in leaves]
    kept = None if mask is None else mask.clone()
    context, weights = module.additive_attention(*copies, *([] if mask is None else [kept]))
    total = (context * upstream[0]).sum() + (weights * upstream[1]).sum()
    gradients = torch.autograd.grad(total, leaves)
    return (context.detach(), weights.detach()), list(gradients), ([copy.detach() for copy in copies], kept)


def attend_to_views(module, tensors, mask):
    """Call with tensors whose last dimension is not the one that is contiguous."""
    views = [tensor.transpose(0, -1).contiguous().transpose(0, -1) for tensor in (*tensors, mask)]
    return module.additive_attention(*views)


# ---- the oracle: one step after the other ------------------------------------------------------


def oracle(tensors, mask, upstream=None):
    """Give context and weights, and the gradients of their weighted sums by h, enc, W and v."""
    h, enc, W, v = (tensor.double().numpy() for tensor in tensors)
    examples, steps, width = enc.shape
    up_c, up_w = (
        (np.zeros((examples, width)), np.zeros((examples, steps)))
        if upstream is None
        else [part.double().numpy() for part in upstream]
    )
    context, weights = np.zeros((examples, width)), np.zeros((examples, steps))
    d_h, d_enc, d_W, d_v = (np.zeros_like(array) for array in (h, enc, W, v))
    for b in range(examples):
        real = [t for t in range(steps) if mask is None or mask[b, t]]
        if not real:
            continue
        pairs = {t: np.concatenate([h[b], enc[b, t]]) for t in real}
        hidden = {t: np.array([math.tanh(math.fsum(row * pairs[t])) for row in W]) for t in real}
        scores = {t: math.fsum(v * hidden[t]) for t in real}
        powers = {t: math.exp(scores[t] - max(scores.values())) for t in real}
        for t in real:
            weights[b, t] = powers[t] / math.fsum(powers.values())
            context[b] += weights[b, t] * enc[b, t]
        pull = {t: up_w[b, t] + up_c[b] @ enc[b, t] for t in real}
        mean = math.fsum(weights[b, t] * pull[t] for t in real)
        for t in real:
            d_score = weights[b, t] * (pull[t] - mean)
            d_inner = d_score * v * (1 - hidden[t] ** 2)
            d_pair = d_inner @ W
            d_v += d_score * hidden[t]
            d_W += np.outer(d_inner, pairs[t])
            d_h[b] += d_pair[: h.shape[1]]
            d_enc[b, t] = weights[b, t] * up_c[b] + d_pair[h.shape[1] :]
    kind = tensors[0].dtype
    results, gradients = (context, weights), [d_h, d_enc, d_W, d_v]
    return tuple(torch.from_numpy(r).to(kind) for r in results), [torch.from_numpy(g).to(kind) for g in gradients]


def draw(seed, sizes=(3, 4, 2, 3, 5), dtype=torch.float64, strength=1.5):
    """Draw the four tensors, a mask under which each example has a real step, and the weights of a sum."""
    examples, steps, state, width, hidden = sizes
    rng = np.random.default_rng(seed)
    shapes = [(examples, state), (examples, steps, width), (hidden, state + width), (hidden,)]
    scales = [1.0, 1.0, 0.7, strength]
    tensors = [torch.from_numpy(rng.normal(0, s, shape)).to(dtype) for shape, s in zip(shapes, scales, strict=True)]
    mask = torch.from_numpy(rng.random((examples, steps)) < 0.6)
    mask[torch.arange(examples), torch.from_numpy(rng.integers(0, steps, examples))] = True
    upstream = [torch.from_numpy(rng.normal(0, 1, s)).to(dtype) for s in ((examples, width), (examples, steps))]
    return tensors, mask, upstream


def check(solution, tensors, mask, upstream, clean=None, rtol=1e-9):
    """Compare results, gradients and arguments; what is expected is computed from the `clean` tensors."""
    results, gradients, after = solution.run(attend, tensors, mask, upstream)
    values, slopes = oracle(clean or tensors, mask, upstream)
    assert_close(results, values, rtol=rtol)
    assert_close(gradients, slopes, rtol=rtol, atol=rtol)
    if mask is not None:
        assert not results[1][mask == 0].any()
        assert not gradients[1][mask == 0].any()
    return after


# ---- the checks --------------------------------------------------------------------------------


@points(4, group="values", group_zh="数值")
@stated("definition", "arguments", "mask", "tolerance")
@contract("the definition itself, for all sizes and without a mask too")
@hint(
    en="Two steps on paper. Over which axis do the weights sum to 1?",
    zh="用纸笔算两个时间步。权重沿哪个轴加起来等于 1？",
)
@given(seed=SEEDS, sizes=SIZES, masked=st.booleans())
@settings(max_examples=20, deadline=None)
def test_context_and_weights(solution, seed, sizes, masked):
    tensors, mask, _ = draw(seed, sizes)
    arguments = [*tensors, mask] if masked else tensors
    assert_close(solution.additive_attention(*arguments), oracle(tensors, mask if masked else None)[0], rtol=1e-9)


@points(2, group="dtypes", group_zh="数据类型")
@stated("mask", "dtype", "definition", "tolerance")
@hint(en="What dtype comes out when two dtypes meet?", zh="两种 dtype 相遇，得到哪一种？")
@given(seed=SEEDS, dtype=st.sampled_from([torch.float32, torch.float64]))
@settings(max_examples=5, deadline=None)
def test_masks_of_every_dtype(solution, seed, dtype):
    tensors, mask, _ = draw(seed, dtype=dtype)
    expected = oracle(tensors, mask)[0]
    for kind in (torch.bool, torch.int64, torch.float32, torch.float64):
        assert_close(solution.additive_attention(*tensors, mask.to(kind)), expected, rtol=1e-4)


@points(3, group="padding", group_zh="填充")
@stated("padding", "gradients")
@hint(en="What is zero times NaN, forwards and backwards?", zh="零乘以 NaN 等于多少？反向传播时呢？")
@given(seed=SEEDS, content=st.sampled_from(JUNK))
@settings(max_examples=8, deadline=None)
def test_what_stands_at_padding_never_matters(solution, seed, content):
    tensors, mask, upstream = draw(seed)
    mask[1, 2] = False
    mask[1, 0] = True
    dirty = tensors.copy()
    dirty[1] = tensors[1].masked_fill(~mask[:, :, None], content)
    check(solution, dirty, mask, upstream, clean=tensors)


@points(2, group="padding", group_zh="填充")
@stated("nothing", "padding", "gradients")
@hint(en="What is the softmax of nothing, and its gradient?", zh="什么都没有时，softmax 是什么？它的梯度呢？")
@given(seed=SEEDS, full=st.lists(st.booleans(), max_size=2), content=st.sampled_from([0.0, *JUNK]))
@settings(max_examples=10, deadline=None)
def test_examples_without_a_real_step(solution, seed, full, content):
    tensors, mask, upstream = draw(seed, (len(full) + 1, 3, 2, 3, 4))
    mask &= torch.tensor([*full, False])[:, None]
    dirty = tensors.copy()
    dirty[1] = tensors[1].masked_fill(~mask[:, :, None], content)
    check(solution, dirty, mask.long(), upstream, clean=tensors)


@points(2, group="numbers", group_zh="数值稳定")
@stated("large-scores", "tolerance")
@hint(en="What is the exponential of 1000?", zh="1000 的指数是多少？")
@given(seed=SEEDS)
@settings(max_examples=3, deadline=None)
def test_large_scores(solution, seed):
    for sign, dtype in itertools.product([-1.0, 1.0], [torch.float32, torch.float64]):
        look_at_large_scores(solution, seed, sign, dtype)


def look_at_large_scores(solution, seed, sign, dtype):
    tensors, mask, _ = draw(seed, dtype=dtype)
    tensors[0], tensors[2], tensors[3] = tensors[0].abs(), tensors[2].clone(), sign * (tensors[3].abs() + 1.0)
    tensors[2][:, :2] = 3.0 * (tensors[2][:, :2].abs() + 0.5)
    tensors[3] *= 2000.0 if dtype == torch.float64 else 40.0
    # one example in which the scores of padding would be far above all others
    tensors[1][0], mask[0] = -sign * 20.0 * tensors[2][0, 2:].sign(), torch.tensor([True, False, False, True])
    expected = oracle(tensors, mask)[0]
    assert_close(solution.additive_attention(*tensors, mask), expected, rtol=1e-9 if dtype == torch.float64 else 1e-3)


@points(3, group="gradients", group_zh="梯度")
@stated("gradients", "definition", "tolerance")
@contract("the formulas for all sizes, and without a mask; the checks of padding look at one size only")
@hint(en="Does every step of yours stay on the tape?", zh="你的每一步都留在自动求导的记录里吗？")
@given(seed=SEEDS, sizes=SIZES, masked=st.booleans())
@settings(max_examples=8, deadline=None)
def test_gradients_equal_the_formulas(solution, seed, sizes, masked):
    tensors, mask, upstream = draw(seed, sizes)
    check(solution, tensors, mask if masked else None, upstream)


@points(1, group="values", group_zh="数值")
@stated("definition", "padding", "mask")
@contract("what every attention obeys: equal scores give the mean, order and padding are nothing, weights are shares")
@hint(en="A weight must not depend on where its step stands.", zh="权重不应取决于时间步所在的位置。")
@given(seed=SEEDS, extra=st.integers(0, 3))
@settings(max_examples=5, deadline=None)
def test_laws_of_attention(solution, seed, extra):
    (h, enc, W, v), mask, _ = draw(seed)
    context, weights = solution.additive_attention(h, enc, W, v, mask)
    assert_close(weights.sum(dim=1), torch.ones(3, dtype=torch.float64), rtol=1e-9)
    inside = enc.masked_fill(~mask[:, :, None], math.nan).numpy()
    assert (context.numpy() <= np.nanmax(inside, axis=1) + 1e-9).all()
    assert (context.numpy() >= np.nanmin(inside, axis=1) - 1e-9).all()
    order = torch.from_numpy(np.random.default_rng(seed).permutation(4 + extra))
    longer = torch.nn.functional.pad(enc, (0, 0, 0, extra), value=3.0)[:, order]
    wider = torch.nn.functional.pad(mask, (0, extra))[:, order]
    moved = torch.nn.functional.pad(weights, (0, extra))[:, order]
    assert_close(solution.additive_attention(h, longer, W, v, wider), (context, moved), rtol=1e-9)
    shares = mask / mask.sum(dim=1, keepdim=True, dtype=torch.float64)
    means = torch.stack([enc[b, mask[b]].mean(dim=0) for b in range(3)])
    assert_close(solution.additive_attention(h, enc, W, 0.0 * v, mask), (means, shares), rtol=1e-9)


@points(1, group="inputs", group_zh="输入")
@stated("arguments", "inputs")
@hint(
    en="Does your code assume an order in memory, or write where it reads?",
    zh="你的代码是否假定了内存中的顺序，或者写进了输入？",
)
def test_inputs_in_any_order_of_memory_stay_as_they_are(solution, rng):
    tensors, mask, upstream = draw(int(rng.integers(2**32)), (3, 4, 2, 3, 5))
    mask[1] = torch.tensor([True, False, True, False])
    for kind in (torch.bool, torch.float64):
        after = check(solution, tensors, mask.to(kind), upstream)
        assert_equal(after, (tensors, mask.to(kind)))
    assert_close(solution.run(attend_to_views, tensors, mask), oracle(tensors, mask)[0], rtol=1e-9)
