"""Hidden checks of `q-learning`; an equal generator repeats the draws, worlds are tables, values are iterated."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
VALUES = st.floats(-10, 10)


# ---- inside the guest ----------------------------------------------------------------------------


class Table:
    """An environment from lists; it notes what is asked of it, and allows nothing after the end."""

    def __init__(self, world, cap, starts):
        self.world, self.cap, self.starts = world, cap, starts
        self.n_states, self.n_actions = len(world["next"]), len(world["next"][0])
        self.over, self.episodes, self.log = True, 0, []

    def reset(self):
        self.state = self.starts[self.episodes % len(self.starts)]
        self.over, self.steps, self.episodes = False, 0, self.episodes + 1
        self.log.append("reset")
        return self.state, {}

    def step(self, action):
        if self.over or len(self.log) > 20000:
            raise RuntimeError("no step is allowed here")
        self.log.append((self.state, action))
        following, reward, terminated = (self.world[key][self.state][action] for key in ("next", "reward", "end"))
        self.state, self.steps = following, self.steps + 1
        truncated = self.steps >= self.cap
        self.over = terminated or truncated
        return following, reward, terminated, truncated, {"steps": self.steps}


def learn(submission, world, cap, starts, arguments, seed):
    """Tell the table, what was asked of the environment, and what the generator draws next."""
    env, rng = Table(world, cap, starts), np.random.default_rng(seed)
    table = submission.train(env, *arguments, rng)
    return table, env.log, rng.random()


def update(submission, table, *arguments):
    return submission.q_update(table, *arguments), table


# ---- the oracle ----------------------------------------------------------------------------------


def expected_learning(world, cap, starts, arguments, seed):
    """Learn by an equal generator, with a dict for the table."""
    episodes, alpha, gamma, eps = arguments
    rng, log = np.random.default_rng(seed), []
    states, actions = len(world["next"]), len(world["next"][0])
    values = {(s, a): 0.0 for s in range(states) for a in range(actions)}
    for episode in range(episodes):
        log.append("reset")
        s = starts[episode % len(starts)]
        for _ in range(cap):
            a = drawn([values[s, b] for b in range(actions)], eps, rng)
            log.append((s, a))
            following, reward, ended = (world[key][s][a] for key in ("next", "reward", "end"))
            future = 0.0 if ended else gamma * max(values[following, b] for b in range(actions))
            values[s, a] = (1 - alpha) * values[s, a] + alpha * (reward + future)
            s = following
            if ended:
                break
    return np.array([[values[s, a] for a in range(actions)] for s in range(states)]), log, rng.random()


def drawn(values, eps, rng):
    if rng.random() < eps:
        return int(rng.integers(len(values)))
    best = [b for b, value in enumerate(values) if value == max(values)]
    return best[int(rng.integers(len(best)))]


def draw_world(seed, states=5, actions=3):
    """Draw a world in which every state can be met in the middle of an episode and at its end."""
    rng = np.random.default_rng(seed)
    return {
        "next": rng.integers(0, states, (states, actions)).tolist(),
        "reward": rng.integers(-3, 4, (states, actions)).astype(float).tolist(),
        "end": (rng.random((states, actions)) < 0.25).tolist(),
    }


def grid(size, goal, pit):
    """Make a square world: up, right, down, left; the goal is worth 10, the pit costs 10, each step 1."""
    world = {"next": [], "reward": [], "end": []}
    for s in range(size * size):
        row, column = divmod(s, size)
        targets = [(row - 1, column), (row, column + 1), (row + 1, column), (row, column - 1)]
        places = [min(max(y, 0), size - 1) * size + min(max(x, 0), size - 1) for y, x in targets]
        world["next"].append(places)
        world["reward"].append([10.0 if p == goal else -10.0 if p == pit else -1.0 for p in places])
        world["end"].append([p in (goal, pit) for p in places])
    return world


def iterated(world, gamma):
    """Return the true values, by value iteration."""
    nexts, rewards, ends = (np.array(world[key]) for key in ("next", "reward", "end"))
    values = np.zeros(rewards.shape)
    for _ in range(500):
        values = rewards + gamma * np.where(ends, 0.0, values.max(axis=1)[nexts])
    return values


# ---- the checks: buckets -------------------------------------------------------------------------


@points(3, group="buckets", group_zh="分桶")
@stated("buckets", "cell")
@hint(en="On which side of an edge is a number that lies on it?", zh="恰好落在边界上的数属于哪一侧？")
@given(seed=SEEDS)
@settings(max_examples=15)
def test_cells_of_observations(solution, seed):
    rng = np.random.default_rng(seed)
    for sizes in ((3, 5), (1, 4, 2), (6,), (0, 2, 3), (), (2, 0)):
        edges = [np.sort(rng.choice(np.arange(-8, 8) / 2, size, replace=False)) for size in sizes]
        for _ in range(4):
            obs = rng.choice([*(np.arange(-9, 9) / 2).tolist(), -math.inf, math.inf], len(sizes)).astype(float)
            cell = 0
            for value, row in zip(obs.tolist(), edges, strict=True):
                cell = cell * (len(row) + 1) + sum(edge <= value for edge in row.tolist())
            assert_equal(solution.bucketise(obs, edges), cell)


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("bucket-errors", "train-errors")
@hint(en="Which bucket does NaN belong to?", zh="NaN 属于哪个桶？")
def test_what_makes_no_sense_is_refused(solution):
    edges = [np.array([0.0, 1.0]), np.array([2.0])]
    odd = [[0.5], [0.5, 1.0, 2.0], [], [[0.5, 1.0]], [[0.5], [1.0]], [math.nan, 1.0], [0.5, math.nan], 0.5]
    for obs in odd:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.bucketise(np.array(obs), edges)
    for place, wrong in (
        (0, -1),
        (1, -0.1),
        (1, 1.1),
        (2, -0.1),
        (2, 1.1),
        (3, -0.1),
        (3, 1.1),
        (1, math.nan),
        (3, math.nan),
    ):
        arguments = [2, 0.5, 0.5, 0.5]
        arguments[place] = wrong
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(learn, grid(2, 3, 1), 9, [0], arguments, 1)


# ---- the checks: update --------------------------------------------------------------------------


@points(3, group="update", group_zh="更新")
@stated("update", "tolerance")
@contract("the definition on its own; training meets it with other mistakes around")
@hint(en="Which entry changes, by how much, and what is returned?", zh="哪个条目改变、改变多少、返回什么？")
@given(seed=SEEDS, reward=VALUES, alpha=st.floats(0, 1), gamma=st.floats(0, 1))
@settings(max_examples=20)
def test_one_entry_moves(solution, seed, reward, alpha, gamma):
    rng = np.random.default_rng(seed)
    table = rng.normal(0, 5, size=(4, 3))
    for s, a, s2 in ((0, 2, 3), (3, 0, 1), (2, 1, 2)):
        error = reward + gamma * max(table[s2].tolist()) - float(table[s, a])
        wanted = table.copy()
        wanted[s, a] += alpha * error
        found, after = solution.run(update, table, s, a, reward, s2, False, alpha, gamma)
        assert_close(found, error, atol=1e-9)
        assert_close(after, wanted, rtol=1e-10)
        changed = after != table
        changed[s, a] = False
        assert not changed.any()


@points(2, group="update", group_zh="更新")
@stated("terminal", "update")
@hint(en="What is zero times NaN? What comes after the end?", zh="零乘以 NaN 等于多少？结束之后是什么？")
@given(seed=SEEDS, reward=VALUES)
@settings(max_examples=10)
def test_nothing_comes_after_the_end(solution, seed, reward):
    table = np.random.default_rng(seed).normal(0, 5, size=(4, 3))
    for s2 in (None, 1, 2, 3):
        for noise in (7.0, math.nan, math.inf):
            table[3] = noise
            wanted = table.copy()
            wanted[1, 2] += 0.25 * (reward - table[1, 2])
            found, after = solution.run(update, table, 1, 2, reward, s2, True, 0.25, 0.9)
            assert_close(found, reward - float(table[1, 2]), atol=1e-9)
            assert_close(after, wanted)


# ---- the checks: training ------------------------------------------------------------------------


@points(4, group="training", group_zh="训练")
@stated("env", "truncation", "draws", "tolerance")
@hint(en="Write down the draws of the first two steps.", zh="写下前两步的抽取。")
@given(seed=SEEDS, cap=st.integers(2, 6))
@settings(max_examples=8)
def test_training_draw_by_draw(solution, seed, cap):
    for eps, alpha, gamma in ((0.3, 0.5, 0.9), (0.0, 1.0, 0.5), (1.0, 0.2, 1.0)):
        world, arguments = draw_world(seed), (25, alpha, gamma, eps)
        table, log, later = solution.run(learn, world, cap, [0, 2, 4], arguments, seed)
        wanted = expected_learning(world, cap, [0, 2, 4], arguments, seed)
        assert_equal(log, wanted[1])
        assert_close(table, wanted[0], rtol=1e-9)
        assert_equal(later, wanted[2])


@points(2, group="training", group_zh="训练")
@stated("truncation")
@contract("the one difference between the two flags, where nothing else can go wrong")
@hint(en="Is the future of a state gone when nobody looks?", zh="没有人看的时候，状态的未来就消失了吗？")
def test_truncation_is_no_end(solution):
    world = {"next": [[0]], "reward": [[1.0]], "end": [[False]]}
    table, log, _ = solution.run(learn, world, 1, [0], (60, 1.0, 0.5, 0.0), 1)
    assert_close(table, np.array([[2 - 0.5**59]]))
    assert_equal(log, ["reset", (0, 0)] * 60)
    world["end"] = [[True]]
    assert_close(solution.run(learn, world, 1, [0], (60, 1.0, 0.5, 0.0), 1)[0], np.array([[1.0]]))


@points(2, group="training", group_zh="训练")
@stated("draws", "env")
@contract("the law that random choice among equals is there for: no action is favoured before anything is known")
@hint(en="What does argmax do when all values are equal?", zh="所有值相等时 argmax 会怎样？")
def test_equal_actions_are_chosen_equally_often(solution, rng):
    world = {"next": [[0] * 4], "reward": [[0.0] * 4], "end": [[True] * 4]}
    _, log, _ = solution.run(learn, world, 5, [0], (2000, 0.5, 0.5, 0.0), int(rng.integers(2**32)))
    counts = [log.count((0, action)) for action in range(4)]
    assert sum(counts) == 2000
    assert max(abs(count - 500) for count in counts) <= 6 * math.sqrt(2000 * 3 / 16)


@points(3, group="training", group_zh="训练")
@stated("update", "truncation", "env")
@contract("what it is all for: the values of a world, which value iteration knows without an episode")
@hint(en="What is learnt if every state is met often enough?", zh="每个状态都遇到足够多次之后，会学到什么？")
def test_a_grid_is_learnt(solution, rng):
    world, seed = grid(3, 8, 4), int(rng.integers(2**32))
    starts = [0, 1, 2, 3, 5, 6, 7]
    table, *_ = solution.run(learn, world, 12, starts, (700, 1.0, 0.9, 0.7), seed)
    assert_close(table[starts], iterated(world, 0.9)[starts], rtol=1e-3)
