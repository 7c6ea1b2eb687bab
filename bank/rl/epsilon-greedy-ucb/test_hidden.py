"""Hidden checks of `epsilon-greedy-ucb`; an equal generator repeats the draws, bounds are worked out arm by arm."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- inside the guest ----------------------------------------------------------------------------


def choose(submission, q, eps, seed, times):
    """Choose some times; tell the actions, what the generator draws next, and the values afterwards."""
    rng = np.random.default_rng(seed)
    actions = [submission.eps_greedy(q, eps, rng) for _ in range(times)]
    return actions, rng.random(), q


def bound(submission, counts, means, t, c):
    return submission.ucb1(counts, means, t, c), counts, means


def game(submission, rewards, steps, c):
    """Play with arms that give their rewards in turn; tell the result, and which arms were pulled."""
    pulled = []

    def pull(arm):
        pulled.append(arm)
        row = rewards[arm]
        return row[pulled.count(arm) % len(row)]

    return submission.play(pull, len(rewards), steps, c), pulled


def regret(submission, chances, steps, c, seed):
    """Play a bandit whose arms win with these chances; tell how much the best arm would have won more."""
    rng, lost = np.random.default_rng(seed), []

    def pull(arm):
        lost.append(max(chances) - chances[arm])
        return float(rng.random() < chances[arm])

    submission.play(pull, len(chances), steps, c)
    return sum(lost), len(lost)


# ---- the oracle ----------------------------------------------------------------------------------


def drawn(q, eps, rng):
    if rng.random() < eps:
        return int(rng.integers(len(q)))
    best = [action for action, value in enumerate(q.tolist()) if value == max(q.tolist())]
    return best[int(rng.integers(len(best)))]


def expected_choice(counts, means, t, c):
    if 0 in counts:
        return counts.index(0)
    bounds = [mean + c * math.sqrt(2 * math.log(t) / count) for mean, count in zip(means, counts, strict=True)]
    return bounds.index(max(bounds))


def expected_game(rewards, steps, c):
    counts, sums, pulled = [0] * len(rewards), [Fraction(0)] * len(rewards), []
    for t in range(steps):
        means = [float(s / n) if n else 0.0 for s, n in zip(sums, counts, strict=True)]
        arm = expected_choice(counts, means, t, c)
        counts[arm] += 1
        sums[arm] += Fraction(rewards[arm][counts[arm] % len(rewards[arm])])
        pulled.append(arm)
    means = [float(s / n) if n else 0.0 for s, n in zip(sums, counts, strict=True)]
    return (np.array(counts), np.array(means, dtype=np.float64)), pulled


# ---- the checks: epsilon-greedy ------------------------------------------------------------------


@points(4, group="epsilon-greedy", group_zh="epsilon 贪心")
@stated("eps-greedy", "ties", "inputs")
@hint(en="Write down the draws, also those whose result is certain.", zh="写下每一次抽取，包括结果确定的那些。")
@given(seed=SEEDS)
@settings(max_examples=10)
def test_draw_by_draw(solution, seed):
    rng = np.random.default_rng(seed)
    tables = [rng.normal(size=5), np.array([2, 7, 7, -1, 7]), np.array([-3.0, -1.5, -1.5], dtype=np.float32)]
    tables += [np.array([-np.inf, -4.0, -np.inf, -4.0]), np.zeros(1), np.full(3, -np.inf), np.array([np.inf, 1.0])]
    for q in tables:
        for eps in (0.0, 0.4, 1.0):
            copy = np.random.default_rng(seed)
            wanted = [drawn(q, eps, copy) for _ in range(8)]
            assert_equal(solution.run(choose, q, eps, seed, 8), (wanted, copy.random(), q))


@points(2, group="epsilon-greedy", group_zh="epsilon 贪心")
@stated("eps-greedy", "ties")
@contract("the shares that the rule is there for, whatever is drawn how")
@hint(
    en="How often is the best action taken, and how often each of its equals?",
    zh="最好的动作多久被选一次？并列的各个呢？",
)
def test_how_often_each_action_is_taken(solution, rng):
    q, number = np.array([1.0, 3.0, 0.0, 3.0]), 6000
    for eps, best in ((0.3, 0.425), (0.0, 0.5), (1.0, 0.25)):
        actions, *_ = solution.run(choose, q, eps, int(rng.integers(2**32)), number)
        for action, share in enumerate((0.5 - best, best, 0.5 - best, best)):
            assert abs(actions.count(action) - number * share) <= 6 * math.sqrt(number * share * (1 - share))


@points(3, group="schedule", group_zh="调度")
@stated("schedule", "tolerance")
@hint(en="Which values are taken exactly, and what comes after the end?", zh="哪些值必须恰好取到？结束之后呢？")
@given(start=st.integers(0, 100), end=st.integers(0, 100), steps=st.integers(1, 40))
@settings(max_examples=20)
def test_a_line_and_what_follows(solution, start, end, steps):
    for t in (0, 1, steps // 2, steps - 1, steps, steps + 1, 10 * steps):
        share = min(Fraction(t, steps), 1)
        wanted = float(Fraction(start, 100) * (1 - share) + Fraction(end, 100) * share)
        found = solution.eps_at(t, start / 100, end / 100, steps)
        assert_close(found, wanted, atol=1e-12)
        if share in (0, 1):
            assert_equal(found, wanted)
    for t in (0, 1, 5):
        assert_equal(solution.eps_at(t, 0.9, 0.07, 0), 0.07)


# ---- the checks: UCB -----------------------------------------------------------------------------


@points(3, group="UCB1", group_zh="UCB1")
@stated("ucb", "inputs")
@contract("the definition on its own, for counts and times that a game does not reach")
@hint(
    en="What of the bound grows with t, and what falls with the count?",
    zh="上界的哪一部分随 t 增大，哪一部分随次数减小？",
)
@given(seed=SEEDS)
@settings(max_examples=15)
def test_the_highest_bound(solution, seed):
    rng = np.random.default_rng(seed)
    for c in (0.0, 0.3, 1.0, 2.5):
        for size in (1, 3, 6):
            counts, means = rng.integers(1, 40, size), rng.uniform(-1, 1, size)
            t = int(counts.sum())
            wanted = expected_choice(counts.tolist(), means.tolist(), t, c)
            assert_equal(solution.run(bound, counts, means, t, c), (wanted, counts, means))
            assert_equal(
                solution.ucb1(counts, means, 10**6, c), expected_choice(counts.tolist(), means.tolist(), 10**6, c)
            )


@points(2, group="UCB1", group_zh="UCB1")
@stated("untried", "ucb")
@hint(en="What is the bound of an arm that was never pulled?", zh="从未拉过的臂，上界是多少？")
def test_untried_arms_first(solution):
    for counts, arm in (([3, 0, 5, 0], 1), ([0, 0], 0), ([9, 9, 0], 2), ([0], 0), ([1, 0, 1], 1)):
        for filler in (math.nan, -math.inf, 0.0):
            means = [0.5 if count else filler for count in counts]
            for t in (sum(counts), 0, 100):
                assert_equal(solution.ucb1(np.array(counts), np.array(means), t, 1.0), arm)
    equal = np.array([4, 4, 4])
    assert_equal(solution.ucb1(equal, np.array([0.25, 0.5, 0.5]), 12, 1.0), 1)
    assert_equal(solution.ucb1(equal, np.zeros(3), 12, 2.0), 0)
    assert_equal(solution.ucb1(np.array([1, 1]), np.array([0.5, 0.25]), 1, 9.0), 0)


@points(3, group="game", group_zh="游戏")
@stated("play", "ucb", "untried", "tolerance")
@hint(
    en="How does one number change a mean, and which t does the choice see?",
    zh="一个新的数怎样改变平均值？选择时看到的 t 是多少？",
)
@given(seed=SEEDS)
@settings(max_examples=8)
def test_a_game_pull_by_pull(solution, seed):
    rng = np.random.default_rng(seed)
    for arms, steps, c, level in (
        (3, 40, 1.0, 0.0),
        (4, 30, 0.1, 0.0),
        (2, 25, 0.5, 1e6),
        (5, 3, 1.0, 2.0),
        (1, 6, 1.0, -9.0),
    ):
        rewards = (level + rng.normal(0, 1, (arms, 5))).tolist()
        result, pulled = solution.run(game, rewards, steps, c)
        wanted = expected_game(rewards, steps, c)
        assert_equal(pulled, wanted[1])
        assert_close(result, wanted[0], rtol=1e-10)
    assert_equal(solution.run(game, [[1.0], [2.0]], 0, 1.0), ((np.array([0, 0]), np.zeros(2)), []))


@points(2, group="game", group_zh="游戏")
@stated("play", "ucb")
@contract("what exploring is for: the best arm is found, and the others are left alone")
@hint(en="Who loses less in the long run?", zh="长远来看，谁损失得更少？")
def test_the_best_arm_is_found(solution, rng):
    chances, seeds = [0.2, 0.35, 0.5, 0.8, 0.3], rng.integers(2**32, size=8).tolist()
    games = [solution.run(regret, chances, 300, 0.7, seed) for seed in seeds]
    assert [rounds for _, rounds in games] == [300] * 8
    # to pull all arms alike would lose 888
    assert sum(lost for lost, _ in games) < 440


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("eps-greedy-errors", "schedule-errors", "ucb-errors", "play")
@hint(en="Which arguments have no meaning?", zh="哪些参数没有意义？")
def test_what_makes_no_sense_is_refused(solution):
    q, ones = np.array([1.0, 2.0]), np.ones(2)
    odd = [(bad, eps) for bad in (q[None], q[:0], np.array(1.0), np.array([1.0, np.nan])) for eps in (0.0, 1.0)]
    odd += [(q, eps) for eps in (-0.1, 1.1, math.nan)]
    for values, eps in odd:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(choose, values, eps, 1, 1)
    bad = [("eps_at", arguments) for arguments in ((-1, 1.0, 0.0, 5), (0, 1.0, 0.0, -1))]
    bad += [
        ("ucb1", (ones, ones[:1], 2, 1.0)),
        ("ucb1", (ones[:1], ones, 2, 1.0)),
        ("ucb1", (ones[:0], ones[:0], 2, 1.0)),
    ]
    bad += [("ucb1", (ones[None], ones[None], 2, 1.0)), ("ucb1", (ones, ones, 0, 1.0)), ("ucb1", (ones, ones, -3, 1.0))]
    bad += [("ucb1", (ones, ones[:, None], 2, 1.0)), ("ucb1", (np.array([0.0, 1.0]), ones[:1], 1, 1.0))]
    for name, arguments in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            getattr(solution, name)(*arguments)
    for rewards, steps in (([], 3), ([], 0), ([[1.0]], -1)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(game, rewards, steps, 1.0)
