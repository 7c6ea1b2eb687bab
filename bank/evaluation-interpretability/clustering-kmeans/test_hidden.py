"""Hidden checks of `clustering-kmeans`; rows and centres one by one, an equal generator draws the beginnings."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, memory, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- the oracle ----------------------------------------------------------------------------------


def squared(a, b):
    return math.fsum((p - q) ** 2 for p, q in zip(a, b, strict=True))


def assign(rows, centres):
    """Labels and squared distances, row by row."""
    pairs = [min((squared(row, centre), number) for number, centre in enumerate(centres)) for row in rows]
    return [number for _, number in pairs], [distance for distance, _ in pairs]


def run(rows, centres, max_iter):
    labels, distances = assign(rows, centres)
    history = [math.fsum(distances)]
    for _ in range(max_iter):
        far = sorted(range(len(rows)), key=lambda i: (-distances[i], i))
        moved = []
        for number in range(len(centres)):
            own = [row for row, label in zip(rows, labels, strict=True) if label == number]
            moved.append([math.fsum(c) / len(own) for c in zip(*own, strict=True)] if own else rows[far.pop(0)])
        centres, before = moved, labels
        labels, distances = assign(rows, centres)
        history.append(math.fsum(distances))
        if labels == before:
            break
    return centres, labels, history


def begin(rows, k, rng):
    chosen = [rows[int(rng.integers(len(rows)))]]
    while len(chosen) < k:
        _, distances = assign(rows, chosen)
        goal, passed, i = rng.random() * sum(distances), 0.0, -1
        while passed <= goal:
            i += 1
            passed += distances[i]
        chosen.append(rows[i])
    return chosen


def expected(x, k, seed, n_init=1, max_iter=100, init=None):
    rows, rng = x.tolist(), np.random.default_rng(seed)
    starts = [init.tolist()] if init is not None else (begin(rows, k, rng) for _ in range(n_init))
    centres, labels, history = min((run(rows, start, max_iter) for start in starts), key=lambda each: each[2][-1])
    return np.array(centres), np.array(labels), history[-1], history


def agree(told, wanted, slack=1e-9):
    assert_close(told[0], wanted[0], rtol=slack)
    assert_equal(told[1], wanted[1])
    for one, other in ((told[2], wanted[2]), *zip(told[3], wanted[3], strict=True)):
        assert isinstance(one, float)
        assert abs(one - other) <= slack * max(1.0, abs(other))


def draw(seed, n=14, d=2):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)) + 4 * rng.integers(0, 3, size=(n, 1))


def consistent(x, told, k):
    """What holds whatever is drawn: nearest labels, falling history, means at the end."""
    centres, labels, inertia, history = told
    assert centres.shape == (k, x.shape[1])
    distances = np.array([[squared(row, centre) for centre in centres.tolist()] for row in x.tolist()])
    own = distances[np.arange(len(x)), labels]
    assert (own <= distances.min(axis=1) + 1e-9).all()
    assert abs(inertia - own.sum()) <= 1e-7 * max(1.0, inertia)
    assert history[-1] == inertia
    assert all(after <= before + 1e-9 * max(1.0, before) for before, after in pairwise(history))


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="runs", group_zh="运行")
@stated("assignment", "update", "run", "init", "result", "tolerance")
@contract("the run itself on ordinary rows; its corner cases are met elsewhere")
@hint(en="Follow a run on paper, assignment by assignment.", zh="在纸上逐次分配地走一遍。")
@given(seed=SEEDS, k=st.integers(1, 5), d=st.integers(1, 3))
@settings(max_examples=12, deadline=None)
def test_runs_from_given_centres(solution, seed, k, d):
    x = draw(seed, d=d)
    init = x[np.random.default_rng(seed).permutation(14)[:k]] + 0.25
    for max_iter in (0, 1, 2, 100):
        agree(solution.kmeans(x, k, 0, 3, max_iter, init), expected(x, k, 0, max_iter=max_iter, init=init))


@points(3, group="runs", group_zh="运行")
@stated("update", "assignment")
@hint(en="Which rows take the centres that have none, and in which order?", zh="哪些行接管没有行的中心，次序如何？")
@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_centres_without_rows(solution, seed):
    x = draw(seed)
    far = np.array([[100.0, -90.0], [80.0, 200.0], [-150.0, 10.0]])
    for init in (
        np.vstack([far[:1], x[:2]]),
        np.vstack([x[:2], far]),
        np.vstack([x[:1], far[:2], x[1:2], x[1:2]]),
        np.repeat(x[:1], 4, axis=0),
    ):
        for max_iter in (0, 1, 2, 50):
            wanted = expected(x, len(init), 0, max_iter=max_iter, init=init)
            agree(solution.kmeans(x, len(init), 0, max_iter=max_iter, init=init), wanted)


@points(3, group="beginnings", group_zh="初始中心")
@stated("plus-plus", "runs")
@contract("the draws themselves on ordinary rows, before and after a run")
@hint(en="Draw with an equal generator: which row passes the goal?", zh="用相同的生成器抽取：哪一行越过目标？")
@given(seed=SEEDS, k=st.integers(1, 5))
@settings(max_examples=15, deadline=None)
def test_drawn_beginnings(solution, seed, k):
    x = draw(seed)
    for max_iter in (0, 100):
        agree(solution.kmeans(x, k, seed, max_iter=max_iter), expected(x, k, seed, max_iter=max_iter))


@points(2, group="beginnings", group_zh="初始中心")
@stated("runs")
@hint(en="One generator for all runs. Which run wins?", zh="所有运行共用一个生成器。哪次运行胜出？")
@given(seed=SEEDS, n_init=st.integers(2, 4))
@settings(max_examples=8, deadline=None)
def test_the_best_of_several_runs(solution, seed, n_init):
    x = np.random.default_rng(seed).uniform(size=(16, 2))
    for max_iter in (0, 1, 100):
        agree(solution.kmeans(x, 5, seed, n_init, max_iter), expected(x, 5, seed, n_init, max_iter))


@points(2, group="numerical care", group_zh="数值稳健性")
@stated("shift", "result")
@hint(en="What do squares of 1e8 leave of a distance of 1?", zh="1e8 的平方会给距离 1 留下几位有效数字？")
@given(seed=SEEDS)
@settings(max_examples=6, deadline=None)
def test_far_from_the_origin(solution, seed):
    x = draw(seed)
    for shift in (np.array([1e8, -1e8]), np.array([-3e7, 1e8])):
        moved = x + shift
        wanted = expected(moved, 3, 0, init=moved[:3])
        agree(solution.kmeans(moved, 3, 0, init=moved[:3]), wanted, 1e-6)
        agree(solution.kmeans(moved, 3, seed), expected(moved, 3, seed), 1e-6)


@points(2, group="runs", group_zh="运行")
@stated("run", "assignment", "result")
@contract("what holds of every result, for repeated rows as well, where ties leave no room for exact answers")
@hint(en="Do the labels belong to the centres you return?", zh="标签与你返回的中心相符吗？")
@given(seed=SEEDS, k=st.integers(1, 6))
@settings(max_examples=10, deadline=None)
def test_what_always_holds(solution, seed, k):
    lattice = np.random.default_rng(seed).integers(0, 3, size=(12, 2)) / 1.0
    lattice[:6] = [[0, 0], [1, 0], [2, 1], [0, 2], [1, 1], [2, 2]]
    for x in (lattice, np.repeat(lattice, 3, axis=0), draw(seed)):
        for max_iter in (0, 1, 30):
            consistent(x, solution.kmeans(x, k, seed, 2, max_iter), k)
    distinct = draw(seed, 6)
    told = solution.kmeans(distinct, 6, seed)
    assert sorted(told[1].tolist()) == list(range(6))
    assert told[2] <= 1e-9


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="How many different rows are there?", zh="有多少个不同的行？")
def test_what_cannot_be_grouped_is_refused(solution):
    x = draw(3, 5)
    same = np.repeat(x[:2], 3, axis=0)
    nan, inf = x.copy(), x.copy()
    nan[2, 1], inf[4, 0] = math.nan, -math.inf
    calls = [(x, 0, 0), (x, -1, 0), (x, 6, 0), (same, 3, 0), (x[:0], 1, 0), (nan, 2, 0), (inf, 2, 0), (x[0], 1, 0)]
    calls += [
        (x[None], 1, 0),
        (x, 2, 0, 1, -1),
        (x, 2, 0, 0),
        (x, 2, 0, -1),
        (x, 2, 0, 1, 9, x[:3]),
        (x, 2, 0, 1, 9, x[0]),
    ]
    calls += [(x, 2, 0, 1, 9, x[:2, :1]), (x, 2, 0, 1, 9, x[:1]), (x, 3, 0, 1, 9, nan[:3]), (x, 2, 0, 1, 9, inf[3:])]
    calls.append((np.ones((1, 2, 2)), 1, 0, 1, 0, np.zeros((1, 2))))
    for arguments in calls:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.kmeans(*arguments)
    assert_close(solution.kmeans(same, 2, 0)[2], 0.0)


def group_and_look(submission, x, init):
    return submission.kmeans(x, 3, 0, init=init), (x, init)


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("unchanged")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution, rng):
    x = draw(int(rng.integers(2**32)))
    init = np.vstack([x[:2], [[300.0, 300.0]]])
    told, after = solution.run(group_and_look, x, init)
    agree(told, expected(x, 3, 0, init=init))
    assert_equal(after, (x, init))


@memory(points=2, of="kmeans", group="memory", group_zh="内存", at_most=0.5, times_of="all_at_once")
@stated("memory")
def many_rows(rng):
    x = rng.normal(size=(8000, 24))
    return (x, 40, 0, 1, 1, x[:40] + 0.1), {}
