"""Hidden checks of `ctc`; expectations enumerate all paths, count them by a formula, or come from torch."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- inside the guest ----------------------------------------------------------------------------


def arguments_after(submission, name, arguments):
    """Tell the arguments after a call."""
    getattr(submission, name)(*arguments)
    return arguments


# ---- the oracle ----------------------------------------------------------------------------------


def read(path, blank):
    return [symbol for symbol, _ in itertools.groupby(path) if symbol != blank]


def enumerated(logits, blank):
    """Return the probability of every target, by going through all paths of all frames."""
    rows = [[math.exp(v - max(row)) for v in row] for row in logits.astype(np.float64).tolist()]
    rows = [[v / math.fsum(row) for v in row] for row in rows]
    found = {}
    for path in itertools.product(range(logits.shape[1]), repeat=len(rows)):
        probability = math.prod(row[symbol] for row, symbol in zip(rows, path, strict=True))
        found.setdefault(tuple(read(path, blank)), []).append(probability)
    return {target: math.fsum(values) for target, values in found.items()}


def every_target(frames, symbols, blank):
    """Return all targets up to one symbol more than there are frames."""
    letters = [symbol for symbol in range(symbols) if symbol != blank]
    return [list(t) for length in range(frames + 2) for t in itertools.product(letters, repeat=length)]


def counted(frames, target):
    """Return how many paths read a target."""
    repeats = sum(a == b for a, b in itertools.pairwise(target))
    spare = frames - len(target) - repeats
    return math.comb(frames + len(target) - repeats, spare) if spare >= 0 else 0


def wave(shape, step):
    return np.sin(1.0 + step * np.arange(math.prod(shape))).reshape(shape)


# ---- the checks: greedy --------------------------------------------------------------------------


@points(3, group="greedy decoding", group_zh="贪心解码")
@stated("greedy", "blank", "logits")
@contract("the definition on paths of every kind; the next check looks at what is around them")
@hint(en="What comes first: joining runs, or taking blanks out?", zh="先合并相同的符号，还是先去掉空白？")
@given(seed=SEEDS)
@settings(max_examples=12)
def test_the_best_path_is_read(solution, seed):
    rng = np.random.default_rng(seed)
    for blank, dtype in ((0, np.float64), (1, np.float32), (3, np.float64)):
        paths = rng.integers(0, 4, size=(3, 9))
        paths[0] = np.resize([2, 2, blank, 2, blank, blank, 2 - blank % 2, 1], 9)
        logits = rng.uniform(-1, 0, size=(3, 9, 4)).astype(dtype)
        np.put_along_axis(logits, paths[:, :, None], 0.5, axis=2)
        wanted = [read(path, blank) for path in paths.tolist()]
        assert_equal(solution.ctc_greedy(logits, np.array([9, 9, 9]), blank), wanted)


@points(1, group="greedy decoding", group_zh="贪心解码")
@stated("greedy", "lengths", "logits")
@hint(
    en="What is in the frames after the end, and what if scores are equal?",
    zh="末尾之后的帧里有什么？分数相等时怎么办？",
)
def test_lengths_and_equal_scores(solution):
    logits = np.zeros((4, 5, 3))
    logits[:, [1, 3], 2] = 1.0
    logits[:, 4, 1] = -1.0
    logits[2, 3:] = np.nan
    logits[3, 2:, 1] = 1.0
    lengths = np.array([5, 2, 3, 4])
    assert_equal(solution.ctc_greedy(logits, lengths, 1), [[0, 2, 0, 2, 0], [0, 2], [0, 2, 0], [0, 2]])
    assert_equal(solution.ctc_greedy(logits, lengths, 0), [[2, 2], [2], [2], [2, 1]])
    assert_equal(solution.ctc_greedy(logits, np.array([0, 1, 2, 5]), 2), [[], [0], [0], [0, 1]])
    assert_equal(solution.ctc_greedy(logits[:0], lengths[:0], 0), [])
    assert_equal(solution.ctc_greedy(logits[:, :0], np.zeros(4, dtype=int), 0), [[], [], [], []])


# ---- the checks: loss ----------------------------------------------------------------------------


@points(5, group="loss", group_zh="损失")
@stated("loss", "impossible", "blank", "logits", "tolerance")
@hint(en="Go through all paths of three frames on paper.", zh="在纸上列出三帧的所有路径。")
@given(seed=SEEDS)
@settings(max_examples=6)
def test_all_paths_of_few_frames(solution, seed):
    rng = np.random.default_rng(seed)
    for frames, blank, dtype in ((4, 0, np.float64), (3, 2, np.float32), (5, 1, np.float64)):
        logits = rng.normal(0, 2, size=(frames, 3)).astype(dtype)
        sums, targets = enumerated(logits, blank), every_target(frames, 3, blank)
        wanted = [-math.log(sums[tuple(target)]) if tuple(target) in sums else math.inf for target in targets]
        losses = solution.ctc_loss(
            np.repeat(logits[None], len(targets), axis=0), targets, np.full(len(targets), frames), blank
        )
        assert_close(losses, np.array(wanted), rtol=1e-8)


@points(2, group="loss", group_zh="损失")
@stated("lengths", "loss", "impossible")
@contract("lengths of every kind in one batch, and padding of every kind; elsewhere they are met by the way")
@hint(en="Which frames belong to which recording?", zh="哪些帧属于哪段录音？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_every_recording_has_its_own_length(solution, seed):
    rng = np.random.default_rng(seed)
    logits, lengths = rng.normal(0, 2, size=(5, 4, 3)), np.array([3, 0, 4, 0, 2])
    targets = [[0, 2], [], [2, 2], [0], [2, 0]]
    sums = [enumerated(rows[:n], 1).get(tuple(t)) for rows, n, t in zip(logits, lengths, targets, strict=True)]
    wanted = np.array([math.inf if value is None else -math.log(value) for value in sums])
    for noise in (0.0, 1e4, np.nan, np.inf):
        logits[np.arange(4) >= lengths[:, None]] = noise
        for order in ([0, 1, 2, 3, 4], [3, 2, 4, 1, 0]):
            losses = solution.ctc_loss(logits[order], [targets[k] for k in order], lengths[order], 1)
            assert_close(losses, wanted[order], rtol=1e-8)


@points(2, group="numerical care", group_zh="数值稳健性")
@stated("long", "loss", "impossible")
@contract("lengths at which probabilities underflow, against a count of paths that needs no recursion")
@hint(en="What is 0.2 to the power of 600 in floating point?", zh="浮点数的 0.2 的 600 次方是多少？")
def test_many_frames(solution):
    for frames, target in (
        (600, [1, 3, 4] * 25),
        (500, [2] * 40),
        (79, [2] * 40),
        (78, [2] * 40),
        (900, []),
        (1200, [3, 1]),
    ):
        paths = counted(frames, target)
        wanted = frames * math.log(5) - math.log(paths) if paths else math.inf
        losses = solution.ctc_loss(np.zeros((1, frames, 5)), [target], np.array([frames]), 0)
        assert_close(losses, np.array([wanted]), rtol=1e-8)


@points(2, group="numerical care", group_zh="数值稳健性")
@stated("logits", "loss")
@hint(en="What does a constant in a frame's scores change?", zh="给一帧的分数都加上一个常数，会改变什么？")
@given(seed=SEEDS)
@settings(max_examples=6)
def test_scores_are_not_normalised(solution, seed):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(2, 6, 4))
    targets, lengths = [[1, 1, 3], [3]], np.array([6, 5])
    sums = [enumerated(rows[:n], 2)[tuple(t)] for rows, n, t in zip(logits, lengths, targets, strict=True)]
    for shift in (-9000.0, 9000.0, 40.0):
        moved = logits + shift * rng.choice([-1.0, 1.0], size=(2, 6, 1))
        assert_close(solution.ctc_loss(moved, targets, lengths, 2), -np.log(sums), rtol=1e-8)
    # one path is certain; each frame that is forced elsewhere costs the gap
    sure = np.zeros((1, 6, 3))
    sure[0, range(6), [0, 1, 1, 2, 0, 0]] = 7000.0
    wanted = {(1, 2): 0.0, (1,): 7000.0, (2,): 14000.0, (): 21000.0, (1, 2, 1): 7000.0, (2, 1): 14000.0}
    for target, loss in wanted.items():
        found = solution.ctc_loss(sure, [list(target)], np.array([6]), 0)
        assert_close(found, np.array([loss]), rtol=1e-3, atol=3.0)


@points(2, group="loss", group_zh="损失")
@stated("loss", "blank", "lengths", "tolerance")
@contract("numbers that torch.nn.functional.ctc_loss gave, so that the suite's own loops are not the only judge")
@hint(en="Compare with a library.", zh="与某个库对照一下。")
def test_numbers_of_another_library(solution):
    losses = solution.ctc_loss(3 * wave((3, 9, 4), 1.7), [[0, 0, 1], [3, 1, 3, 3], [1]], np.array([9, 7, 5]), 2)
    assert_close(losses, np.array([8.943668464157712, 15.134423590880376, 0.34626857116315923]), rtol=1e-8)


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Negative indices count from the end, also by mistake.", zh="负的下标从末尾数起，哪怕是误用。")
def test_what_does_not_fit_is_refused(solution):
    logits, targets, lengths = np.zeros((2, 4, 3)), [[1], [2, 1]], np.array([4, 3])
    odd = [(logits[0], lengths, 0), (logits[None], lengths, 0)]
    odd += [(logits, np.array(bad), 0) for bad in ([4], [4, 5], [-1, 4], [[4], [4]], [4, 3, 2], [4.0, np.inf])]
    odd += [(logits, lengths, blank) for blank in (-1, 3, 7)]
    for given_logits, given_lengths, blank in odd:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.ctc_greedy(given_logits, given_lengths, blank)
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.ctc_loss(given_logits, targets, given_lengths, blank)
    for bad in ([[1]], [[1], [2], [1]], [], [[1], [0]], [[1, 0, 2], [2]], [[3], [1]], [[1], [2, -1]]):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.ctc_loss(logits, bad, lengths, 0)


@points(1, group="inputs", group_zh="输入")
@stated("errors", "logits")
@contract("that arguments stay as they are, and that no recordings are no losses")
@hint(en="Whose array do you normalise?", zh="你是在谁的数组上做归一化？")
def test_arguments_stay_as_they_are(solution, rng):
    logits, lengths, targets = rng.normal(size=(2, 4, 3)), np.array([4, 3]), [[1], [2, 1]]
    greedy, loss = (logits, lengths, 0), (logits, targets, lengths, 0)
    assert_equal(solution.run(arguments_after, "ctc_greedy", greedy), greedy)
    assert_equal(solution.run(arguments_after, "ctc_loss", loss), loss)
    assert_equal(solution.ctc_loss(logits[:0], [], lengths[:0], 0), np.zeros(0))


@performance(points=2, of="ctc_loss", group="speed", group_zh="速度", at_least=3.0, times_faster_than="state_by_state")
@stated("speed")
def a_long_recording(rng):
    target = rng.integers(1, 30, size=60).tolist()
    return (rng.normal(size=(1, 300, 30)), [target], np.array([300]), 0), {}
