"""Hidden checks of `vae-elbo`; densities come from torch.distributions, likelihoods from logaddexp, in float64."""

import math

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Normal

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
PIXELS = st.sampled_from([(1,), (4,), (2, 3), (1, 2, 2)])
DTYPES = st.sampled_from([torch.float32, torch.float64])


# ---- probes: they run in the guest -----------------------------------------------------------


def with_gradients(submission, name, tensors, upstream, options):
    """Give a result, the gradients of its weighted sum by all tensors (zeros for none), and the tensors after."""
    leaves = [t.clone().requires_grad_() for t in tensors]
    out = getattr(submission, name)(*leaves, *options)
    total = (out * upstream).sum()
    slopes = torch.autograd.grad(total, leaves, allow_unused=True)
    slopes = [torch.zeros_like(t) if s is None else s for s, t in zip(slopes, leaves, strict=True)]
    return out.detach(), slopes, [leaf.detach() for leaf in leaves]


def under_other_seeds(submission, mu, logvar, eps, x, logits):
    """Give samples and objective under two states of torch's random numbers, and the states before and after."""
    seen, states = [], []
    for seed in (1, 2):
        torch.manual_seed(seed)
        states.append([torch.get_rng_state()])
        z = submission.reparameterise(mu, logvar, eps)
        seen.append([z, submission.neg_elbo(x, logits, mu, logvar)])
        states[-1].append(torch.get_rng_state())
    return seen, states


# ---- the oracle ------------------------------------------------------------------------------


def draw(seed, shape, spread=1.0, dtype=torch.float64):
    return torch.from_numpy(np.random.default_rng(seed).normal(0, spread, shape)).to(dtype)


def draw_logvar(seed, shape, dtype=torch.float64, bound=20.0):
    return torch.from_numpy(np.random.default_rng([seed, 1]).uniform(-bound, bound, shape)).to(dtype)


def draw_image(seed, shape, dtype=torch.float64):
    """Draw pixels: black, white, and everything between."""
    rng = np.random.default_rng([seed, 2])
    return torch.from_numpy(np.clip(rng.uniform(-0.5, 1.5, shape), 0, 1)).to(dtype)


def log_likelihood(x, logits):
    """Sum the pixels of each image; `logits` may have samples in front."""
    zero = torch.zeros_like(logits)
    pixels = -x * torch.logaddexp(zero, -logits) - (1 - x) * torch.logaddexp(zero, logits)
    return pixels.flatten(logits.dim() - x.dim() + 1).sum(dim=-1)


def divergence(mu, logvar):
    """Compute in float64 what is 0.5 * sum(exp(logvar) - 1 - logvar + mu**2)."""
    one = np.expm1(logvar.double().numpy()) - logvar.double().numpy() + mu.double().numpy() ** 2
    return torch.from_numpy(0.5 * one.sum(axis=1))


def log_weights(x, logits, z, mu, logvar):
    prior = Normal(torch.zeros_like(mu), torch.ones_like(mu)).log_prob(z).sum(dim=-1)
    posterior = Normal(mu, (0.5 * logvar).exp()).log_prob(z).sum(dim=-1)
    return log_likelihood(x, logits) + prior - posterior


def bound_of(x, logits, z, mu, logvar):
    """Add up the weights of each image one after the other, in log space."""
    weights = log_weights(x, logits, z, mu, logvar)
    total = weights[0]
    for weight in weights[1:]:
        total = torch.logaddexp(total, weight)
    return (total - math.log(len(weights))).mean()


def differentiated(function, tensors):
    leaves = [t.double().clone().requires_grad_() for t in tensors]
    out = function(*leaves)
    slopes = torch.autograd.grad(out, leaves, allow_unused=True)
    return out.detach(), [torch.zeros_like(t) if s is None else s for s, t in zip(slopes, leaves, strict=True)]


def draw_samples(seed, samples, batch, pixels, spread=2.0, bound=3.0):
    """Draw what `importance_bound` takes."""
    mu, logvar = draw(seed, (batch, 3)), draw_logvar(seed, (batch, 3), bound=bound)
    z = mu + (0.5 * logvar).exp() * draw(seed + 1, (samples, batch, 3))
    return [draw_image(seed, (batch, *pixels)), draw(seed + 2, (samples, batch, *pixels), spread), z, mu, logvar]


# ---- the checks ------------------------------------------------------------------------------


@points(3, group="divergence", group_zh="KL 散度")
@stated("kl", "arguments", "gradients", "inputs", "tolerance")
@hint(en="Whose logarithm is `logvar`, and over what is the sum?", zh="`logvar` 是什么的对数？求和对什么进行？")
@given(seed=SEEDS, batch=st.integers(1, 4), width=st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_divergence_and_its_gradient(solution, seed, batch, width):
    mu, logvar = draw(seed, (batch, width), 3.0), draw_logvar(seed, (batch, width))
    up = draw(seed + 3, (batch,))
    out, slopes, after = solution.run(with_gradients, "kl_diag", [mu, logvar], up, [])
    exact = torch.distributions.kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0.0, 1.0)).sum(dim=1)
    assert_close(out, exact, rtol=1e-9)
    assert_close(slopes, [up[:, None] * mu, up[:, None] * 0.5 * torch.expm1(logvar)], rtol=1e-8)
    assert_equal(after, [mu, logvar])


@points(2, group="divergence", group_zh="KL 散度")
@stated("kl")
@hint(
    en="What is left of exp(0.001) - 1 - 0.001 after three roundings?",
    zh="exp(0.001) - 1 - 0.001 经过三次舍入之后还剩下什么？",
)
@given(seed=SEEDS, power=st.integers(0, 3))
@settings(max_examples=20)
def test_divergence_is_precise_near_zero(solution, seed, power):
    rng = np.random.default_rng(seed)
    sides = rng.choice([-1, 1], (2, 3, 4)) * rng.uniform(1, 2, (2, 3, 4)) * 10.0**-power
    mu, logvar = torch.from_numpy(sides).float()
    out = solution.kl_diag(mu, logvar)
    assert_close(out, divergence(mu, logvar).float(), rtol=1e-3, atol=0.0)
    assert_close(solution.kl_diag(mu * 0, logvar), divergence(mu * 0, logvar).float(), rtol=1e-3, atol=0.0)


@points(1, group="divergence", group_zh="KL 散度")
@stated("kl")
@hint(en="Can rounding make a divergence negative?", zh="舍入会让散度变成负数吗？")
@given(seed=SEEDS, power=st.integers(4, 9), dtype=DTYPES)
@settings(max_examples=20)
def test_divergence_is_never_negative(solution, seed, power, dtype):
    rng = np.random.default_rng(seed)
    logvar = torch.from_numpy(rng.uniform(-1, 1, (50, 1)) * 10.0**-power).to(dtype)
    out = solution.kl_diag(torch.zeros_like(logvar), logvar)
    assert out.shape == (50,)
    assert (out >= 0).all()
    assert_equal(solution.kl_diag(logvar * 0, logvar * 0), torch.zeros(50, dtype=dtype))


@points(3, group="samples", group_zh="样本")
@stated("sample", "gradients", "tolerance", "inputs")
@hint(
    en="What is the standard deviation, if `logvar` is the logarithm of the variance?",
    zh="`logvar` 是方差的对数，那么标准差是多少？",
)
@given(seed=SEEDS, batch=st.integers(1, 3), front=st.sampled_from([(), (1,), (4,), (2, 3)]))
@settings(max_examples=15, deadline=None)
def test_samples_and_their_gradients(solution, seed, batch, front):
    mu, logvar = draw(seed, (batch, 2)), draw_logvar(seed, (batch, 2))
    eps, up = draw(seed + 1, (*front, batch, 2)), draw(seed + 2, (*front, batch, 2))
    out, slopes, after = solution.run(with_gradients, "reparameterise", [mu, logvar, eps], up, [])
    deviation = torch.from_numpy(np.sqrt(np.exp(logvar.numpy())))
    assert_close(out, mu + deviation * eps, rtol=1e-9)
    by_logvar = (up * eps).reshape(-1, batch, 2).sum(dim=0) * deviation / 2
    assert_close(slopes, [up.reshape(-1, batch, 2).sum(dim=0), by_logvar, up * deviation], rtol=1e-8)
    assert_equal(after, [mu, logvar, eps])


@points(1, group="samples", group_zh="样本")
@stated("sample", "inputs")
@hint(en="Where does all randomness come from?", zh="所有随机性从哪里来？")
def test_the_global_random_state_neither_moves_nor_matters(solution, rng):
    mu, logvar, eps = rng.tensor(2, 3), rng.tensor(2, 3), rng.tensor(2, 3)
    x, logits = draw_image(1, (2, 4), torch.float32), rng.tensor(2, 4)
    seen, states = solution.run(under_other_seeds, mu, logvar, eps, x, logits)
    assert_equal(seen[0], seen[1])
    assert_close(seen[0][0], mu + (logvar / 2).exp() * eps)
    for before, after in states:
        assert_equal(after, before)


@points(4, group="objective", group_zh="目标函数")
@stated("elbo", "likelihood", "arguments", "gradients", "tolerance")
@hint(en="What is summed, what is averaged, and in which order?", zh="哪些求和，哪些取平均，先后顺序如何？")
@given(seed=SEEDS, batch=st.integers(1, 4), pixels=PIXELS, beta=st.sampled_from([0.0, 0.25, 1.0, 4.0]))
@settings(max_examples=20, deadline=None)
def test_objective_and_its_gradients(solution, seed, batch, pixels, beta):
    x, logits = draw_image(seed, (batch, *pixels)), draw(seed, (batch, *pixels), 3.0)
    mu, logvar = draw(seed + 1, (batch, 2)), draw_logvar(seed, (batch, 2), bound=3.0)
    options = [] if beta == 1.0 else [beta]
    out, slopes, after = solution.run(
        with_gradients, "neg_elbo", [x, logits, mu, logvar], torch.ones((), dtype=torch.float64), options
    )
    value = (beta * divergence(mu, logvar) - log_likelihood(x, logits)).mean()
    expected = [-logits, torch.sigmoid(logits) - x, beta * mu, beta * 0.5 * torch.expm1(logvar)]
    assert_close(out, value, rtol=1e-9)
    assert_close(slopes, [slope / batch for slope in expected], rtol=1e-8)
    assert_equal(after, [x, logits, mu, logvar])


@points(4, group="numerical care", group_zh="数值稳健性")
@stated("large", "likelihood", "bound", "tolerance")
@hint(
    en="How small is the probability of a pixel, and of a whole image?",
    zh="一个像素的概率有多小？一整张图像的概率又有多小？",
)
@given(seed=SEEDS, scale=st.sampled_from([2.0, 40.0, 300.0, 4000.0]))
@settings(max_examples=10, deadline=None)
def test_large_logits_and_many_pixels(solution, seed, scale):
    x, logits, z, mu, logvar = draw_samples(seed, 3, 2, (30, 40), scale)
    one = torch.ones((), dtype=torch.float64)
    out, slopes, _ = solution.run(with_gradients, "neg_elbo", [x, logits[0], mu, logvar], one, [])
    assert_close(out, (divergence(mu, logvar) - log_likelihood(x, logits[0])).mean(), rtol=1e-9)
    assert_close(slopes[1], (torch.sigmoid(logits[0]) - x) / 2, rtol=1e-8)
    tensors = [x, logits, z, mu, logvar]
    out, slopes, _ = solution.run(with_gradients, "importance_bound", tensors, one, [])
    expected, expected_slopes = differentiated(bound_of, tensors)
    assert_close(out, expected, rtol=1e-9)
    assert_close(slopes[1], expected_slopes[1], rtol=1e-8)


@points(1, group="numerical care", group_zh="数值稳健性")
@stated("arguments", "tolerance")
@hint(en="Which dtype comes out?", zh="结果是什么 dtype？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_single_precision(solution, seed):
    tensors = draw_samples(seed, 3, 2, (4,))
    x, logits, z, mu, logvar = (t.float() for t in tensors)
    assert_close(solution.neg_elbo(x, logits[0], mu, logvar), single_objective(x, logits[0], mu, logvar))
    exact = bound_of(*(t.double() for t in (x, logits, z, mu, logvar)))
    assert_close(solution.importance_bound(x, logits, z, mu, logvar), exact.float(), rtol=1e-3, atol=1e-3)


def single_objective(x, logits, mu, logvar):
    likelihood = log_likelihood(x.double(), logits.double())
    return (divergence(mu, logvar) - likelihood).mean().float()


@points(4, group="importance-weighted bound", group_zh="重要性加权下界")
@stated("bound", "gradients", "tolerance", "inputs")
@hint(
    en="Write down the logarithm of one weight; then ask how logarithms are added up.",
    zh="先写出一个权重的对数，再想一想：取了对数的数怎样相加？",
)
@given(seed=SEEDS, samples=st.integers(1, 4), batch=st.integers(1, 3), pixels=PIXELS)
@settings(max_examples=20, deadline=None)
def test_bound_and_its_gradients(solution, seed, samples, batch, pixels):
    tensors = draw_samples(seed, samples, batch, pixels)
    one = torch.ones((), dtype=torch.float64)
    out, slopes, after = solution.run(with_gradients, "importance_bound", tensors, one, [])
    expected, expected_slopes = differentiated(bound_of, tensors)
    assert_close(out, expected, rtol=1e-9)
    assert_close(slopes, expected_slopes, rtol=1e-8, atol=1e-9)
    assert_equal(after, tensors)


@points(2, group="importance-weighted bound", group_zh="重要性加权下界")
@stated("bound", "elbo")
@contract("laws that tie the functions together: Jensen's inequality, the order and the repetition of samples")
@hint(en="What may change when samples are permuted or repeated?", zh="样本换个顺序或重复一遍，什么会变？")
@given(seed=SEEDS, samples=st.integers(1, 5))
@settings(max_examples=10)
def test_order_repetition_and_jensen(solution, seed, samples):
    x, logits, z, mu, logvar = draw_samples(seed, samples, 2, (3,))
    bound = solution.importance_bound(x, logits, z, mu, logvar)
    order = torch.from_numpy(np.random.default_rng(seed).permutation(samples))
    assert_close(solution.importance_bound(x, logits[order], z[order], mu, logvar), bound, rtol=1e-9)
    twice = [torch.cat([t, t]) for t in (logits, z)]
    assert_close(solution.importance_bound(x, *twice, mu, logvar), bound, rtol=1e-9)
    assert bound >= log_weights(x, logits, z, mu, logvar).mean() - 1e-9


@points(2, group="samples", group_zh="样本")
@stated("kl", "sample")
@contract("the divergence and the samples speak of the same distribution, whatever formulas they use")
@hint(
    en="Do your samples have the distribution whose divergence you compute?",
    zh="你采的样本，与你计算散度的分布是同一个吗？",
)
def test_the_mean_over_samples_is_the_divergence(solution):
    mu, logvar = draw(3, (2, 2)), draw_logvar(3, (2, 2), bound=2.0)
    z = solution.reparameterise(mu, logvar, draw(4, (40_000, 2, 2)))
    prior, posterior = Normal(0.0, 1.0), Normal(mu, (0.5 * logvar).exp())
    ratios = (posterior.log_prob(z) - prior.log_prob(z)).sum(dim=2)
    error = ratios.std(dim=0) / math.sqrt(len(z))
    assert ((ratios.mean(dim=0) - solution.kl_diag(mu, logvar)).abs() < 4 * error).all()
