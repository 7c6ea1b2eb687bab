"""Hidden checks of `long-text-chunking`; windows come from slices of the whole text, scores token by token."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
LENGTHS = st.integers(1, 9).flatmap(lambda max_len: st.tuples(st.just(max_len), st.integers(1, max_len)))
KINDS = {"list": list, "tuple": tuple, "iterator": iter, "generator": lambda ids: (token for token in ids)}


# ---- probes: they run in the guest -------------------------------------------------------------


def cut(module, kind, ids, max_len, stride):
    """Take window after window; give them, and the text afterwards."""
    text, windows = KINDS[kind](ids), []
    iterator = module.chunks(text, max_len, stride)
    while (window := next(iterator, None)) is not None:
        windows.append(window)
    return windows, ids


def spoil(module, ids, max_len, stride):
    """Write into each window as soon as it was handed out; give what it was."""
    windows = []
    for start, window in module.chunks(ids, max_len, stride):
        windows.append((start, window.copy()))
        window[:] = [-1] * (max_len + 3)
    return windows, ids


def watch_reading(module, count, max_len, stride):
    """Give how many ids were read when the iterator was made, after each window, and at the end."""
    read = []

    def text():
        for token in range(count):
            read.append(token)
            yield token

    iterator = module.chunks(text(), max_len, stride)
    return [len(read), *(len(read) for _ in iterator)]


def read_without_end(module, max_len, stride, windows):
    return list(itertools.islice(module.chunks(itertools.count(3), max_len, stride), windows))


class Token(int):
    """An id that tells how many of its kind are alive."""

    alive = most = 0

    def __new__(cls, value):
        Token.alive += 1
        Token.most = max(Token.most, Token.alive)
        return super().__new__(cls, value)

    def __del__(self):
        Token.alive -= 1


def count_living_ids(module, count, max_len, stride):
    """Give the largest number of ids that were alive at a time, and the number of windows."""
    Token.alive = Token.most = 0
    windows = sum(1 for _ in module.chunks((Token(i) for i in range(count)), max_len, stride))
    return Token.most, windows


def refuse(module, max_len, stride):
    """Make an iterator, but ask it for nothing."""
    module.chunks(iter([1, 2, 3]), max_len, stride)


def merge_and_look(module, parts, n, once):
    """Give the merged scores, and again after all parts were overwritten; and the parts before that."""
    merged = module.merge(iter(parts) if once else parts, n)
    before, kept = merged.copy(), [(start, scores.copy()) for start, scores in parts]
    for _, scores in parts:
        scores[:] = 0.5
    return before, merged, kept


# ---- the oracle --------------------------------------------------------------------------------


def expected_windows(ids, max_len, stride):
    starts = [0] if ids else []
    while starts and starts[-1] + max_len < len(ids):
        starts.append(starts[-1] + stride)
    return [(start, ids[start : start + max_len]) for start in starts]


def expected_scores(parts, n):
    rows = []
    for token in range(n):
        depths = {
            (-min(token - start, start + len(scores) - 1 - token), start): scores[token - start]
            for start, scores in parts
            if start <= token < start + len(scores)
        }
        rows.append(depths[min(depths)])
    return np.stack(rows)


def draw_windows(rng, n):
    """Draw windows of different lengths and starts that cover a text, in any order."""
    starts = {0, *rng.integers(0, n, n // 2).tolist()}
    covered, windows = 0, []
    for start in sorted(starts):
        length = int(rng.integers(1, n - start + 1))
        if start == max(starts):
            length = n - start
        following = min((other for other in starts if other > start), default=n)
        length = max(length, following - start)
        covered = max(covered, start + length)
        windows.append((start, length))
    return [windows[i] for i in rng.permutation(len(windows))]


def draw_scores(rng, windows, columns=2, dtype=np.float64):
    return [(start, rng.normal(size=(length, columns)).astype(dtype)) for start, length in windows]


# ---- the checks: windows -----------------------------------------------------------------------


@points(4, group="windows", group_zh="窗口")
@stated("windows", "empty", "lazy", "own-lists")
@contract("the definition itself, for every kind of iterable")
@hint(en="Which window is the last one?", zh="哪个窗口是最后一个？")
@given(lengths=LENGTHS, count=st.integers(0, 25), kind=st.sampled_from(sorted(KINDS)))
@example(lengths=(4, 4), count=8, kind="iterator")
@example(lengths=(5, 2), count=0, kind="list")
@settings(max_examples=25, deadline=None)
def test_windows_of_a_text(solution, lengths, count, kind):
    ids = [300 + 7 * i % 50 for i in range(count)]
    windows, after = solution.run(cut, kind, ids, *lengths)
    assert_equal(windows, expected_windows(ids, *lengths))
    assert_equal(after, ids)


@points(3, group="laziness", group_zh="惰性")
@stated("lazy")
@hint(en="Count what you read before a window is handed out.", zh="数一数交出一个窗口之前你读了多少。")
@given(lengths=LENGTHS, count=st.integers(0, 25))
@settings(max_examples=10, deadline=None)
def test_nothing_is_read_before_it_is_needed(solution, lengths, count):
    max_len, stride = lengths
    starts = [start for start, _ in expected_windows(list(range(count)), *lengths)]
    assert_equal(solution.run(watch_reading, count, *lengths), [0, *(min(start + max_len, count) for start in starts)])
    endless = expected_windows(list(range(3, 60)), *lengths)[:4]
    assert_equal(solution.run(read_without_end, max_len, stride, 4), endless)


@points(2, group="laziness", group_zh="惰性")
@stated("memory")
@hint(en="Who keeps ids that no window will need again?", zh="不会再被任何窗口用到的 id，是谁还留着？")
@given(lengths=LENGTHS)
@settings(max_examples=4, deadline=None)
def test_ids_of_the_past_are_let_go(solution, lengths):
    max_len, stride = lengths
    alive, windows = solution.run(count_living_ids, 200, max_len, stride)
    assert windows == len(expected_windows([0] * 200, max_len, stride))
    # some more are on their way from one hand to the other
    assert alive <= 2 * max_len + 10


@points(1, group="windows", group_zh="窗口")
@stated("own-lists")
@hint(en="Who else holds the list that you hand out?", zh="你交出去的列表，还有谁拿着？")
@given(lengths=LENGTHS, count=st.integers(1, 25))
@settings(max_examples=6, deadline=None)
def test_windows_are_the_callers(solution, lengths, count):
    ids = list(range(count))
    windows, after = solution.run(spoil, ids, *lengths)
    assert_equal(windows, expected_windows(ids, *lengths))
    assert_equal(after, ids)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("window-errors")
@hint(en="When does the body of a generator begin to run?", zh="生成器的函数体何时才开始执行？")
def test_what_makes_no_windows_is_refused_at_once(solution):
    for max_len, stride in ((3, 0), (3, -1), (3, 4), (0, 0), (0, 1), (-2, -3), (-3, -2), (1, 2)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(refuse, max_len, stride)


# ---- the checks: scores ------------------------------------------------------------------------


@points(4, group="scores", group_zh="分数")
@stated("deepest", "ties", "parts")
@hint(en="For one token on paper: its depth in each window.", zh="用纸笔算一个词元：它在每个窗口中的深度。")
@given(seed=SEEDS, lengths=LENGTHS, count=st.integers(1, 20), dtype=st.sampled_from([np.float32, np.float64]))
@settings(max_examples=12, deadline=None)
def test_scores_of_regular_windows(solution, seed, lengths, count, dtype):
    windows = [(start, len(window)) for start, window in expected_windows(list(range(count)), *lengths)]
    parts = draw_scores(np.random.default_rng(seed), windows, dtype=dtype)
    assert_equal(solution.merge(parts, count), expected_scores(parts, count))


@points(3, group="scores", group_zh="分数")
@stated("parts", "deepest", "ties")
@hint(en="Does your rule need windows of one length, or in order?", zh="你的规则是否要求窗口长度相同，或按顺序排列？")
@given(seed=SEEDS, count=st.integers(1, 16), columns=st.integers(1, 3), once=st.booleans())
@settings(max_examples=15, deadline=None)
def test_scores_of_any_windows_in_any_order(solution, seed, count, columns, once):
    rng = np.random.default_rng(seed)
    parts = draw_scores(rng, draw_windows(rng, count), columns)
    merged, _, _ = solution.run(merge_and_look, parts, count, once)
    assert_equal(merged, expected_scores(parts, count))


@points(2, group="scores", group_zh="分数")
@stated("copied", "deepest")
@contract("scores that nobody may compute with: the mistakes it finds change ordinary scores too")
@hint(en="What is zero times infinity?", zh="零乘以无穷大等于多少？")
@given(seed=SEEDS, count=st.integers(2, 12))
@settings(max_examples=6, deadline=None)
def test_scores_that_are_no_numbers(solution, seed, count):
    rng = np.random.default_rng(seed)
    parts = draw_scores(rng, draw_windows(rng, count))
    for _, scores in parts:
        scores[rng.random(scores.shape) < 0.4] = rng.choice([math.nan, math.inf, -math.inf, -1e300])
    assert_equal(solution.merge(parts, count), expected_scores(parts, count))


@points(1, group="memory of its own", group_zh="独立的内存")
@stated("memory-of-its-own", "parts")
@hint(en="One window may be the whole text.", zh="一个窗口可能就是整篇文本。")
@given(seed=SEEDS, count=st.integers(1, 6))
@settings(max_examples=5, deadline=None)
def test_the_result_is_no_view_of_the_parts(solution, seed, count):
    rng = np.random.default_rng(seed)
    for windows in ([(0, count)], draw_windows(rng, count)):
        parts = draw_scores(rng, windows)
        wanted = expected_scores(parts, count)
        assert_equal(solution.run(merge_and_look, parts, count, False), (wanted, wanted, parts))


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("merge-errors")
@hint(en="What does a slice do beyond the end, and before the start?", zh="切片越过末尾、或起点为负时，会发生什么？")
def test_what_does_not_cover_the_text_is_refused(solution, rng):
    wrong = [[], [(1, 4)], [(0, 4)], [(0, 2), (3, 2)], [(0, 6)], [(0, 5), (4, 2)], [(0, 5), (-1, 3)], [(-1, 6)]]
    wrong += [[(0, 5), (5, 1)], [(0, 5), (7, 2)], [(0, 5), (-6, 2)], [(0, 5), (-1, 1)]]
    for windows in wrong:
        for order in (1, -1):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.merge(draw_scores(rng, windows[::order]), 5)
