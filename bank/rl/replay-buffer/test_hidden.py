"""Hidden checks of `replay-buffer`; a list with a bounded end and an equal generator say what is drawn."""

import math
from collections import deque

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
NAMES = ("obs", "action", "reward", "next_obs", "terminated")
# how many are added before each draw, and which part of them is drawn
STEPS = st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1)), min_size=1, max_size=6)


# ---- inside the guest ----------------------------------------------------------------------------


def use(submission, capacity, shape, dtype, seed, actions):
    """Add and draw in turn; tell each sample, each length, and what the generator draws next."""
    rng = np.random.default_rng(seed)
    buffer = submission.Replay(capacity, shape, rng, dtype)
    samples, lengths = [], [len(buffer)]
    for action in actions:
        if isinstance(action, int):
            samples.append(buffer.sample(action))
        else:
            buffer.add(*action)
        lengths.append(len(buffer))
    return samples, lengths, rng.random()


def use_and_spoil(submission, experiences, more, seed):
    """Write into whatever goes in and comes out; tell the samples as they came and as they are in the end."""
    buffer = submission.Replay(len(experiences), (2,), np.random.default_rng(seed))
    obs, next_obs = np.zeros(2, dtype=np.float32), np.zeros(2, dtype=np.float32)
    for row in experiences:
        obs[:], next_obs[:] = row[0], row[3]
        buffer.add(obs, row[1], row[2], next_obs, row[4])
    obs[:], next_obs[:] = -1, -2
    first = buffer.sample(len(experiences))
    kept = {name: array.copy() for name, array in first.items()}
    for array in first.values():
        array[...] = 1
    second = buffer.sample(len(experiences))
    copies = {name: array.copy() for name, array in second.items()}
    for row in more:
        buffer.add(*row)
    return kept, copies, second


def fail_to_add(submission, good, bad, seed):
    """Try to add what does not fit; tell what was raised, the length, and everything that is there."""
    buffer = submission.Replay(3, np.shape(good[0][0]), np.random.default_rng(seed))
    for row in good:
        buffer.add(*row)
    raised = []
    for row in bad:
        try:
            buffer.add(*row)
            raised.append("")
        except ValueError:
            raised.append("ValueError")
    return raised, len(buffer), buffer.sample(len(good))


def fail_to_sample(submission, number, n, seed):
    """Try to draw what is not there; tell what was raised, and what the generator draws next."""
    rng = np.random.default_rng(seed)
    buffer = submission.Replay(4, (), rng)
    for k in range(number):
        buffer.add(np.float32(k), k, 0.0, np.float32(k), False)
    try:
        buffer.sample(n)
    except ValueError:
        return "ValueError", rng.random()
    return "", rng.random()


def drawn_often(submission, capacity, number, n, seeds):
    """Tell how often each experience is drawn."""
    counts = [0] * number
    for seed in seeds:
        buffer = submission.Replay(capacity, (), np.random.default_rng(seed))
        for k in range(number):
            buffer.add(np.float32(k), k, 0.0, np.float32(k), False)
        for k in buffer.sample(n)["action"].tolist():
            counts[k] += 1
    return counts


def fill(submission, capacity, side, rounds):
    """Fill a large buffer several times over; tell a sample of it."""
    buffer = submission.Replay(capacity, (side, side), np.random.default_rng(1), "uint8")
    obs = np.zeros((side, side), dtype=np.uint8)
    for k in range(capacity * rounds):
        obs[0, 0] = k % 251
        buffer.add(obs, k, 0.0, obs, False)
    sample = buffer.sample(3)
    return sample["action"], sample["obs"][:, 0, 0], len(buffer)


# ---- the oracle ----------------------------------------------------------------------------------


def experience(rng, shape, dtype):
    """Draw an experience."""
    obs, next_obs = (rng.integers(0, 200, shape) if dtype == "uint8" else rng.normal(size=shape) for _ in range(2))
    return (
        np.asarray(obs).astype(dtype),
        int(rng.integers(-(2**40), 2**40)),
        float(rng.normal()),
        np.asarray(next_obs).astype(dtype),
        bool(rng.integers(2)),
    )


def table(rows, shape, dtype):
    """Return experiences as a sample holds them."""
    dtypes = {"obs": dtype, "action": np.int64, "reward": np.float32, "next_obs": dtype, "terminated": np.bool_}
    return {
        name: np.array([row[k] for row in rows], dtype=dtypes[name]).reshape(
            len(rows), *(shape if "obs" in name else ())
        )
        for k, name in enumerate(NAMES)
    }


def expected_use(capacity, shape, dtype, seed, actions):
    rng, held = np.random.default_rng(seed), deque(maxlen=capacity)
    samples, lengths = [], [0]
    for action in actions:
        if isinstance(action, int):
            ages = rng.choice(len(held), size=action, replace=False).tolist()
            samples.append(table([held[age] for age in ages], shape, dtype))
        else:
            held.append(action)
        lengths.append(len(held))
    return samples, lengths, rng.random()


# ---- the checks ----------------------------------------------------------------------------------


@points(5, group="buffer", group_zh="缓冲区")
@stated("buffer", "add", "sample", "arrays")
@hint(en="Which experience is the oldest after the ring has closed?", zh="环绕一圈之后，哪一条经验最旧？")
@given(seed=SEEDS, steps=STEPS)
@settings(max_examples=15)
def test_adding_and_drawing_in_turn(solution, seed, steps):
    rng = np.random.default_rng(seed)
    for capacity, shape, dtype in (
        (1, (), "float32"),
        (3, (2,), "float64"),
        (4, (2, 3), "uint8"),
        (50, (1,), "float32"),
    ):
        actions, held = [], 0
        for number, part in steps:
            actions += [experience(rng, shape, dtype) for _ in range(number)]
            held = min(capacity, held + number)
            actions.append(round(part * held))
        # whole samples, too, while the ring closes
        for _ in range(2 * min(capacity, 4)):
            actions.append(experience(rng, shape, dtype))
            held = min(capacity, held + 1)
            actions.append(held)
        arguments = capacity, shape, dtype, seed, actions
        assert_equal(solution.run(use, *arguments), expected_use(*arguments))


@points(3, group="copies", group_zh="副本")
@stated("add", "arrays")
@contract("that nothing is shared on the way in, on the way out and afterwards, whatever else is right")
@hint(en="Whose memory is in the buffer, and whose in the sample?", zh="缓冲区里是谁的内存？样本里呢？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_nothing_is_shared(solution, seed):
    rng = np.random.default_rng(seed)
    rows, more = ([experience(rng, (2,), "float32") for _ in range(4)] for _ in range(2))
    copy = np.random.default_rng(seed)
    wanted = [table([rows[k] for k in copy.choice(4, size=4, replace=False)], (2,), "float32") for _ in range(2)]
    assert_equal(solution.run(use_and_spoil, rows, more, seed), (*wanted, wanted[1]))


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("shapes")
@hint(en="What has already been written when the second shape is seen?", zh="看到第二个形状时，已经写入了什么？")
def test_what_does_not_fit_leaves_no_trace(solution, rng):
    for shape, odd in (
        ((2,), [(1,), (), (3,), (2, 1), (1, 2)]),
        ((), [(1,), (2,)]),
        ((2, 3), [(3, 2), (6,), (3,), (1, 3)]),
    ):
        for number in (1, 3):
            good = [experience(rng, shape, "float32") for _ in range(number)]
            obs, action, reward, next_obs, ended = experience(rng, shape, "float32")
            bad = [(np.ones(s, dtype=np.float32), action, reward, next_obs, ended) for s in odd]
            bad += [(obs, action, reward, np.ones(s, dtype=np.float32), not ended) for s in odd]
            ages = np.random.default_rng(7).choice(number, size=number, replace=False)
            wanted = ["ValueError"] * len(bad), number, table([good[age] for age in ages], shape, "float32")
            assert_equal(solution.run(fail_to_add, good, bad, 7), wanted)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("too-many", "buffer")
@hint(en="How many different experiences are there?", zh="有多少条互不相同的经验？")
def test_what_is_not_there_is_not_drawn(solution):
    later = np.random.default_rng(9).random()
    for number, n in ((0, 1), (3, 4), (3, 5), (9, 5), (9, 9), (2, -1), (0, -1)):
        assert_equal(solution.run(fail_to_sample, number, n, 9), ("ValueError", later))
    for capacity in (0, -3):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(drawn_often, capacity, 0, 0, [1])


@points(2, group="sampling", group_zh="抽样")
@stated("sample")
@contract("the law that sampling is there for: everything that is held is drawn equally often, nothing twice")
@hint(en="Are the newest ones drawn more often?", zh="最新的那些被抽到得更多吗？")
def test_everything_is_drawn_equally_often(solution, rng):
    counts = solution.run(drawn_often, 8, 11, 3, rng.integers(2**32, size=400).tolist())
    assert counts[:3] == [0, 0, 0]
    assert sum(counts) == 1200
    assert max(abs(count - 150) for count in counts[3:]) <= 6 * math.sqrt(400 * 3 / 8 * 5 / 8)


@points(2, group="memory", group_zh="内存")
@stated("memory", "add")
@hint(en="How many bytes does one observation need, and how many are kept?", zh="一个观测需要多少字节？要保存多少个？")
def test_a_large_buffer_fits(solution):
    actions, pixels, length = solution.run(fill, 7000, 90, 2)
    ages = np.random.default_rng(1).choice(7000, size=3, replace=False)
    assert_equal(actions, ages + 7000)
    assert_equal(pixels, ((ages + 7000) % 251).astype(np.uint8))
    assert length == 7000
