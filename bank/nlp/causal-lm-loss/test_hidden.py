"""Hidden checks of `causal-lm-loss`; expectations come from a walk over pairs of neighbours in numpy, in float64."""

import math
import weakref

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
WORDS = 5
MASKS = (torch.bool, torch.int64, torch.float32, torch.float64)
HALVES = (torch.float16, torch.bfloat16)
GPT2_LOSS = 3.2603580951690674
"""What `loss_function` of GPT2LMHeadModel (transformers 5) gives in float32, with labels of -100 at padding."""


# ---- inside the guest ----------------------------------------------------------------------------


def differentiate(submission, logits, ids, mask):
    """Tell the gradient of three times the loss, and the arguments afterwards."""
    leaf = logits.clone().requires_grad_()
    arguments = [leaf * 1.0, ids, mask]
    loss = submission.causal_lm_loss(*arguments)
    (3.0 * loss).backward()
    return {"gradient": leaf.grad, "arguments": arguments}


def stream(submission, batches):
    """Tell the perplexity of batches that are made one by one, and how many of the earlier ones were still held."""
    alive, held = weakref.WeakSet(), []

    def pack(tensor):
        copy = tensor.clone()
        alive.add(copy)
        return copy

    def draw():
        for logits, ids, mask in batches:
            held.append(len(alive))
            fresh = logits.clone().requires_grad_()
            alive.add(fresh)
            yield fresh, ids.clone(), mask.clone()
            del fresh
        held.append(len(alive))

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = submission.perplexity(draw())
    return result, held


# ---- the oracle ----------------------------------------------------------------------------------


def walk(logits, ids, mask):
    """Return the losses of the predictions that count, and each one's derivatives in an array like the logits."""
    z, words, real = logits.double().numpy(), ids.tolist(), mask.bool().tolist()
    losses, slopes = [], np.zeros(z.shape)
    for b, t in np.ndindex(len(words), len(words[0]) - 1):
        if real[b][t] and real[b][t + 1]:
            powers = np.exp(z[b, t] - z[b, t].max())
            losses.append(math.log(powers.sum()) + z[b, t].max() - z[b, t, words[b][t + 1]])
            slopes[b, t] = powers / powers.sum()
            slopes[b, t, words[b][t + 1]] -= 1
    return losses, slopes


def expected_loss(logits, ids, mask):
    """Return the loss and its gradient, of the dtypes they are to have."""
    losses, slopes = walk(logits, ids, mask)
    wide = torch.float64 if logits.dtype == torch.float64 else torch.float32
    gradient = torch.from_numpy(slopes / len(losses)).to(logits.dtype)
    return torch.tensor(math.fsum(losses) / len(losses), dtype=wide), gradient


def expected_perplexity(batches):
    losses = [loss for batch in batches for loss in walk(*batch)[0]]
    return math.exp(math.fsum(losses) / len(losses))


def batch_of(seed, rows=3, length=6, dtype=torch.float64, kind=torch.bool, size=2.0):
    """Draw a batch with padding anywhere; its first row begins with two real tokens."""
    rng = np.random.default_rng(seed)
    logits = torch.from_numpy(rng.normal(0.0, size, (rows, length, WORDS))).to(dtype)
    real = rng.random((rows, length)) < rng.uniform(0.4, 1.0)
    real[0, :2] = True
    return logits, torch.from_numpy(rng.integers(0, WORDS, (rows, length))), torch.from_numpy(real).to(kind)


def rtol_of(dtype):
    return 1e-9 if dtype == torch.float64 else 1e-5


# ---- the checks: the loss ------------------------------------------------------------------------


@points(4, group="the loss", group_zh="损失")
@stated("definition", "places", "mask-dtype", "dtype", "tolerance")
@contract("the definition itself, with padding anywhere and masks of every dtype; the checks below look at its corners")
@hint(
    en="Write down for a row of four tokens which logits meet which token, and what you divide by.",
    zh="对一行四个词元写出：哪个位置的 logit 对应哪个词元，最后除以多少。",
)
@given(seed=SEEDS, rows=st.integers(1, 4), length=st.integers(2, 7), kind=st.sampled_from(MASKS))
@settings(max_examples=16, deadline=None)
def test_the_mean_over_predictions_that_count(solution, seed, rows, length, kind):
    for dtype in (torch.float32, torch.float64):
        batch = batch_of(seed, rows, length, dtype, kind)
        assert_close(solution.causal_lm_loss(*batch), expected_loss(*batch)[0], rtol=rtol_of(dtype))


@points(1, group="the loss", group_zh="损失")
@stated("definition", "tolerance")
@contract("parity with a published model: what the loss of GPT2LMHeadModel gives for these logits and labels")
@hint(en="Compare with the loss of a library's language model.", zh="与某个库的语言模型的损失对照。")
def test_the_loss_of_a_known_language_model(solution):
    grid = np.arange(2 * 5 * 7).reshape(2, 5, 7)
    logits, ids = torch.from_numpy(3 * np.sin(grid * 1.7)), torch.from_numpy(grid[:, :, 0] // 7 * 3 % 7)
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    assert_close(float(solution.causal_lm_loss(logits, ids, mask)), GPT2_LOSS, rtol=1e-6)


@points(3, group="padding leaves no trace", group_zh="填充不留痕迹")
@stated("content", "places")
@hint(
    en="What is NaN times zero? Which token has the number -100?",
    zh="NaN 乘以零等于多少？编号为 -100 的词元是哪一个？",
)
@given(seed=SEEDS, junk=st.sampled_from([math.nan, math.inf, -math.inf, 1e300]), id_=st.sampled_from([-100, -1, 10**9]))
@settings(max_examples=10, deadline=None)
def test_what_does_not_count_never_matters(solution, seed, junk, id_):
    logits, ids, mask = batch_of(seed)
    idle = ~mask
    idle[:, :-1] |= ~mask[:, 1:]
    idle[:, -1] = True
    dirty, wild = logits.masked_fill(idle[:, :, None], junk), ids.masked_fill(~mask, id_)
    expected = expected_loss(logits, ids, mask)[0]
    assert_close(solution.causal_lm_loss(dirty, wild, mask), expected, rtol=1e-9)
    wider = [
        torch.nn.functional.pad(part, pad, value=value)
        for part, pad, value in ((dirty, (0, 0, 1, 2), junk), (wild, (1, 2), id_), (mask, (1, 2), False))
    ]
    assert_close(solution.perplexity([tuple(wider)]), math.exp(expected), rtol=1e-9)


@points(3, group="gradients", group_zh="梯度")
@stated("gradients", "content", "tolerance")
@hint(en="A value that is discarded can still spoil the gradient.", zh="被丢弃的值仍可能破坏梯度。")
@given(seed=SEEDS, dtype=st.sampled_from([torch.float64, torch.float32, *HALVES]), clean=st.booleans())
@settings(max_examples=10, deadline=None)
def test_gradients_where_a_prediction_counts_and_nowhere_else(solution, seed, dtype, clean):
    logits, ids, mask = batch_of(seed, dtype=dtype, kind=torch.int64)
    gradient = expected_loss(logits, ids, mask)[1]
    idle = torch.from_numpy(walk(logits, ids, mask)[1] == 0).all(dim=-1)
    dirty = logits if clean else logits.masked_fill(idle[:, :, None], math.nan)
    result = solution.run(differentiate, dirty, ids, mask)
    assert_close(result["gradient"], 3 * gradient, rtol=1e-2 if dtype in HALVES else rtol_of(dtype))
    assert not result["gradient"][idle].any()


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("inputs")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution, rng):
    batch = batch_of(int(rng.integers(2**32)))
    batch[2][-1, -2:] = False
    assert_equal(solution.run(differentiate, *batch)["arguments"], list(batch))


@points(2, group="precision", group_zh="精度")
@stated("dtype", "large-logits", "tolerance")
@hint(
    en="In which precision is the logarithm taken, and which does the result have?",
    zh="对数用哪种精度计算？结果又是哪种精度？",
)
@given(seed=SEEDS, kind=st.sampled_from(MASKS))
@settings(max_examples=4, deadline=None)
def test_half_precision_is_computed_in_single(solution, seed, kind):
    for dtype in HALVES:
        batch = batch_of(seed, dtype=dtype, kind=kind)
        assert_close(solution.causal_lm_loss(*batch), expected_loss(*batch)[0])
        assert_close(solution.perplexity([batch]), expected_perplexity([batch]), rtol=1e-5)


@points(2, group="precision", group_zh="精度")
@stated("large-logits")
@hint(en="What is the logarithm of a probability that has rounded to 0?", zh="概率舍入成 0 之后，它的对数是多少？")
@given(seed=SEEDS, dtype=st.sampled_from([torch.float32, torch.float64, torch.float16]))
@settings(max_examples=8, deadline=None)
def test_large_logits_stay_exact(solution, seed, dtype):
    logits, ids, mask = batch_of(seed, size=1.0)
    large = (1e4 * torch.tanh(logits)).to(dtype)
    assert_close(solution.causal_lm_loss(large, ids, mask), expected_loss(large, ids, mask)[0], rtol=rtol_of(dtype))


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(
    en="What is the mean over nothing? Which shapes are broadcast in silence?",
    zh="对空集取平均是多少？哪些形状会被悄悄广播？",
)
def test_what_makes_no_loss_is_refused(solution):
    logits, ids, mask = batch_of(3, rows=2, length=4, kind=torch.int64)
    alone = torch.tensor([[1, 0, 1, 0], [0, 1, 0, 1]])
    nothing = [(logits[:, :1], ids[:, :1], mask[:, :1]), (logits, ids, torch.zeros_like(mask)), (logits, ids, alone)]
    misfits = [(logits, ids, mask[:, :1]), (logits, ids, mask[:1]), (logits, ids, mask[0]), (logits, ids[:, 1:], mask)]
    misfits += [(logits, ids[:1], mask), (logits, ids, mask[:, :-1]), (logits, ids[None], mask[None])]
    for batch in nothing + misfits:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.causal_lm_loss(*batch)


# ---- the checks: perplexity ----------------------------------------------------------------------


@points(4, group="perplexity", group_zh="困惑度")
@stated("perplexity", "nothing", "tolerance")
@hint(en="Which weight has a prediction of a short batch?", zh="短批次里的一个预测，权重是多少？")
@given(seed=SEEDS, shapes=st.lists(st.tuples(st.integers(1, 3), st.integers(2, 7)), min_size=1, max_size=4))
@settings(max_examples=10, deadline=None)
def test_every_prediction_has_the_same_weight(solution, seed, shapes):
    for dtype in (torch.float64, torch.float32):
        batches = [batch_of([seed, i], rows, length, dtype) for i, (rows, length) in enumerate(shapes)]
        idle = (batches[0][0], batches[0][1], torch.zeros_like(batches[0][2]))
        single = tuple(part[:, :1] for part in batches[0])
        mixed = [single, *batches, idle]
        assert_close(solution.perplexity(mixed), expected_perplexity(batches), rtol=rtol_of(dtype))


@points(2, group="perplexity", group_zh="困惑度")
@stated("perplexity")
@contract("the law behind the definition: neither cutting the data into batches nor their order changes the perplexity")
@hint(en="Put the rows into other batches: what changes?", zh="把各行分到别的批次里：什么会变？")
@given(seed=SEEDS, cut=st.integers(1, 3))
@settings(max_examples=5, deadline=None)
def test_cutting_batches_changes_nothing(solution, seed, cut):
    logits, ids, _ = batch_of(seed, rows=4)
    mask = torch.arange(6) < torch.tensor([[6], [2], [4], [3]])
    halves = [(logits[part], ids[part], mask[part]) for part in (slice(cut, None), slice(None, cut))]
    alone = [(logits[i : i + 1, :n], ids[i : i + 1, :n], mask[i : i + 1, :n]) for i, n in enumerate((6, 2, 4, 3))]
    whole = solution.perplexity([(logits, ids, mask)])
    assert_close(whole, math.exp(float(solution.causal_lm_loss(logits, ids, mask))), rtol=1e-9)
    assert_close([solution.perplexity(halves), solution.perplexity(alone)], [whole, whole], rtol=1e-9)


@points(2, group="perplexity", group_zh="困惑度")
@stated("nothing", "overflow", "perplexity")
@hint(en="What is e to the power of 800?", zh="e 的 800 次方是多少？")
def test_the_ends_of_perplexity(solution):
    logits, ids, mask = batch_of(4)
    for batches in ([], [(logits, ids, torch.zeros_like(mask))], [(logits[:, :1], ids[:, :1], mask[:, :1])]):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.perplexity(batches)
    wrong, right = torch.tensor([[[0.0, 800.0], [0.0, 0.0]]]), torch.tensor([[[800.0, 0.0], [0.0, 0.0]]])
    texts = torch.zeros(1, 2, dtype=torch.int64), torch.ones(1, 2)
    assert_equal(solution.perplexity([(wrong, *texts)]), math.inf)
    assert_equal(solution.perplexity([(right, *texts)]), 1.0)
    assert_close(solution.perplexity([(wrong, *texts), (right, *texts)]), math.exp(400.0), rtol=1e-5)


@points(2, group="memory", group_zh="内存")
@stated("memory")
@hint(
    en="What do you still hold of the first batch when the third one comes?",
    zh="第三批到来时，你还保留着第一批的什么？",
)
def test_batches_are_streamed(solution, rng):
    batches = [batch_of(int(rng.integers(2**32)), dtype=torch.float32) for _ in range(6)]
    result, held = solution.run(stream, batches)
    assert_close(result, expected_perplexity(batches), rtol=1e-5)
    assert len(held) == 7
    assert max(held[3:]) <= max(held[:3])
