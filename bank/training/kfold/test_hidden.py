"""Hidden checks of `kfold`; folds are counted, chance over many seeds; scores come from a pipeline by hand."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
EXTRAS = st.lists(st.integers(0, 7), min_size=1, max_size=5)


# ---- inside the guest ----------------------------------------------------------------------------


def fold_and_look(submission, *arguments):
    """Tell the folds, and the arguments afterwards."""
    folds = submission.stratified_folds(*arguments)
    return folds, arguments


def parts_of_many_seeds(submission, y, k, groups, seeds):
    """Tell for each seed the part in which each row is tested."""
    table = np.full((len(seeds), len(y)), -1)
    for line, seed in zip(table, seeds, strict=True):
        for part, (_, test) in enumerate(submission.stratified_folds(y, k, seed, groups)):
            line[test] = part
    return table


def fold_beside_global_generators(submission, y, k, seed):
    """Tell folds made under two states of the global generators, and what these draw next."""
    told = []
    for state in (5, 6):
        np.random.seed(state)
        random.seed(state)
        folds = submission.stratified_folds(y, k, seed)
        told.append((folds, np.random.random_sample(), random.random()))
    return told


class Shift:
    """Trebles what it gets, less the mean of what it was fitted on, in place or in a new array."""

    def __init__(self, log, place, in_place):
        self.log, self.place, self.in_place = log, place, in_place

    def fit(self, X, y):
        self.log.append((*self.place, "fit", X.copy(), y.copy()))
        self.mean = X.mean(axis=0)

    def transform(self, X):
        self.log.append((*self.place, "transform", X.copy(), None))
        if self.in_place:
            X *= 3
            X -= self.mean
            return X
        return 3 * X - self.mean


class Slope:
    """Predicts the mean of the labels, and a little more for large inputs."""

    def __init__(self, log, place):
        self.log, self.place = log, place

    def fit(self, X, y):
        self.log.append((*self.place, "fit", X.copy(), y.copy()))
        self.mean, self.scale = y.mean(), np.abs(X).sum()

    def predict(self, X):
        self.log.append((*self.place, "predict", X.copy(), None))
        return self.mean + X.reshape(len(X), -1).sum(axis=1) / self.scale


def lopsided(true, predicted):
    """A score that tells its arguments apart."""
    return np.mean(2.0 * true - np.abs(predicted) ** 1.5)


def validate(submission, X, y, folds, depth, in_place):
    """Tell the scores, what the steps were called with, and the data afterwards."""
    log, made = [], []

    def make_pipeline():
        made.append(len(made))
        shifts = [Shift(log, (made[-1], at), in_place) for at in range(depth)]
        return [*shifts, Slope(log, (made[-1], depth))]

    scores = submission.cross_validate(make_pipeline, X, y, folds, lopsided)
    return {"scores": scores, "log": log, "made": len(made), "data": (X, y, folds)}


def validate_and_count(submission, X, y, folds):
    """Tell what was raised, and how many pipelines had been made."""
    made = []

    def make_pipeline():
        made.append(1)
        return [Slope([], (0, 0))]

    try:
        submission.cross_validate(make_pipeline, X, y, folds, lopsided)
    except ValueError:
        return "ValueError", len(made)
    return "", len(made)


class Pick:
    """Keeps the columns that go along best with the labels."""

    def fit(self, X, y):
        self.best = np.argsort(-np.abs((X - X.mean(axis=0)).T @ (y - y.mean())))[:8]

    def transform(self, X):
        return X[:, self.best]


class Nearest:
    """Predicts the class of the nearer centre."""

    def fit(self, X, y):
        self.centres = np.stack([X[y == label].mean(axis=0) for label in (0, 1)])

    def predict(self, X):
        return np.linalg.norm(X[:, None] - self.centres, axis=2).argmin(axis=1)


def learn_noise(submission, seeds, folds):
    """Tell the mean accuracy of a selection and a classifier on labels that mean nothing."""
    told = []
    for seed in seeds:
        rng = np.random.default_rng(seed)
        X, y = rng.normal(size=(40, 400)), rng.permutation(np.arange(40) % 2)
        scores = submission.cross_validate(lambda: [Pick(), Nearest()], X, y, folds, lambda t, p: np.mean(t == p))
        told.append(float(np.mean(scores)))
    return told


# ---- the oracle ----------------------------------------------------------------------------------


def make_labels(seed, sizes, kind):
    """Draw labels with these numbers of rows, in any order."""
    names = {
        "text": [f"c{7 * i % 10}" for i in range(9)],
        "whole": [5, -2, 0, 11, 3],
        "half": [0.5, -1.5, 2.0, 0.0, 9.0],
    }
    y = np.repeat(np.array(names[kind][: len(sizes)]), sizes)
    return np.random.default_rng(seed).permutation(y)


def count(y, folds):
    """Count for each label the rows in each test part."""
    return np.array([[int((y[test] == label).sum()) for _, test in folds] for label in np.unique(y)])


def assert_form(folds, n, k):
    """Check that the test parts have every row once, and that the rest is for training."""
    everything = np.arange(n, dtype=np.int64)
    assert len(folds) == k
    assert_equal(np.sort(np.concatenate([test for _, test in folds])), everything)
    for pair in folds:
        assert isinstance(pair, tuple)
        assert_equal(pair[1], np.sort(pair[1]))
        assert_equal(pair[0], np.setdiff1d(everything, pair[1]))


def expected(X, y, folds, depth):
    """Scores and calls of the pipeline, written out."""
    scores, log = [], []
    for number, (train, test) in enumerate(folds):
        seen, unseen = X[train], X[test]
        for at in range(depth):
            mean = seen.sum(axis=0) / len(train)
            log += [(number, at, "fit", seen, y[train]), (number, at, "transform", seen, None)]
            log.append((number, at, "transform", unseen, None))
            seen, unseen = 3 * seen - mean, 3 * unseen - mean
        log += [(number, depth, "fit", seen, y[train]), (number, depth, "predict", unseen, None)]
        predicted = [y[train].mean() + one.sum() / np.abs(seen).sum() for one in unseen]
        scores.append(math.fsum(2 * t - abs(p) ** 1.5 for t, p in zip(y[test], predicted, strict=True)) / len(test))
    return scores, log


def in_order(log):
    """Sort calls by fold, step and method; of two, the one with more rows, then the one with smaller numbers first."""
    return sorted(log, key=lambda call: (*call[:3], -len(call[3]), round(float(call[3].sum()), 6)))


def draw_data(seed, n=9, folds=3):
    """Draw inputs of three dimensions, and folds in which rows are missing and repeated, in any order."""
    rng = np.random.default_rng(seed)
    X, y = rng.normal(size=(n, 2, 2)), rng.normal(3.0, 1.0, n)
    pairs = []
    for _ in range(folds):
        order, cut = rng.permutation(n), int(rng.integers(2, n - 2))
        train, test = order[:cut], order[cut : cut + 1 + int(rng.integers(n - cut))]
        pairs.append((rng.permutation(np.append(train, train[0])), rng.permutation(np.append(test, test[0]))))
    return X, y, pairs


# ---- the checks: folds ---------------------------------------------------------------------------


@points(3, group="folds", group_zh="分折")
@stated("form", "balance")
@contract("the rule on labels of every kind and order; the next check has the sizes that go wrong most often")
@hint(en="Where do the left-over rows of each class go?", zh="每个类别除不尽的余数行去了哪里？")
@given(seed=SEEDS, k=st.integers(2, 5), extras=EXTRAS, kind=st.sampled_from(["text", "whole", "half"]))
@settings(max_examples=20, deadline=None)
def test_parts_look_alike(solution, seed, k, extras, kind):
    y = make_labels(seed, [k + extra for extra in extras], kind)
    folds = solution.stratified_folds(y, k, seed)
    assert_form(folds, len(y), k)
    counts = count(y, folds)
    assert np.ptp(counts, axis=1).max() <= 1
    assert np.ptp(counts.sum(axis=0)) <= 1


@points(1, group="folds", group_zh="分折")
@stated("balance")
@contract("many small remainders, which sizes at random seldom bring together")
@hint(en="Five classes with one row left over each.", zh="五个类别，每个都多出一行。")
def test_remainders_do_not_pile_up(solution):
    for k, sizes in ((5, [6] * 5), (4, [5, 6, 7, 5]), (3, [3, 4, 5, 4])):
        y = make_labels(k, sizes, "whole")
        counts = count(y, solution.stratified_folds(y, k, 3))
        assert np.ptp(counts, axis=1).max() <= 1
        assert np.ptp(counts.sum(axis=0)) <= 1


@points(3, group="chance", group_zh="随机性")
@stated("shuffled")
@hint(en="What is random in your folds, and what is not?", zh="你的分折里，哪些是随机的，哪些不是？")
def test_chance_is_fair(solution, rng):
    y, draws = np.repeat([0, 1, 2], [6, 3, 4]), 150
    for groups in (None, np.arange(100, 113)):
        seeds = rng.integers(2**32, size=draws).tolist()
        table = solution.run(parts_of_many_seeds, y, 3, groups, seeds)[:, :6]
        for part in range(3):
            assert_chance((table == part).sum(axis=0), draws, 1 / 3)
        meets = (table[:, :, None] == table[:, None, :]).sum(axis=0)
        assert_chance(meets[np.triu_indices(6, 1)], draws, 1 / 5)


def assert_chance(counts, draws, share):
    """Check counts of events against their chance: six standard deviations are allowed."""
    allowed = 6 * math.sqrt(draws * share * (1 - share))
    assert np.abs(counts - draws * share).max() <= allowed


@points(2, group="chance", group_zh="随机性")
@stated("repeatable")
@hint(en="Whose random numbers do you use?", zh="你用的是谁的随机数？")
@given(seed=st.integers(0, 2**31))
@settings(max_examples=4, deadline=None)
def test_the_seed_decides(solution, seed):
    y = make_labels(seed, [7, 9], "text")
    first, second = solution.run(fold_beside_global_generators, y, 3, seed)
    assert_equal(first[0], second[0])
    draws = [(np.random.RandomState(state).random_sample(), random.Random(state).random()) for state in (5, 6)]
    assert_equal([first[1:], second[1:]], draws)


@points(3, group="groups", group_zh="分组")
@stated("groups", "form")
@hint(en="Deal out groups, not rows; which part gets the next one?", zh="分配的是组而不是行；下一个组给哪一部分？")
@given(seed=SEEDS, k=st.integers(2, 4), extras=st.lists(st.integers(0, 9), min_size=2, max_size=3), text=st.booleans())
@settings(max_examples=12, deadline=None)
def test_groups_stay_whole_and_balanced(solution, seed, k, extras, text):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(extras)), [k + extra for extra in extras])
    sizes = np.where(rng.random(len(labels)) < 0.5, 1, rng.choice([1, 6], 3)[labels])
    order = rng.permutation(int(sizes.sum()))
    y, groups = np.repeat(labels, sizes)[order], np.repeat(np.arange(len(labels)), sizes)[order]
    folds = solution.stratified_folds(y, k, seed, np.array([f"p{g}" for g in groups]) if text else groups - 3)
    assert_form(folds, len(y), k)
    assert all(len(test) for _, test in folds)
    for train, test in folds:
        assert not set(groups[train]) & set(groups[test])
    for label, counts in zip(np.unique(y), count(y, folds), strict=True):
        assert np.ptp(counts) <= sizes[labels == label].max()


@points(2, group="groups", group_zh="分组")
@stated("groups", "form")
@hint(
    en="May a group have several classes? May a part stay empty?", zh="一个组可以含有多个类别吗？某一部分可以为空吗？"
)
@given(seed=SEEDS, k=st.integers(2, 4))
@settings(max_examples=8, deadline=None)
def test_groups_of_several_classes(solution, seed, k):
    rng = np.random.default_rng(seed)
    groups = rng.permutation(np.repeat(np.arange(k), rng.integers(2, 9, k)))
    y = np.zeros(len(groups), dtype=int)
    for group in range(k):
        y[np.flatnonzero(groups == group)[0]] = 1
    folds = solution.stratified_folds(y, k, seed, groups)
    assert_form(folds, len(y), k)
    assert_equal(sorted(sorted(set(groups[test].tolist())) for _, test in folds), [[group] for group in range(k)])


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("errors", "inputs")
@hint(en="Which data cannot be cut into k like parts?", zh="什么样的数据无法切成 k 个相似的部分？")
def test_what_cannot_be_cut_is_refused(solution, rng):
    y = np.array([3, 4, 3, 4, 4, 3, 4])
    pairs = np.array([0, 1, 0, 1, 2, 3, 4])
    for arguments in [
        (np.array([], dtype=int), 2, 0),
        (y, 1, 0),
        (y, 0, 0),
        (y[:0], 1, 0),
        (y, 4, 0),
        (np.append(y, 9), 2, 0),
        (y, 2, 0, pairs[:6]),
        (y, 2, 0, np.append(pairs, 1)),
        (y, 3, 0, pairs),
        (y, 2, 0, np.zeros(7, dtype=int)),
    ]:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.stratified_folds(*arguments)
    for arguments in [(y, 3, 0), (y, 2, int(rng.integers(99)), pairs)]:
        folds, after = solution.run(fold_and_look, *arguments)
        assert_form(folds, 7, arguments[1])
        assert_equal(after, arguments)


# ---- the checks: scores --------------------------------------------------------------------------


@points(3, group="scores", group_zh="打分")
@stated("scores", "folds", "order")
@contract("the scores themselves, whatever else is watched")
@hint(en="Follow one fold on paper: which rows, in which order?", zh="在纸上走完一折：哪些行，什么次序？")
@given(seed=SEEDS, depth=st.integers(0, 2), number=st.integers(0, 3))
@settings(max_examples=10, deadline=None)
def test_scores(solution, seed, depth, number):
    X, y, folds = draw_data(seed, folds=number)
    told = solution.run(validate, X, y, folds, depth, False)
    assert_close(told["scores"], expected(X, y, folds, depth)[0], rtol=1e-9)


@points(4, group="no leakage", group_zh="不泄漏")
@stated("seen", "order", "new-pipelines")
@hint(en="What has a step seen when it meets the test rows?", zh="某一步遇到测试行时，它已经见过什么？")
@given(seed=SEEDS, depth=st.integers(0, 2))
@settings(max_examples=6, deadline=None)
def test_steps_see_their_rows_only(solution, seed, depth):
    X, y, folds = draw_data(seed)
    told = solution.run(validate, X, y, folds, depth, False)
    assert told["made"] == len(folds)
    assert_close(in_order(told["log"]), in_order(expected(X, y, folds, depth)[1]), rtol=1e-9)


@points(2, group="no leakage", group_zh="不泄漏")
@stated("unchanged", "scores")
@hint(en="Is what you hand to a step a copy of the rows?", zh="你交给各步骤的是行的副本吗？")
@given(seed=SEEDS, cut=st.integers(3, 6))
@settings(max_examples=5, deadline=None)
def test_steps_that_write_in_place(solution, seed, cut):
    X, y, _ = draw_data(seed)
    rows = np.arange(9)
    folds = [(rows[:cut], rows[cut:]), (rows[cut:], rows[:cut])]
    told = solution.run(validate, X, y, folds, 2, True)
    assert_close(told["scores"], expected(X, y, folds, 2)[0], rtol=1e-9)
    assert_equal(told["data"], (X, y, folds))


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("overlap")
@hint(en="Look at all folds before you begin.", zh="动手之前先检查所有的折。")
@given(seed=SEEDS, place=st.integers(0, 3))
@settings(max_examples=5, deadline=None)
def test_rows_on_both_sides_are_refused(solution, seed, place):
    X, y, folds = draw_data(seed)
    train, test = np.array([4, 1, 7]), np.array([0, 7, 2])
    leaking = [*folds[:place], (train, test), *folds[place:]]
    assert_equal(solution.run(validate_and_count, X, y, leaking), ("ValueError", 0))
    assert_equal(solution.run(validate_and_count, X, y, folds), ("", 3))


@points(1, group="no leakage", group_zh="不泄漏")
@stated("seen")
@contract("what leakage does: on noise a selection made inside the folds scores about chance, before them 0.9")
@hint(en="Noise cannot be predicted.", zh="噪声是无法预测的。")
def test_noise_scores_about_chance(solution):
    rows = np.arange(40)
    folds = [(rows[rows % 4 != part], rows[rows % 4 == part]) for part in range(4)]
    told = solution.run(learn_noise, [1, 2, 3], folds)
    assert all(isinstance(score, float) for score in told)
    assert 0.3 <= sum(told) / 3 <= 0.7
