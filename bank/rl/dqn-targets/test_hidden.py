"""Hidden checks of `dqn-targets`; expectations are loops, and gradients written out by hand in numpy."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
INPUTS, HIDDEN, ACTIONS = 3, 4, 3
RTOL = {torch.float64: 1e-8, torch.float32: 1e-5}


# ---- inside the guest ----------------------------------------------------------------------------


class Net(nn.Module):
    """Two layers, a counter and a running mean; notes what it is called on, and in which mode."""

    def __init__(self, weights, count=0):
        super().__init__()
        self.w1, self.b1, self.w2, self.b2 = (nn.Parameter(w.clone()) for w in weights)
        self.register_buffer("count", torch.tensor(count))
        self.register_buffer("mean", torch.full((2,), float(count), dtype=weights[0].dtype))
        self.seen = []

    def forward(self, x):
        self.seen.append((x.detach().clone(), self.training, torch.is_grad_enabled()))
        return torch.tanh(x @ self.w1 + self.b1) @ self.w2 + self.b2


class Renamed(Net):
    """The same shapes by other names."""

    def __init__(self, weights):
        super().__init__(weights)
        self.extra = nn.Parameter(torch.zeros(1))


def state(net):
    return {name: tensor.detach().clone() for name, tensor in net.state_dict().items()}


def gradients(net):
    return [None if p.grad is None else p.grad.clone() for p in net.parameters()]


def optimizer(kind, net):
    if kind == "adam":
        return torch.optim.Adam(net.parameters(), lr=0.05)
    return torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.9)


def learn(submission, world, batches, gamma, kind, double, stale):
    """Take a step for each batch; tell losses, weights, and what may not have changed."""
    net, target = Net(world["net"]), Net(world["target"])
    net.train(world["modes"][0])
    target.train(world["modes"][1])
    opt = optimizer(kind, net)
    for p in (*net.parameters(), *target.parameters()):
        p.grad = torch.full_like(p, stale) if stale else None
    before = state(target), gradients(target)
    history = []
    for batch in batches:
        loss = submission.dqn_step(net, target, batch, gamma, opt, double)
        history.append((loss, [p.detach().clone() for p in net.parameters()]))
    return history, before, (state(target), gradients(target)), [net.training, target.training]


def learn_from_itself(submission, world, batch, gamma, double):
    net = Net(world["net"])
    loss = submission.dqn_step(net, net, batch, gamma, optimizer("sgd", net), double)
    return loss, [p.detach().clone() for p in net.parameters()]


def make_targets(submission, r, terminated, q_next, gamma, online):
    """Make targets of values that require gradients; tell whether the targets do."""
    values = [None if q is None else q.clone().requires_grad_() for q in (q_next, online)]
    made = submission.targets(r, terminated, values[0], gamma, values[1])
    return made.detach().clone(), made.requires_grad


def choose(submission, weights, observations, train):
    """Choose for each observation; tell the actions, and what the network was called on."""
    net = Net(weights)
    net.train(train)
    actions = [submission.act(net, obs) for obs in observations]
    return actions, net.seen, net.training, gradients(net)


def synchronise(submission, ours, theirs, tau, frozen):
    """Synchronise; tell the target's own tensors before and after later changes of the network."""
    net, target = Net(ours, 7), Net(theirs, 2)
    for p, flag in zip(target.parameters(), frozen, strict=True):
        p.requires_grad_(not flag)
    held = [*target.parameters(), *target.buffers()]
    submission.sync(net, target, tau)
    now, kept = [t.detach().clone() for t in held], state(net)
    with torch.no_grad():
        for tensor in net.state_dict().values():
            tensor.add_(100)
    later = [t.detach().clone() for t in (*target.parameters(), *target.buffers())]
    return now, later, kept, [not p.requires_grad for p in target.parameters()]


def refuse_to_synchronise(submission, ours, theirs, tau, renamed):
    """Tell what was raised, and the target before and after."""
    target = Renamed(theirs) if renamed else Net(theirs, 2)
    before, raised = state(target), ""
    try:
        submission.sync(Net(ours, 7), target, tau)
    except ValueError:
        raised = "ValueError"
    return raised, before, state(target)


# ---- the oracle ----------------------------------------------------------------------------------


def expected_targets(r, terminated, q_next, gamma, online=None):
    """Make targets row by row."""
    made = []
    for b, (reward, ended) in enumerate(zip(r.tolist(), terminated.tolist(), strict=True)):
        row, chooser = q_next[b].tolist(), (q_next if online is None else online)[b].tolist()
        made.append(reward if ended else reward + gamma * row[chooser.index(max(chooser))])
    return torch.tensor(made, dtype=r.dtype)


def forward(weights, x):
    hidden = np.tanh(x @ weights[0] + weights[1])
    return hidden, hidden @ weights[2] + weights[3]


def step(weights, target, batch, gamma, double):
    """Return the loss of a batch and its gradients, row by row."""
    obs, actions, r, terminated, next_obs = (t.numpy() for t in batch)
    loss, slopes = 0.0, [np.zeros_like(w) for w in weights]
    for x, action, reward, ended, following in zip(obs, actions, r, terminated, next_obs, strict=True):
        wanted = float(reward)
        if not ended:
            values = forward(target, following)[1]
            wanted += gamma * values[np.argmax(forward(weights, following)[1] if double else values)]
        hidden, values = forward(weights, x)
        gap = values[action] - wanted
        loss += (gap**2 / 2 if abs(gap) < 1 else abs(gap) - 0.5) / len(r)
        by_value = np.zeros(ACTIONS)
        by_value[action] = max(-1.0, min(1.0, gap)) / len(r)
        by_hidden = (weights[2] @ by_value) * (1 - hidden**2)
        parts = np.outer(x, by_hidden), by_hidden, np.outer(hidden, by_value), by_value
        slopes = [slope + part for slope, part in zip(slopes, parts, strict=True)]
    return float(loss), slopes


def expected_learning(world, batches, gamma, kind, double):
    weights, target = ([w.double().numpy().copy() for w in world[name]] for name in ("net", "target"))
    first, second = ([np.zeros_like(w) for w in weights] for _ in range(2))
    history = []
    for t, batch in enumerate(batches, start=1):
        loss, slopes = step(weights, target, [x.double() if x.is_floating_point() else x for x in batch], gamma, double)
        for k, g in enumerate(slopes):
            if kind == "adam":
                first[k], second[k] = 0.9 * first[k] + 0.1 * g, 0.999 * second[k] + 0.001 * g * g
                spread = np.sqrt(second[k] / (1 - 0.999**t)) + 1e-8
                weights[k] = weights[k] - 0.05 * first[k] / (1 - 0.9**t) / spread
            else:
                first[k] = 0.9 * first[k] + g
                weights[k] = weights[k] - 0.2 * first[k]
        history.append((loss, [torch.from_numpy(w.copy()).to(world["net"][0].dtype) for w in weights]))
    return history


def draw_weights(rng, dtype=torch.float64):
    shapes = [(INPUTS, HIDDEN), (HIDDEN,), (HIDDEN, ACTIONS), (ACTIONS,)]
    return [torch.from_numpy(rng.normal(0, 1, shape)).to(dtype) for shape in shapes]


def draw_world(seed, dtype=torch.float64, modes=(True, False)):
    rng = np.random.default_rng(seed)
    return {"net": draw_weights(rng, dtype), "target": draw_weights(rng, dtype), "modes": list(modes)}


def draw_batch(seed, size, dtype=torch.float64):
    """Draw what happened; where it ended, the next observation is NaN."""
    rng = np.random.default_rng(seed)
    obs, next_obs = rng.normal(0, 1, (2, size, INPUTS))
    ended = np.arange(size) % 3 == 1
    next_obs[ended] = np.nan
    r = rng.normal(0, 2, size)
    actions = torch.from_numpy(rng.integers(0, ACTIONS, size))
    floats = [torch.from_numpy(a).to(dtype) for a in (obs, r, next_obs)]
    return floats[0], actions, floats[1], torch.from_numpy(ended), floats[2]


# ---- the checks: targets -------------------------------------------------------------------------


@points(3, group="targets", group_zh="目标")
@stated("targets", "double", "tolerance")
@hint(en="Who chooses, and who values what was chosen?", zh="谁来选动作，谁来给选中的动作估值？")
@given(seed=SEEDS)
@settings(max_examples=10)
def test_targets_row_by_row(solution, seed):
    rng = np.random.default_rng(seed)
    for size, actions, gamma, dtype in (
        (4, 3, 0.9, torch.float64),
        (3, 3, 1.0, torch.float32),
        (1, 2, 0.0, torch.float64),
        (0, 2, 0.5, torch.float32),
    ):
        q_next, online = (torch.from_numpy(rng.normal(-3, 2, (size, actions))).to(dtype) for _ in range(2))
        r = torch.from_numpy(rng.normal(0, 1, size)).to(dtype)
        ended = torch.arange(size) % 3 == 2
        for chooser in (None, online, q_next):
            assert_close(
                solution.targets(r, ended, q_next, gamma, chooser),
                expected_targets(r, ended, q_next, gamma, chooser),
                rtol=RTOL[dtype],
            )


@points(2, group="targets", group_zh="目标")
@stated("terminal", "constant")
@hint(en="What is zero times NaN, and may a target be taught?", zh="零乘以 NaN 等于多少？目标可以被训练吗？")
def test_ends_and_gradients(solution):
    r, ended = torch.tensor([1.5, -2.0, 0.25], dtype=torch.float64), torch.tensor([True, False, True])
    for noise in (math.nan, math.inf, -math.inf):
        q_next = torch.tensor([[noise] * 2, [2.0, 3.0], [noise, 5.0]], dtype=torch.float64)
        for online in (None, torch.tensor([[1.0, noise], [4.0, 1.0], [noise] * 2], dtype=torch.float64)):
            made, needs_gradient = solution.run(make_targets, r, ended, q_next, 0.5, online)
            assert_close(made, expected_targets(r, ended, q_next, 0.5, online))
            assert not needs_gradient


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="What does a column minus a row give?", zh="一列减去一行会得到什么？")
def test_what_does_not_fit_is_refused(solution):
    r, ended, q = torch.ones(3), torch.tensor([True, False, False]), torch.ones(3, 2)
    odd = [(r[:, None], ended, q, 0.5), (r, ended[:, None], q, 0.5), (r[:1], ended, q, 0.5), (r, ended[:1], q, 0.5)]
    odd += [(r[:2], ended[:2], q, 0.5), (r[0], ended, q, 0.5), (r, ended, q[:, 0], 0.5), (r, ended, q[None], 0.5)]
    odd += [(r, ended, q, 0.5, bad) for bad in (q[:1], q[:, :1], q[:, 0], torch.ones(3, 3))]
    odd += [(r, ended, q, gamma) for gamma in (-0.1, 1.1, math.nan)]
    for arguments in odd:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.targets(*arguments)


# ---- the checks: choice --------------------------------------------------------------------------


@points(2, group="choice", group_zh="选择动作")
@stated("act")
@hint(en="How many observations are there, and over which axis is the maximum?", zh="有几个观测？最大值沿哪个轴取？")
@given(seed=SEEDS)
@settings(max_examples=6)
def test_one_action_for_one_observation(solution, seed):
    rng = np.random.default_rng(seed)
    weights, observations = draw_weights(rng), list(torch.from_numpy(rng.normal(0, 2, (5, INPUTS))))
    arrays = [w.numpy() for w in weights]
    wanted = [int(np.argmax(forward(arrays, obs.numpy())[1])) for obs in observations]
    for train in (True, False):
        seen = [(obs[None], train, False) for obs in observations]
        assert_equal(solution.run(choose, weights, observations, train), (wanted, seen, train, [None] * 4))


# ---- the checks: step ----------------------------------------------------------------------------


@points(4, group="step", group_zh="更新")
@stated("loss", "step", "terminal", "tolerance")
@contract("the definition over several steps, optimisers and dtypes; the next check looks at what is around it")
@hint(en="Which outputs of the network get a gradient, and of which size?", zh="网络的哪些输出得到梯度？大小是多少？")
@given(seed=SEEDS)
@settings(max_examples=4)
def test_losses_and_weights_after_each_step(solution, seed):
    for kind, double, dtype in (
        ("sgd", False, torch.float64),
        ("sgd", True, torch.float32),
        ("adam", True, torch.float64),
    ):
        world = draw_world(seed, dtype)
        batches = [draw_batch(seed + k, size, dtype) for k, size in enumerate((5, 1, 4))]
        history = solution.run(learn, world, batches, 0.9, kind, double, 0.0)[0]
        for found, wanted in zip(history, expected_learning(world, batches, 0.9, kind, double), strict=True):
            assert_close(found[0], wanted[0], atol=RTOL[dtype])
            assert_close(found[1], wanted[1], rtol=RTOL[dtype] * 10)


@points(2, group="step", group_zh="更新")
@stated("old-gradients", "unchanged")
@hint(
    en="Look at both networks before and after: weights, gradients, modes.", zh="对比两个网络前后的权重、梯度和模式。"
)
@given(seed=SEEDS)
@settings(max_examples=4)
def test_what_is_left_alone(solution, seed):
    batches = [draw_batch(seed, 4)]
    for double, stale, modes in (
        (False, 3.0, (True, True)),
        (True, 50.0, (False, True)),
        (True, 0.0, (True, False)),
        (False, 0.0, (False, False)),
    ):
        world = draw_world(seed, modes=modes)
        history, before, after, left = solution.run(learn, world, batches, 0.8, "sgd", double, stale)
        assert_close(history, expected_learning(world, batches, 0.8, "sgd", double), rtol=1e-8)
        assert_equal(after, before)
        assert left == list(modes)


@points(2, group="step", group_zh="更新")
@stated("itself", "step")
@contract("a network that is its own target, where a forgotten detach shows in the weights")
@hint(en="What of the targets may the gradient see?", zh="梯度可以看到目标的哪一部分？")
@given(seed=SEEDS)
@settings(max_examples=5)
def test_a_network_that_is_its_own_target(solution, seed):
    world, batch = draw_world(seed), draw_batch(seed, 4)
    world["target"] = world["net"]
    for double in (False, True):
        found = solution.run(learn_from_itself, world, batch, 0.9, double)
        assert_close(found, expected_learning(world, [batch], 0.9, "sgd", double)[0], rtol=1e-8)


# ---- the checks: synchronisation -----------------------------------------------------------------


@points(2, group="synchronisation", group_zh="同步")
@stated("sync", "tolerance")
@hint(
    en="Which of the two moves, by how much, and what is copied?", zh="两者中哪一个移动？移动多少？什么是直接复制的？"
)
@given(seed=SEEDS)
@settings(max_examples=6)
def test_the_target_moves_in_place(solution, seed):
    rng = np.random.default_rng(seed)
    for tau, dtype, frozen in (
        (0.25, torch.float64, [True] * 4),
        (1.0, torch.float32, [False] * 4),
        (0.0, torch.float64, [False, True] * 2),
        (0.9, torch.float64, [False] * 4),
    ):
        ours, theirs = draw_weights(rng, dtype), draw_weights(rng, dtype)
        now, later, kept, flags = solution.run(synchronise, ours, theirs, tau, frozen)
        wanted = [tau * a + (1 - tau) * b for a, b in zip(ours, theirs, strict=True)]
        assert_close(now[:4], wanted, rtol=RTOL[dtype])
        assert_equal(now[4:], [torch.tensor(7), torch.full((2,), 7.0, dtype=dtype)])
        assert_equal(later, now)
        assert_equal([kept[name] for name in ("w1", "b1", "w2", "b2")], ours)
        assert_equal((kept["count"], flags), (torch.tensor(7), frozen))


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("sync-errors")
@hint(en="What if only the last tensor does not fit?", zh="只有最后一个张量不相符时怎么办？")
def test_networks_that_do_not_fit_are_left_alone(solution, rng):
    ours, theirs = draw_weights(rng), draw_weights(rng)
    narrow = [*theirs[:3], theirs[3][:1]]
    odd = [(ours, theirs, tau, False) for tau in (-0.1, 1.1, math.nan)]
    odd += [(ours, theirs, 0.5, True), (ours, narrow, 0.5, False), (narrow, theirs, 0.5, False)]
    for arguments in odd:
        raised, before, after = solution.run(refuse_to_synchronise, *arguments)
        assert raised == "ValueError"
        assert_equal(after, before)
