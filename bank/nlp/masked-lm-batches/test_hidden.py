"""Hidden checks of `masked-lm-batches`; tokens come from loops in Python, losses and gradients from numpy."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

NONE = -100  # variant: no_label

SEEDS = st.integers(0, 2**32 - 1)
VOCABULARY = 40
MASK = 4


# ---- probes: they run in the guest -------------------------------------------------------------


def mask_and_spoil(module, ids, special, p, u):
    """Write into both results, then give all arguments and the results as they were and as they are."""
    inputs, labels = module.mask_tokens(ids, special, VOCABULARY, MASK, p, u)
    before = inputs.clone(), labels.clone()
    inputs += 1000
    middle = labels.clone()
    labels -= 1000
    return before, middle, inputs - 1000, (ids, special, u)


def differentiate(module, tensors, labels):
    """Give the loss, its gradients by hidden states, weight and bias, and the arguments afterwards."""
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    copies = [leaf * 1.0 for leaf in leaves]
    loss = module.mlm_loss(copies[0], labels, *copies[1:])
    gradients = torch.autograd.grad(loss, leaves, allow_unused=True)
    slopes = [torch.zeros_like(leaf) if g is None else g for g, leaf in zip(gradients, leaves, strict=True)]
    return loss.detach(), slopes, ([copy.detach() for copy in copies], labels)


# ---- the oracle --------------------------------------------------------------------------------


def expected_batch(ids, special, vocabulary, mask, p, u):
    """Decide on one token after the other."""
    inputs, labels = [], []
    for b, row in enumerate(ids.tolist()):
        for t, token in enumerate(row):
            chance, kind, drawn = (float(u[k, b, t]) for k in range(3))
            taken = token not in special and chance < p
            labels.append(token if taken else NONE)
            replaced = taken and kind < 0.9
            inputs.append((mask if kind < 0.8 else math.floor(drawn * vocabulary)) if replaced else token)
    return torch.tensor(inputs).reshape(ids.shape), torch.tensor(labels).reshape(ids.shape)


def expected_loss(tensors, labels):
    """Give the loss and its gradients by hidden states, weight and bias."""
    hidden, weight, bias = (tensor.double().numpy() for tensor in tensors)
    slopes = [np.zeros_like(array) for array in (hidden, weight, bias)]
    places = [(b, t) for b, t in np.ndindex(*labels.shape) if labels[b, t] != NONE]
    loss = 0.0
    for b, t in places:
        logits = weight @ hidden[b, t] + bias
        log_p = logits - logits.max()
        log_p -= math.log(np.exp(log_p).sum())
        loss -= log_p[labels[b, t]] / len(places)
        pull = (np.exp(log_p) - (np.arange(len(bias)) == int(labels[b, t]))) / len(places)
        slopes[0][b, t] = pull @ weight
        slopes[1] += np.outer(pull, hidden[b, t])
        slopes[2] += pull
    kind = tensors[0].dtype
    return torch.tensor(loss, dtype=kind), [torch.from_numpy(slope).to(kind) for slope in slopes]


def draw_tokens(seed, rows=3, columns=8, high=VOCABULARY):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(0, high, (rows, columns))), torch.from_numpy(rng.random((3, rows, columns)))


def draw_world(seed, shape=(2, 5), width=3, vocabulary=7, dtype=torch.float64, labelled=0.5, size=1.0):
    """Draw hidden states, weight and bias, and labels."""
    rng = np.random.default_rng(seed)
    arrays = rng.normal(0, size, (*shape, width)), rng.normal(0, 1, (vocabulary, width)), rng.normal(0, 1, vocabulary)
    labels = np.where(rng.random(shape) < labelled, rng.integers(0, vocabulary, shape), NONE)
    labels.flat[rng.integers(labels.size)] = rng.integers(vocabulary)
    return [torch.from_numpy(array).to(dtype) for array in arrays], torch.from_numpy(labels)


def check_loss(solution, tensors, labels, clean=None, rtol=1e-9):
    """Compare loss, gradients and arguments; what is expected is computed from the `clean` tensors."""
    loss, slopes, after = solution.run(differentiate, tensors, labels)
    wanted, wanted_slopes = expected_loss(clean or tensors, labels)
    assert_close(loss, wanted, rtol=rtol)
    assert_close(slopes, wanted_slopes, rtol=rtol, atol=rtol)
    assert not slopes[0][labels == NONE].any()
    return after


# ---- the checks: tokens ------------------------------------------------------------------------


@points(4, group="tokens", group_zh="词元")
@stated("selected", "labels", "inputs", "results")
@contract("the definition itself, over sizes, shares and vocabularies; the checks below look at its corners")
@hint(en="Follow three tokens on paper, one for each fate.", zh="用纸笔跟踪三个词元，每种结局各一个。")
@given(
    seed=SEEDS,
    rows=st.integers(1, 4),
    columns=st.integers(1, 12),
    p=st.sampled_from([0.15, 0.5, 0.9]),
    special=st.lists(st.integers(0, 9), max_size=4),
)
@settings(max_examples=20, deadline=None)
def test_what_is_shown_and_what_is_to_be_restored(solution, seed, rows, columns, p, special):
    ids, u = draw_tokens(seed, rows, columns, 12)
    call = (ids, special, 12 + columns, 11, p, u)
    assert_equal(solution.mask_tokens(*call), expected_batch(*call))


@points(2, group="tokens", group_zh="词元")
@stated("selected", "inputs")
@hint(en="To which side does a number belong that equals a limit?", zh="恰好等于界限的数属于哪一边？")
@given(seed=SEEDS, p=st.sampled_from([0.0, 0.15, 0.3, 1.0]))
@settings(max_examples=8, deadline=None)
def test_numbers_that_equal_a_limit(solution, seed, p):
    rng = np.random.default_rng(seed)
    ids, _ = draw_tokens(seed)
    last = np.nextafter(1.0, 0.0)
    edges = [[0.0, p % 1.0, np.nextafter(p, 0.0), last], [0.0, 0.8, 0.9, 0.85, 0.1, last], [0.0, 0.25, 0.975, last]]
    u = torch.from_numpy(np.stack([rng.choice(np.abs(values), ids.shape) for values in edges]))
    call = (ids, [7, 3], VOCABULARY, MASK, p, u)
    assert_equal(solution.mask_tokens(*call), expected_batch(*call))


@points(2, group="special tokens", group_zh="特殊词元")
@stated("selected", "labels", "inputs")
@hint(en="Which ids are protected, and who says so?", zh="哪些 id 受保护？由谁规定？")
@given(seed=SEEDS, special=st.sampled_from([[], [2], [0, 1, 2], [5, 3, 1], [0, 1, 2, 3, MASK, 5]]))
@settings(max_examples=10, deadline=None)
def test_nothing_but_special_ids_is_protected(solution, seed, special):
    ids, u = draw_tokens(seed, 4, 6, 6)
    u[0, ::2] = 0.0
    # every third token random, and of a vocabulary in which it is often special
    u[1] = torch.from_numpy(np.random.default_rng(seed).choice([0.1, 0.85, 0.95], (4, 6)))
    call = (ids, special, 6, MASK, 0.6, u)
    assert_equal(solution.mask_tokens(*call), expected_batch(*call))


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(
    en="Which shapes does PyTorch fit together in silence? Is NaN a share?",
    zh="哪些形状会被 PyTorch 悄悄地广播？NaN 算不算比例？",
)
def test_what_makes_no_batch_is_refused(solution):
    ids, u = draw_tokens(1)
    wrong = [(bad, u) for bad in (-0.01, 1.01, 15, math.nan, math.inf)]
    wrong += [(0.5, bad) for bad in (u[:, :1], u[:, :, :1], u[:2], u[:, 0], torch.cat([u, u[:1]]), u[:, :, :7])]
    for p, numbers in wrong:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.mask_tokens(ids, [0], VOCABULARY, MASK, p, numbers)


@points(2, group="arguments and results", group_zh="参数与结果")
@stated("results", "inputs", "labels")
@hint(en="Who else holds the memory of what you return?", zh="你返回的内存，还有谁在用？")
@given(seed=SEEDS)
@settings(max_examples=2, deadline=None)
def test_results_have_memory_of_their_own(solution, seed):
    ids, u = draw_tokens(seed)
    for special, p in itertools.product(([0, 1], []), (0.0, 0.7, 1.0)):
        before, middle, inputs, after = solution.run(mask_and_spoil, ids, special, p, u)
        wanted = expected_batch(ids, special, VOCABULARY, MASK, p, u)
        assert_equal(before, wanted)
        assert_equal((inputs, middle), wanted)
        assert_equal(after, (ids, special, u))


# ---- the checks: the loss ----------------------------------------------------------------------


@points(3, group="loss", group_zh="损失")
@stated("head", "loss", "tolerance")
@contract("the definition itself, in both precisions and without a gradient; the checks below differentiate")
@hint(en="The mean over which positions?", zh="对哪些位置取平均？")
@given(seed=SEEDS, shape=st.tuples(st.integers(1, 4), st.integers(1, 5)), width=st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_loss(solution, seed, shape, width):
    for dtype, rtol in ((torch.float64, 1e-9), (torch.float32, 1e-4)):
        (hidden, *head), labels = draw_world(seed, shape, width, dtype=dtype)
        wanted = expected_loss([hidden, *head], labels)[0]
        assert_close(solution.mlm_loss(hidden, labels, *head), wanted, rtol=rtol)


@points(2, group="loss", group_zh="损失")
@stated("gradients", "head", "loss", "tolerance")
@contract("gradients by all three arguments where nothing is out of the ordinary")
@hint(en="Does every step of yours stay on the tape?", zh="你的每一步都留在自动求导的记录里吗？")
@given(seed=SEEDS, width=st.integers(1, 9))
@settings(max_examples=6, deadline=None)
def test_gradients_equal_the_formulas(solution, seed, width):
    tensors, labels = draw_world(seed, width=width)
    assert_equal(check_loss(solution, tensors, labels), (tensors, labels))


@points(2, group="positions without a label", group_zh="没有标签的位置")
@stated("unlabelled", "gradients")
@hint(en="What is zero times NaN, on the way back too?", zh="零乘以 NaN 等于多少？反向传播时呢？")
@given(seed=SEEDS, content=st.sampled_from([math.nan, math.inf, 1e300, -5.0]))
@settings(max_examples=6, deadline=None)
def test_what_is_not_asked_for_has_no_influence(solution, seed, content):
    (hidden, *head), labels = draw_world(seed)
    labels[1, 3] = NONE
    labels[0, 0] = 0
    dirty = hidden.masked_fill((labels == NONE)[:, :, None], content)
    check_loss(solution, [dirty, *head], labels, clean=[hidden, *head])


@points(1, group="positions without a label", group_zh="没有标签的位置")
@stated("no-label", "gradients")
@hint(en="What do you divide by when there is no label?", zh="一个标签也没有时，除数是什么？")
@given(seed=SEEDS)
@settings(max_examples=2, deadline=None)
def test_batches_without_a_label(solution, seed):
    for dtype in (torch.float32, torch.float64):
        tensors, labels = draw_world(seed, dtype=dtype)
        check_loss(solution, tensors, torch.full_like(labels, NONE))


@points(1, group="loss", group_zh="损失")
@stated("large-logits", "tolerance")
@hint(en="What is the logarithm of a probability that has rounded to 0?", zh="概率舍入成 0 之后，它的对数是多少？")
@given(seed=SEEDS, dtype=st.sampled_from([torch.float32, torch.float64]))
@settings(max_examples=4, deadline=None)
def test_large_logits(solution, seed, dtype):
    (hidden, *head), labels = draw_world(seed, dtype=dtype)
    head[0] = head[0].clamp(-2, 2)
    hidden = 1500.0 * torch.tanh(hidden)
    wanted = expected_loss([hidden, *head], labels)[0]
    assert_close(solution.mlm_loss(hidden, labels, *head), wanted, rtol=1e-9 if dtype == torch.float64 else 1e-4)


@performance(
    points=2,
    of="mlm_loss",
    group="speed",
    group_zh="速度",
    at_least=2.0,
    times_faster_than="head_everywhere",
)
@stated("speed")
def few_labels(rng):
    labels = torch.full((8, 64), NONE)
    places = torch.from_numpy(rng.choice(512, 32, replace=False))
    labels.view(-1)[places] = torch.from_numpy(rng.integers(0, 4000, 32))
    return (rng.tensor(8, 64, 16), labels, rng.tensor(4000, 16), rng.tensor(4000)), {}
