"""Hidden checks of `multi-agent`; expectations are loops over rows, with gradients written out by hand in numpy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
OBS, ACTS, HIDDEN = (2, 3, 1), (1, 2, 2), 4
RTOL = {torch.float64: 1e-8, torch.float32: 1e-4}


# ---- inside the guest ----------------------------------------------------------------------------


class Actor(nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.w, self.b = (nn.Parameter(w.clone()) for w in weights)
        self.seen = []

    def forward(self, obs):
        self.seen.append(obs.detach().clone())
        return torch.tanh(obs @ self.w + self.b)


class Critic(nn.Module):
    def __init__(self, weights, flat):
        super().__init__()
        self.w1, self.b1, self.w2 = (nn.Parameter(w.clone()) for w in weights)
        self.flat, self.seen = flat, []

    def forward(self, joint):
        self.seen.append(joint.detach().clone())
        value = torch.tanh(joint @ self.w1 + self.b1) @ self.w2
        return value[:, 0] if self.flat else value


class World:
    """Agents see numbers; it notes what they do, and lets nobody act after the end."""

    def __init__(self, rewards, end, by):
        self.rewards, self.end, self.by, self.log = rewards, end, by, []

    def observations(self):
        return [100 * agent + len(self.log) for agent in range(len(self.rewards[0]))]

    def reset(self):
        self.log = []
        return self.observations()

    def step(self, actions):
        if len(self.log) >= self.end:
            raise RuntimeError("the episode is over")
        self.log.append(list(actions))
        over = len(self.log) == self.end
        flags = [over and self.by in (kind, "both") for kind in ("terminated", "truncated")]
        return self.observations(), list(self.rewards[len(self.log) - 1]), *flags


def build(world):
    actors = [Actor(weights) for weights in world["actors"]]
    critics = [Critic(weights, flat) for weights, flat in zip(world["critics"], world["flat"], strict=True)]
    return actors, critics


def aim(submission, world, r, done, next_obs, gamma):
    """Make targets; tell them, whether they require gradients, and what each network was called on."""
    actors, critics = build(world)
    made = submission.maddpg_targets(r, done, next_obs, actors, critics, gamma)
    grads = [p.grad for net in (*actors, *critics) for p in net.parameters()]
    return made.detach().clone(), made.requires_grad, [net.seen for net in (*actors, *critics)], grads


def teach(submission, world, i, obs, acts, steps, stale, frozen):
    """Take steps with one actor; tell losses, its weights, and all about the others before and after."""
    actors, critics = build(world)
    actors[i].b.requires_grad_(not frozen)
    opt = torch.optim.SGD(actors[i].parameters(), lr=0.3, momentum=0.9)
    others = [net for net in (*actors, *critics) if net is not actors[i]]
    for k, net in enumerate((*actors, *critics)):
        net.train(k % 2 == 0)
        for p in net.parameters():
            p.grad = torch.full_like(p, stale) if stale and p.requires_grad else None
    critics[i].w2.requires_grad_(False)

    def about():
        parameters = [p for net in others for p in net.parameters()]
        grads = [None if p.grad is None else p.grad.clone() for p in parameters]
        modes = [net.training for net in (*actors, *critics)]
        return [p.detach().clone() for p in parameters], grads, [p.requires_grad for p in parameters], modes

    before = about()
    losses = [submission.actor_step(i, actors, critics, obs, acts, opt) for _ in range(steps)]
    return losses, [p.detach().clone() for p in actors[i].parameters()], before, about(), (obs, acts)


def run_episode(submission, rewards, end, by, max_steps, policies):
    """Play; tell the result, the actions, and what each policy saw."""
    world, seen = World(rewards, end, by), [[] for _ in range(policies)]

    def policy(agent):
        def act(observation):
            seen[agent].append(observation)
            return (agent, observation)

        return act

    result = submission.play(world, [policy(agent) for agent in range(policies)], max_steps)
    return result, world.log, seen


# ---- the oracle ----------------------------------------------------------------------------------


def acted(weights, row):
    return np.tanh(row @ weights[0] + weights[1])


def valued(weights, joint):
    """Return the value of one row, and its slope by that row."""
    hidden = np.tanh(joint @ weights[0] + weights[1])
    return float(hidden @ weights[2][:, 0]), weights[0] @ ((1 - hidden**2) * weights[2][:, 0])


def arrays(weights):
    return [w.double().numpy().copy() for w in weights]


def expected_targets(world, r, done, next_obs, gamma):
    actors, critics = ([arrays(w) for w in world[kind]] for kind in ("actors", "critics"))
    made = r.double().numpy().copy()
    for b in np.flatnonzero(~done.numpy()):
        rows = [o[b].double().numpy() for o in next_obs]
        joint = np.concatenate([*rows, *(acted(w, row) for w, row in zip(actors, rows, strict=True))])
        made[b] += [gamma * valued(w, joint)[0] for w in critics]
    return torch.from_numpy(made).to(r.dtype)


def expected_lesson(world, i, obs, acts, steps, frozen):
    """Follow the steps of one actor, row by row."""
    (w, bias), critic = arrays(world["actors"][i]), arrays(world["critics"][i])
    rows_o, rows_a = arrays(obs), arrays(acts)
    place = sum(o.shape[1] for o in obs) + sum(a.shape[1] for a in acts[:i])
    speed, losses = [np.zeros_like(w), np.zeros_like(bias)], []
    for _ in range(steps):
        loss, slopes = 0.0, [np.zeros_like(w), np.zeros_like(bias)]
        for b in range(len(obs[0])):
            action = acted((w, bias), rows_o[i][b])
            parts = [o[b] for o in rows_o] + [action if k == i else a[b] for k, a in enumerate(rows_a)]
            value, slope = valued(critic, np.concatenate(parts))
            inner = -slope[place : place + len(action)] * (1 - action**2) / len(obs[0])
            loss -= value / len(obs[0])
            slopes = [slopes[0] + np.outer(rows_o[i][b], inner), slopes[1] + inner]
        losses.append(loss)
        speed = [0.9 * v + s for v, s in zip(speed, slopes, strict=True)]
        w, bias = w - 0.3 * speed[0], bias if frozen else bias - 0.3 * speed[1]
    return losses, [torch.from_numpy(x).to(obs[0].dtype) for x in (w, bias)]


def draw_world(rng, agents, dtype):
    width = sum(OBS[:agents]) + sum(ACTS[:agents])

    def weights(*shapes):
        return [torch.from_numpy(rng.normal(0, 0.8, shape)).to(dtype) for shape in shapes]

    return {
        "actors": [weights((OBS[k], ACTS[k]), ACTS[k]) for k in range(agents)],
        "critics": [weights((width, HIDDEN), HIDDEN, (HIDDEN, 1)) for _ in range(agents)],
        "flat": [k % 2 == 1 for k in range(agents)],
    }


def draw_rows(rng, sizes, batch, dtype):
    return [torch.from_numpy(rng.normal(0, 1, (batch, size))).to(dtype) for size in sizes]


# ---- the checks ----------------------------------------------------------------------------------


@points(2, group="joint input", group_zh="联合输入")
@stated("joint", "joint-errors", "networks")
@hint(
    en="In which order do the parts stand, and what do they have to share?",
    zh="各部分按什么次序排列？它们必须有什么共同之处？",
)
def test_what_a_critic_sees(solution, rng):
    for agents, batch in ((1, 2), (2, 3), (3, 1), (3, 0)):
        obs, acts = (
            draw_rows(rng, OBS[:agents], batch, torch.float64),
            draw_rows(rng, ACTS[:agents], batch, torch.float64),
        )
        wanted = [[value for part in (*obs, *acts) for value in part[b].tolist()] for b in range(batch)]
        width = sum(OBS[:agents]) + sum(ACTS[:agents])
        assert_equal(solution.joint_inputs(obs, acts), torch.tensor(wanted, dtype=torch.float64).reshape(batch, width))
    obs, acts = draw_rows(rng, OBS, 2, torch.float32), draw_rows(rng, ACTS, 2, torch.float32)
    odd = [([], []), (obs[:2], acts), (obs, acts[:2]), ([o[0] for o in obs], [a[0] for a in acts])]
    odd += [([*obs[:2], obs[2][:1]], acts), (obs, [acts[0][:1], *acts[1:]]), (obs, [*acts[:2], acts[2][0]])]
    odd += [([o[None] for o in obs], [a[None] for a in acts]), ([obs[0][None], *obs[1:]], acts), (obs, [])]
    for arguments in odd:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.joint_inputs(*arguments)


@points(4, group="targets", group_zh="目标")
@stated("targets", "calls", "done", "networks", "tolerance")
@hint(
    en="Whose actions does each critic see, and where does the future end?",
    zh="每个评论家看到谁的动作？未来在哪里结束？",
)
@given(seed=SEEDS)
@settings(max_examples=6)
def test_targets_of_every_critic(solution, seed):
    rng = np.random.default_rng(seed)
    for agents, batch, dtype in (
        (2, 4, torch.float64),
        (3, 3, torch.float32),
        (3, 1, torch.float64),
        (1, 5, torch.float64),
    ):
        world, next_obs = draw_world(rng, agents, dtype), draw_rows(rng, OBS[:agents], batch, dtype)
        r, done = draw_rows(rng, [agents], batch, dtype)[0], torch.arange(batch) % 3 == 1
        for noise in (0.0, float("nan"), float("inf")):
            for rows in next_obs:
                rows[done] = noise
            made, needs_gradient, seen, grads = solution.run(aim, world, r, done, next_obs, 0.9)
            assert_close(made, expected_targets(world, r, done, next_obs, 0.9), rtol=RTOL[dtype])
            assert not needs_gradient
            assert_equal(seen[:agents], [[rows] for rows in next_obs])
            assert [len(calls) for calls in seen[agents:]] == [1] * agents
            assert_equal(grads, [None] * len(grads))


@points(1, group="targets", group_zh="目标")
@stated("target-errors")
@hint(en="How many agents are there, by each argument?", zh="按每个参数来数，有多少个智能体？")
def test_numbers_of_agents_that_differ(solution, rng):
    three, two = draw_world(rng, 3, torch.float64), draw_world(rng, 2, torch.float64)
    next_obs, r, done = draw_rows(rng, OBS, 2, torch.float64), torch.zeros(2, 3).double(), torch.tensor([False, True])
    worlds = [(three, r[:, :2]), (three, r[:, :1]), (three, r[0]), (three, r[:1]), (three, r[None])]
    worlds += [
        ({**three, "actors": two["actors"]}, r),
        ({**three, "critics": three["critics"][:2], "flat": [True] * 2}, r),
    ]
    odd = [(world, rewards, done, next_obs) for world, rewards in worlds]
    odd += [(three, r, done, next_obs[:2]), (three, r, done[:, None], next_obs), (three, r, done[:1], next_obs)]
    odd += [(three, r, torch.tensor([[False] * 3, [True] * 3]), next_obs)]
    for arguments in odd:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(aim, *arguments, 0.9)


@points(4, group="actor step", group_zh="行动者更新")
@stated("loss", "networks", "tolerance")
@hint(en="Which of the actions depend on the weights that learn?", zh="哪些动作依赖正在学习的权重？")
@given(seed=SEEDS)
@settings(max_examples=5)
def test_one_actor_learns(solution, seed):
    rng = np.random.default_rng(seed)
    for agents, batch, dtype in ((2, 3, torch.float64), (3, 2, torch.float32), (3, 1, torch.float64)):
        world = draw_world(rng, agents, dtype)
        obs, acts = draw_rows(rng, OBS[:agents], batch, dtype), draw_rows(rng, ACTS[:agents], batch, dtype)
        for i in range(agents):
            losses, weights, *_, arguments = solution.run(teach, world, i, obs, acts, 2, 0.0, False)
            wanted = expected_lesson(world, i, obs, acts, 2, False)
            assert_close(losses, wanted[0], atol=RTOL[dtype])
            assert_close(weights, wanted[1], rtol=RTOL[dtype])
            assert_equal(arguments, (obs, acts))


@points(3, group="actor step", group_zh="行动者更新")
@stated("others", "old-gradients")
@hint(
    en="Look at every other network before and after: weights, gradients, flags.",
    zh="对比其他每个网络前后的权重、梯度和标志。",
)
@given(seed=SEEDS)
@settings(max_examples=4)
def test_nobody_else_is_touched(solution, seed):
    rng = np.random.default_rng(seed)
    world = draw_world(rng, 3, torch.float64)
    obs, acts = draw_rows(rng, OBS, 3, torch.float64), draw_rows(rng, ACTS, 3, torch.float64)
    for i, stale, frozen in ((0, 0.0, False), (1, 5.0, False), (2, 5.0, True), (2, 0.0, False), (0, 5.0, False)):
        losses, weights, before, after, _ = solution.run(teach, world, i, obs, acts, 2, stale, frozen)
        wanted = expected_lesson(world, i, obs, acts, 2, frozen)
        assert_close(losses, wanted[0], atol=1e-8)
        assert_close(weights, wanted[1], rtol=1e-8)
        assert_equal(after, before)


@points(3, group="play", group_zh="游玩")
@stated("play")
@hint(en="Which two things end the loop, and who sees what?", zh="循环因哪两件事而结束？谁看到什么？")
@given(seed=SEEDS, end=st.integers(1, 5))
@settings(max_examples=6)
def test_an_episode_and_its_end(solution, seed, end):
    rng = np.random.default_rng(seed)
    for agents, by in ((3, "terminated"), (2, "truncated"), (1, "both")):
        rewards = rng.integers(-9, 9, (end, agents)).tolist()
        for max_steps in (0, 1, end - 1, end, end + 3, 1000):
            result, log, seen = solution.run(run_episode, rewards, end, by, max_steps, agents)
            steps = min(end, max_steps)
            returns = [float(sum(row[agent] for row in rewards[:steps])) for agent in range(agents)]
            assert_equal(result, (returns, steps))
            assert_equal(log, [[(agent, 100 * agent + t) for agent in range(agents)] for t in range(steps)])
            assert_equal(seen, [[100 * agent + t for t in range(steps)] for agent in range(agents)])
    for policies in (0, 1, 3):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(run_episode, [[1, 2]], 1, "both", 0, policies)
