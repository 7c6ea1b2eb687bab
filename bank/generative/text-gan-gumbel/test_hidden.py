"""Hidden checks of `text-gan-gumbel`; choices and their gradients come from numpy, recurrence from plain loops."""

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
WIDTH, HIDDEN, TOKENS = 3, 4, 5


# ---- networks that guest and oracle build alike ------------------------------------------------


class Cell(nn.Module):
    """A recurrent generator; its state is no tensor but a pair of one and the number of calls."""

    def __init__(self, seed):
        super().__init__()
        rng = np.random.default_rng(seed)
        shapes = [(WIDTH, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, TOKENS)]
        self.x, self.h, self.out = (nn.Parameter(torch.from_numpy(rng.normal(0, 0.8, s))) for s in shapes)

    def forward(self, x, state):
        hidden, calls = state["hidden"], state["calls"]
        hidden = torch.tanh(x @ self.x + hidden @ self.h)
        return hidden @ self.out, {"hidden": hidden, "calls": calls + 1}


class Critic(nn.Module):
    """Looks at each token and the mean of those before it, itself included."""

    def __init__(self, seed):
        super().__init__()
        self.w = nn.Parameter(torch.from_numpy(np.random.default_rng(seed).normal(0, 1, (2, WIDTH))))

    def forward(self, x):
        before = x.cumsum(dim=1) / torch.arange(1, x.shape[1] + 1, dtype=x.dtype)[:, None]
        return 3 * torch.tanh(x) @ self.w[0] + (before * before) @ self.w[1]


class StraightThrough(torch.autograd.Function):
    """One-hot on the way forward, nothing on the way back."""

    @staticmethod
    def forward(ctx, p):
        return torch.nn.functional.one_hot(p.argmax(dim=-1), p.shape[-1]).to(p)

    @staticmethod
    def backward(ctx, slope):
        return slope


# ---- probes: they run in the guest -----------------------------------------------------------


def choice(submission, logits, tau, u, hard, upstream):
    """Give the choice, the gradient of its weighted sum by the logits, and the arguments afterwards."""
    leaf = logits.clone().requires_grad_()
    p = submission.gumbel_softmax(leaf, tau, u, hard)
    (slope,) = torch.autograd.grad((p * upstream).sum(), leaf)
    return p.detach(), slope, [leaf.detach(), u]


def embedding(submission, p, weight, upstream):
    leaves = [t.clone().requires_grad_() for t in (p, weight)]
    out = submission.soft_embed(*leaves)
    return out.detach(), list(torch.autograd.grad(out, leaves, upstream))


def generated(submission, world, hard):
    """Give the generated text, its gradients by cell, embeddings and first state, and the number of calls."""
    cell, leaves = Cell(world["seed"]), [world[name].clone().requires_grad_() for name in ("weight", "hidden")]
    counts = []
    cell.register_forward_hook(lambda _, args, out: counts.append(out[1]["calls"]))
    state = {"hidden": leaves[1], "calls": 0}
    p = submission.generate(cell, state, world["start"], leaves[0], world["tau"], world["u"], hard)
    gradients = torch.autograd.grad((p * world["upstream"]).sum(), [*cell.parameters(), *leaves])
    return p.detach(), list(gradients), counts


def scores(submission, seed, p, weight, lengths, upstream):
    """Give the scores, the gradients of their weighted sum by `p`, embeddings and critic, and `p` afterwards."""
    critic, leaves = Critic(seed).to(p.dtype), [t.clone().requires_grad_() for t in (p, weight)]
    out = submission.sequence_score(critic, *leaves, lengths)
    gradients = torch.autograd.grad((out * upstream).sum(), [*leaves, *critic.parameters()])
    return out.detach(), list(gradients), leaves[0].detach()


def losses(submission, real, fake):
    """Give both losses, and their gradients by both arguments; zeros where there is none."""
    leaves = [t.clone().requires_grad_() for t in (real, fake)]
    pair = submission.adversarial_losses(*leaves)
    slopes = [torch.autograd.grad(loss, leaves, allow_unused=True, retain_graph=True) for loss in pair]
    slopes = [
        [torch.zeros_like(leaf) if s is None else s for s, leaf in zip(row, leaves, strict=True)] for row in slopes
    ]
    return [loss.detach() for loss in pair], slopes


# ---- the oracle ------------------------------------------------------------------------------


def gumbel(u):
    return -np.log(-np.log(np.clip(u.numpy(), 1e-12, 1 - 1e-12)))


def soft_choice(logits, tau, u, upstream):
    """Return the soft choice and the gradient of its weighted sum by the logits, in float64."""
    shifted = (logits.double().numpy() + gumbel(u)) / tau
    exponential = np.exp(shifted - shifted.max(axis=-1, keepdims=True))
    p = exponential / exponential.sum(axis=-1, keepdims=True)
    up = upstream.double().numpy()
    slope = p * (up - (p * up).sum(axis=-1, keepdims=True)) / tau
    return [torch.from_numpy(array).to(logits.dtype) for array in (p, slope)]


def hard_choice(logits, u):
    plain = logits.numpy()
    winner = (plain + gumbel(u).astype(plain.dtype)).argmax(axis=-1)
    return torch.from_numpy(np.eye(logits.shape[-1])[winner]).to(logits.dtype)


def draw_choice(seed, shape, dtype=torch.float64, scale=2.0):
    """Draw logits, uniforms that include both ends, and weights of a sum."""
    rng = np.random.default_rng(seed)
    u = rng.random(shape)
    u[rng.random(shape) < 0.1] = 0.0
    logits, upstream = (torch.from_numpy(rng.normal(0, s, shape)).to(dtype) for s in (scale, 1.0))
    u.reshape(-1, shape[-1])[rng.integers(u[..., 0].size), rng.integers(shape[-1])] = 1.0
    return logits, torch.from_numpy(u), upstream


def make_world(seed, batch, steps, tau=0.7):
    rng = np.random.default_rng(seed)
    return {
        "seed": seed,
        "tau": tau,
        "weight": torch.from_numpy(rng.normal(0, 1, (TOKENS, WIDTH))),
        "hidden": torch.from_numpy(rng.normal(0, 1, (batch, HIDDEN))),
        "start": torch.from_numpy(rng.integers(0, TOKENS, batch)),
        "u": torch.from_numpy(rng.uniform(0.01, 0.99, (batch, steps, TOKENS))),
        "upstream": torch.from_numpy(rng.normal(0, 1, (batch, steps, TOKENS))),
    }


def expected_text(world, hard):
    """Generate sequence after sequence; return the text, and its gradients by cell, embeddings and first state."""
    cell, leaves = Cell(world["seed"]), [world[name].clone().requires_grad_() for name in ("weight", "hidden")]
    noise = torch.from_numpy(gumbel(world["u"]))
    rows = []
    for b, token in enumerate(world["start"].tolist()):
        x, state, row = leaves[0][token][None], {"hidden": leaves[1][b : b + 1], "calls": 0}, []
        for t in range(noise.shape[1]):
            logits, state = cell(x, state)
            powers = ((logits + noise[b, t]) / world["tau"]).exp()
            p = powers / powers.sum()
            p = StraightThrough.apply(p) if hard else p
            x = sum(p[:, v, None] * leaves[0][v] for v in range(TOKENS))
            row.append(p[0])
        rows.append(torch.stack(row))
    text = torch.stack(rows)
    gradients = torch.autograd.grad((text * world["upstream"]).sum(), [*cell.parameters(), *leaves])
    return text.detach(), list(gradients)


def draw_text(seed, lengths, tokens, dtype=torch.float64):
    """Draw probabilities, embeddings and the weights of a sum of scores."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(TOKENS), (len(lengths), tokens))
    arrays = p, rng.normal(0, 1, (TOKENS, WIDTH)), rng.normal(0, 1, len(lengths))
    return [torch.from_numpy(array).to(dtype) for array in arrays]


def expected_scores(seed, p, weight, lengths, upstream):
    """Score the real tokens of each sequence by themselves."""
    critic, leaves = Critic(seed).to(p.dtype), [t.clone().requires_grad_() for t in (p, weight)]
    rows = []
    for b, length in enumerate(lengths):
        embedded = torch.einsum("tv,vd->td", leaves[0][b, :length], leaves[1])
        rows.append(critic(embedded[None])[0].sum() / length)
    out = torch.stack(rows)
    gradients = torch.autograd.grad((out * upstream).sum(), [*leaves, *critic.parameters()])
    return out.detach(), list(gradients)


# ---- the checks ------------------------------------------------------------------------------


@points(4, group="soft choices", group_zh="软选择")
@stated("soft", "tolerance")
@contract("the definition itself; the checks of hard choices and of gradients would leave it unsaid")
@hint(en="How often is the logarithm taken, and with which sign each time?", zh="一共取了几次对数？每次的符号是什么？")
@given(
    seed=SEEDS,
    shape=st.lists(st.integers(1, 4), max_size=3).map(tuple),
    tokens=st.integers(1, 6),
    tau=st.sampled_from([1e-4, 0.5, 1.0, 30.0, 1e8]),
)
@settings(max_examples=14)
def test_soft_choices(solution, seed, shape, tokens, tau):
    for scale in (2.0, 3000.0):
        logits, u, upstream = draw_choice(seed, (*shape, tokens), scale=scale)
        expected, _ = soft_choice(logits, tau, u, upstream)
        assert_close(solution.gumbel_softmax(logits, tau, u), expected, rtol=1e-9, atol=1e-8 if scale > 2 else None)
    single = solution.gumbel_softmax(logits.float(), tau, u)
    assert (single >= 0).all()
    assert_close(single.sum(dim=-1), torch.ones(shape))
    logits, u, upstream = draw_choice(seed, (*shape, tokens), torch.float32)
    if tau >= 0.5:
        assert_close(solution.gumbel_softmax(logits, tau, u), soft_choice(logits, tau, u, upstream)[0], rtol=1e-3)


@points(2, group="soft choices", group_zh="软选择")
@stated("soft", "gradients", "hard")
@hint(
    en="What is minus infinity after each of your operations, and its gradient?",
    zh="负无穷经过你的每一步运算之后是什么？梯度又是什么？",
)
@given(seed=SEEDS, hard=st.booleans())
@settings(max_examples=8)
def test_forbidden_tokens(solution, seed, hard):
    logits, u, upstream = draw_choice(seed, (4, 5))
    allowed = torch.from_numpy(np.random.default_rng(seed).random((4, 5)) < 0.5)
    allowed[:, seed % 5] = True
    logits = logits.masked_fill(~allowed, -torch.inf)
    p, slope, _ = solution.run(choice, logits, 0.6, u, hard, upstream)
    soft, expected_slope = soft_choice(logits, 0.6, u, upstream)
    assert_close(p, hard_choice(logits, u) if hard else soft, rtol=1e-9)
    assert_close(slope, expected_slope, rtol=1e-9, atol=1e-10)
    assert not p[~allowed].any()
    assert not slope[~allowed].any()


@points(3, group="hard choices", group_zh="硬选择")
@stated("hard")
@hint(en="Where do you look for the winner: before or after the softmax?", zh="在 softmax 之前还是之后找最大者？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_hard_choices_are_one_hot_whatever_the_temperature(solution, seed):
    for dtype in (torch.float32, torch.float64):
        logits, u, _ = draw_choice(seed, (2, 5, 4), dtype)
        for tau in (1e-4, 0.3, 1.0, 1e8):
            assert_equal(solution.gumbel_softmax(logits, tau, u, hard=True), hard_choice(logits, u))


@points(3, group="gradients", group_zh="梯度")
@stated("gradients", "inputs", "tolerance")
@hint(en="What does the way back see of the hard choice?", zh="反向传播时，硬选择是什么样子？")
@given(seed=SEEDS, hard=st.booleans(), tau=st.sampled_from([0.05, 1.0, 5.0]))
@settings(max_examples=8)
def test_gradients_are_those_of_the_soft_choice(solution, seed, hard, tau):
    logits, u, upstream = draw_choice(seed, (3, 5))
    _, slope, arguments = solution.run(choice, logits, tau, u, hard, upstream)
    assert_close(slope, soft_choice(logits, tau, u, upstream)[1], rtol=1e-9, atol=1e-10)
    assert_equal(arguments, [logits, u])


@points(1, group="soft choices", group_zh="软选择")
@stated("tau")
@hint(en="Which temperatures make no sense?", zh="哪些温度没有意义？")
def test_temperatures_that_make_no_sense(solution):
    logits, u, _ = draw_choice(1, (2, 3))
    for tau in (0.0, -1.0, 0):
        for hard in (False, True):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.gumbel_softmax(logits, tau, u, hard)


@points(2, group="soft choices", group_zh="软选择")
@stated("soft", "hard")
@contract("the property the trick is named for: hard choices are samples of the softmax")
@hint(en="How often should each token win?", zh="每个词元应当以多大的频率胜出？")
def test_frequencies_are_those_of_the_softmax(solution, rng):
    draws = 20_000
    logits = torch.tensor([0.3, -1.0, 1.2, 0.0, 0.7], dtype=torch.float64)
    u = torch.from_numpy(rng.random((draws, 5)))
    wins = solution.gumbel_softmax(logits.expand(draws, 5).clone(), 0.2, u, hard=True).sum(dim=0).numpy()
    expected = draws * np.exp(logits.numpy()) / np.exp(logits.numpy()).sum()
    # chi-square with 4 degrees of freedom is beyond 60 once in 10^11 times
    assert wins.sum() == draws
    assert (np.square(wins - expected) / expected).sum() < 60


@points(1, group="embeddings", group_zh="嵌入")
@stated("embed", "tolerance")
@hint(en="Which sum over the tokens is it?", zh="这是对词元的哪一个求和？")
@given(seed=SEEDS, shape=st.lists(st.integers(1, 3), max_size=3).map(tuple))
@settings(max_examples=8)
def test_soft_embeddings(solution, seed, shape):
    rng = np.random.default_rng(seed)
    p, weight = rng.dirichlet(np.ones(TOKENS), shape), rng.normal(size=(TOKENS, WIDTH))
    upstream = rng.normal(size=(*shape, WIDTH))
    slopes = [(weight @ upstream[..., None])[..., 0], p.reshape(-1, TOKENS).T @ upstream.reshape(-1, WIDTH)]
    expected = sum(p[..., v, None] * weight[v] for v in range(TOKENS)), slopes
    out, gradients = solution.run(embedding, *map(torch.from_numpy, (p, weight, upstream)))
    assert_close(out, torch.from_numpy(expected[0]), rtol=1e-9)
    assert_close(gradients, [torch.from_numpy(slope) for slope in expected[1]], rtol=1e-9)
    tokens = rng.integers(0, TOKENS, shape)
    one_hot = torch.from_numpy(np.eye(TOKENS)[tokens])
    assert_close(solution.soft_embed(one_hot, torch.from_numpy(weight)), torch.from_numpy(weight[tokens]))


@points(4, group="generation", group_zh="生成")
@stated("generate", "tolerance")
@hint(
    en="What does each step get from the one before it, and can a gradient go back that way?",
    zh="每一步从前一步得到什么？梯度能沿原路返回吗？",
)
@given(seed=SEEDS, batch=st.integers(1, 3), steps=st.integers(1, 4), hard=st.booleans())
@settings(max_examples=7, deadline=None)
def test_text_and_its_gradients_through_all_steps(solution, seed, batch, steps, hard):
    world = make_world(seed, batch, steps)
    text, gradients, counts = solution.run(generated, world, hard)
    expected, expected_gradients = expected_text(world, hard)
    assert_close(text, expected, rtol=1e-9)
    assert_close(gradients, expected_gradients, rtol=1e-9)
    assert counts == list(range(1, steps + 1))


@points(4, group="scores", group_zh="得分")
@stated("score", "tolerance")
@hint(en="Over which tokens is the mean taken?", zh="平均值对哪些词元取？")
@given(seed=SEEDS, lengths=st.lists(st.integers(1, 5), min_size=1, max_size=4), extra=st.integers(0, 3))
@settings(max_examples=9, deadline=None)
def test_one_score_for_each_sequence(solution, seed, lengths, extra):
    p, weight, upstream = draw_text(seed, lengths, max(lengths) + extra)
    out, gradients, after = solution.run(scores, seed, p, weight, torch.tensor(lengths), upstream)
    expected, expected_gradients = expected_scores(seed, p, weight, lengths, upstream)
    assert_close(out, expected, rtol=1e-9)
    assert_close(gradients, expected_gradients, rtol=1e-9)
    assert_equal(after, p)
    p, weight, upstream = (t.float() for t in (p, weight, upstream))
    out, _, _ = solution.run(scores, seed, p, weight, torch.tensor(lengths), upstream)
    assert_close(out, expected_scores(seed, p, weight, lengths, upstream)[0], rtol=1e-3, atol=1e-3)


@points(2, group="scores", group_zh="得分")
@stated("padding")
@hint(en="A value that is discarded can still spoil the gradient.", zh="被丢弃的值仍可能破坏梯度。")
@given(seed=SEEDS, lengths=st.lists(st.integers(1, 4), min_size=1, max_size=3), junk=st.sampled_from([np.nan, np.inf]))
@settings(max_examples=7, deadline=None)
def test_padding_leaves_no_trace(solution, seed, lengths, junk):
    p, weight, upstream = draw_text(seed, lengths, 6)
    padding = torch.arange(6) >= torch.tensor(lengths)[:, None]
    p[padding] = junk
    out, gradients, _ = solution.run(scores, seed, p, weight, torch.tensor(lengths), upstream)
    expected, expected_gradients = expected_scores(seed, p, weight, lengths, upstream)
    assert_close(out, expected, rtol=1e-9)
    assert_close(gradients, expected_gradients, rtol=1e-9)
    assert not gradients[0][padding].any()


@points(3, group="losses", group_zh="损失")
@stated("losses", "tolerance")
@hint(
    en="Scores have no bounds: what makes a probability of them, and of its logarithm a finite number?",
    zh="得分没有界限：怎样把它变成概率？概率的对数又怎样保持有限？",
)
@given(
    seed=SEEDS,
    counts=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    scale=st.sampled_from([1.0, 50.0, 4000.0]),
)
@example(seed=1, counts=(4, 4), scale=4000.0)
@settings(max_examples=9, deadline=None)
def test_losses_and_their_gradients(solution, seed, counts, scale):
    rng = np.random.default_rng(seed)
    real, fake = (rng.normal(0, 1, count) * scale for count in counts)
    sigmoid = [1 / (1 + np.exp(-np.clip(s, -700, 700))) for s in (real, fake)]
    values = [
        np.logaddexp(0, -real).mean() + np.logaddexp(0, fake).mean(),
        np.logaddexp(0, -fake).mean(),
    ]
    none = np.zeros(counts[0])
    slopes = [[(sigmoid[0] - 1) / counts[0], sigmoid[1] / counts[1]], [none, (sigmoid[1] - 1) / counts[1]]]
    got, gradients = solution.run(losses, torch.from_numpy(real), torch.from_numpy(fake))
    assert_close(got, [torch.tensor(value, dtype=torch.float64) for value in values], rtol=1e-9, atol=1e-10)
    expected = [[torch.from_numpy(slope) for slope in row] for row in slopes]
    assert_close(gradients, expected, rtol=1e-9, atol=1e-10)
