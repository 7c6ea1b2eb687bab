"""Hidden checks of `policy-gradient`; sums are written out step by step, gradients by their closed form."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
RTOL = {torch.float64: 1e-9, torch.float32: 1e-5}


# ---- inside the guest ----------------------------------------------------------------------------


def with_gradients(submission, name, tensors, numbers):
    """Call with tensors that require gradients; tell the result, whether it does, and the tensors afterwards."""
    given = [t.clone().requires_grad_() if t.is_floating_point() else t.clone() for t in tensors]
    *first, last = given
    result = getattr(submission, name)(*first, *numbers, last)
    return result.detach().clone(), result.requires_grad, [t.detach() for t in given], [t.grad for t in given]


def slopes(submission, logp, adv, entropy, beta):
    """Tell a loss and its gradients by each argument."""
    given = [t.clone().requires_grad_() for t in (logp, adv, entropy)]
    loss = submission.reinforce_loss(*given, beta)
    loss.backward()
    return loss.detach(), [t.grad for t in given]


def bandit(submission, logits, actions, rewards, baseline, beta):
    """Tell the gradient by the logits of a softmax policy that took these actions."""
    weights = logits.clone().requires_grad_()
    logp = weights.log_softmax(0)
    entropy = -(logp.exp() * logp).sum()
    loss = submission.reinforce_loss(logp[actions], rewards[actions] - baseline, entropy.expand(len(actions)), beta)
    loss.backward()
    return weights.grad


# ---- the oracle ----------------------------------------------------------------------------------


def summed(terms, done, factor, last):
    """Sum, for each step, what follows in the same episode, with every weight as a power."""
    sums = []
    for t in range(len(terms)):
        total, weight = 0.0, 1.0
        for k in range(t, len(terms)):
            total += weight * terms[k]
            weight *= factor
            if done[k]:
                break
        else:
            total += weight * last
        sums.append(total)
    return sums


def by_world(function, *tensors):
    """Apply a function of lists to each world."""
    shape, first = tensors[0].shape, tensors[0]
    number = math.prod(shape[1:])
    flat = [t.double().reshape(shape[0] if t.shape == shape else 1, number) for t in tensors]
    worlds = [function(*(t[:, w].tolist() for t in flat)) for w in range(number)]
    found = torch.tensor(worlds, dtype=torch.float64).reshape(number, shape[0])
    return found.T.reshape(shape).to(first.dtype)


def expected_returns(r, done, gamma, bootstrap):
    return by_world(lambda r, done, last: summed(r, done, gamma, last[0]), r, done, bootstrap)


def expected_gae(r, v, done, gamma, lam, bootstrap):
    def advantages(r, v, done, last):
        after = [*v, last[0]][1:]
        errors = [a + (0.0 if ended else gamma * n) - b for a, b, n, ended in zip(r, v, after, done, strict=True)]
        return summed(errors, done, gamma * lam, 0.0)

    return by_world(advantages, r, v, done, bootstrap)


def draw(seed, shape, dtype):
    """Draw rewards, values, ends and what is left; it is NaN where an episode had ended."""
    rng = np.random.default_rng(seed)
    r, v = (torch.from_numpy(np.asarray(rng.normal(1, 2, shape))).to(dtype) for _ in range(2))
    done = torch.from_numpy(np.asarray(rng.random(shape) < 0.3))
    bootstrap = torch.from_numpy(np.asarray(rng.normal(3, 2, shape[1:]))).to(dtype)
    if shape[0]:
        bootstrap = torch.where(done[-1], math.nan, bootstrap)
    return r, v, done, bootstrap


SHAPES = (
    ((6,), torch.float64),
    ((5, 3), torch.float32),
    ((4, 2, 2), torch.float64),
    ((1, 3), torch.float64),
    ((7, 1), torch.float64),
)


# ---- the checks: returns -------------------------------------------------------------------------


@points(3, group="returns", group_zh="回报")
@stated("returns", "episodes", "bootstrap", "axes", "tolerance")
@contract("the definition itself; other checks meet it through what is built on it")
@hint(en="What may cross the end of an episode?", zh="什么可以越过回合的结尾？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_returns_step_by_step(solution, seed):
    for shape, dtype in SHAPES:
        for gamma in (0.9, 1.0, 0.0):
            r, _, done, bootstrap = draw(seed, shape, dtype)
            wanted = expected_returns(r, done, gamma, bootstrap)
            assert_close(solution.returns(r, done, gamma, bootstrap), wanted, rtol=RTOL[dtype])


@points(4, group="advantages", group_zh="优势")
@stated("gae", "episodes", "bootstrap", "axes", "tolerance")
@contract("the definition for every shape, dtype and lam; the ends of the scale alone do not say what lies between")
@hint(en="Which values belong to the same episode as the step?", zh="哪些价值与这一步属于同一回合？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_advantages_step_by_step(solution, seed):
    for shape, dtype in SHAPES:
        for gamma, lam in ((0.9, 0.8), (1.0, 0.5), (0.7, 0.0), (0.0, 0.9)):
            r, v, done, bootstrap = draw(seed, shape, dtype)
            wanted = expected_gae(r, v, done, gamma, lam, bootstrap)
            assert_close(solution.gae(r, v, done, gamma, lam, bootstrap), wanted, rtol=RTOL[dtype])


@points(2, group="advantages", group_zh="优势")
@stated("gae", "returns")
@contract("the two ends of the scale: the whole return less the value, and the error of one step")
@hint(en="What is left of the sum for lam = 1, and for lam = 0?", zh="lam = 1 时求和剩下什么？lam = 0 时呢？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_both_ends_of_the_scale(solution, seed):
    r, v, done, bootstrap = draw(seed, (6, 2), torch.float64)
    whole = solution.gae(r, v, done, 0.9, 1.0, bootstrap)
    assert_close(whole, solution.returns(r, done, 0.9, bootstrap) - v, rtol=1e-9)
    single = solution.gae(r, v, done, 0.9, 0.0, bootstrap)
    after = torch.cat([v[1:], bootstrap[None]])
    assert_close(single, r + 0.9 * torch.where(done, torch.zeros_like(v), after) - v, rtol=1e-9)


@points(2, group="constants", group_zh="常数")
@stated("constant", "axes")
@hint(en="May the policy's gradient run into the values?", zh="策略的梯度可以流入价值吗？")
def test_no_gradients_and_no_changes(solution):
    for shape in ((4, 2), (0, 3), (0,), (3, 0)):
        r, v, done, bootstrap = draw(5, shape, torch.float64)
        cases = {
            "returns": ((r, done, bootstrap), (0.9,), expected_returns(r, done, 0.9, bootstrap)),
            "gae": ((r, v, done, bootstrap), (0.9, 0.8), expected_gae(r, v, done, 0.9, 0.8, bootstrap)),
        }
        for name, (tensors, numbers, wanted) in cases.items():
            found, needs_gradient, after, grads = solution.run(with_gradients, name, tensors, numbers)
            assert_close(found, wanted, rtol=1e-9)
            assert not needs_gradient
            assert_equal((after, grads), (list(tensors), [None] * len(tensors)))


# ---- the checks: loss ----------------------------------------------------------------------------


@points(3, group="loss", group_zh="损失")
@stated("loss", "tolerance")
@contract("the definition and every gradient; the theorem behind it would leave them unsaid")
@hint(en="Which of the three is a constant, and which way is down?", zh="三者中哪个是常数？哪个方向是下降？")
@given(seed=SEEDS)
@settings(max_examples=10)
def test_loss_and_gradients(solution, seed):
    rng = np.random.default_rng(seed)
    for shape, dtype, beta in (
        ((5,), torch.float64, 0.3),
        ((2, 3), torch.float32, 1.7),
        ((), torch.float64, 0.01),
        ((1,), torch.float64, 1.0),
    ):
        logp, adv, entropy = (torch.from_numpy(np.asarray(rng.normal(-1, 2, shape))).to(dtype) for _ in range(3))
        number = math.prod(shape)
        terms = torch.cat([(-logp.double() * adv.double()).flatten(), (-beta * entropy.double()).flatten()])
        loss = math.fsum(terms.tolist()) / number
        found, (by_logp, by_adv, by_entropy) = solution.run(slopes, logp, adv, entropy, beta)
        rtol = RTOL[dtype]
        assert_close(found, torch.tensor(loss, dtype=dtype), rtol=rtol, atol=rtol * terms.abs().max().item())
        assert by_adv is None
        assert_close(by_logp, -adv / number, rtol=rtol)
        assert_close(by_entropy, torch.full(shape, -beta / number, dtype=dtype), rtol=rtol)


@points(2, group="loss", group_zh="损失")
@stated("loss")
@contract("the theorem behind it: the expected gradient is that of the expected reward, with any baseline")
@hint(en="What does a constant added to all rewards teach?", zh="给所有奖励加上同一个常数，会教会什么？")
@given(rewards=st.lists(st.integers(-9, 9), min_size=3, max_size=3), baseline=st.integers(-50, 50))
@settings(max_examples=10)
def test_the_gradient_of_the_expected_reward(solution, rewards, baseline):
    # chances of 1/2, 1/4, 1/4, which four actions meet exactly
    logits, r = torch.tensor([math.log(2), 0.0, 0.0], dtype=torch.float64), torch.tensor(rewards, dtype=torch.float64)
    p = torch.tensor([0.5, 0.25, 0.25], dtype=torch.float64)
    for beta in (0.0, 0.3):
        found = solution.run(bandit, logits, torch.tensor([0, 0, 1, 2]), r, float(baseline), beta)
        by_entropy = -p * (p.log() - (p * p.log()).sum())
        wanted = -p * (r - (p * r).sum()) - beta * by_entropy
        assert_close(found, wanted, rtol=1e-9, atol=1e-9 * max(1.0, (r - baseline).abs().max().item()))


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("errors", "loss-errors")
@hint(en="What does torch broadcast in silence?", zh="torch 会悄悄广播什么？")
def test_what_does_not_fit_is_refused(solution):
    r, v, done, last = draw(6, (4, 3), torch.float64)
    odd = [(r, done[:, :1], 0.9, last), (r, done[:1], 0.9, last), (r, done, 0.9, last[:1]), (r, done, 0.9, last[0])]
    odd += [(r, done, 0.9, last[None]), (r, done, -0.1, last), (r, done, 1.1, last), (r, done, math.nan, last)]
    odd += [(r[0, 0], done[0, 0], 0.9, last[0]), (r, done[0], 0.9, last)]
    for rewards, ended, gamma, bootstrap in odd:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.returns(rewards, ended, gamma, bootstrap)
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.gae(rewards, rewards, ended, gamma, 0.9, bootstrap)
    for values, lam in ((v[:1], 0.9), (v[:, :1], 0.9), (v[0], 0.9), (v, -0.1), (v, 1.1), (v, math.nan)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.gae(r, values, done, 0.9, lam, last)
    a, b = torch.ones(3), torch.ones(3, 1)
    for arguments in ((a, b, a), (b, a, a), (a, a, b), (a, a[:1], a), (a, a, a[0]), (a[:0], a[:0], a[:0])):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.reinforce_loss(*arguments, 0.1)


@performance(points=2, of="gae", group="speed", group_zh="速度", at_least=5.0, times_faster_than="number_by_number")
@stated("speed")
def many_worlds(rng):
    r, v = rng.tensor(40, 60), rng.tensor(40, 60)
    return (r, v, rng.tensor(40, 60) > 1.5, 0.99, 0.95, rng.tensor(60)), {}
