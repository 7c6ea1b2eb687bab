"""Hidden checks of `ensembling`; votes are counted one by one, and every model writes down what it sees."""

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- models, inside the guest and outside --------------------------------------------------------


def smoother(width, seen=None, asked=None):
    """A fit function: the mean of all y seen, weighted by nearness and by the order of the rows."""

    def fit(x, y):
        if seen is not None:
            seen.append((x.copy(), y.copy()))
        old_x, old_y = x.copy(), y.copy()
        order = 1 + np.arange(len(y)) / (3 * len(y))

        def predict(rows):
            if asked is not None:
                asked.append((old_x, rows.copy()))
            near = np.exp(-((rows[:, None] - old_x) ** 2).sum(axis=2) / width) * order + 1e-6
            return near @ old_y / near.sum(axis=1)

        return predict

    return fit


def bagged(submission, x, y, count, seed, new):
    """Tell everything about a bag, what was seen and asked, and what the generator draws next."""
    rng = np.random.default_rng(seed)
    seen, asked = [], []
    predict, oob = submission.bag(smoother(2.0, seen, asked), x, y, count, rng)
    questions = list(asked)
    return predict(new), predict(new[:1]), oob, seen, questions, rng.random(), (x, y)


def stacked(submission, x, y, folds, widths, new):
    """Tell everything about a stack, and what every model has seen."""
    seen, meta_seen = [[] for _ in widths], []
    fits = [smoother(width, log) for width, log in zip(widths, seen, strict=True)]
    predict, z = submission.stack(fits, smoother(5.0, meta_seen), x, y, folds)
    return predict(new), predict(new[:1]), z, seen, meta_seen, (x, y, folds)


def refused(submission, name, counts, folds):
    """Try a bag or a stack of rows that do not fit."""
    x, y = np.zeros((counts[0], 2)), np.zeros(counts[1])
    if name == "bag":
        return submission.bag(smoother(1.0), x, y, folds, np.random.default_rng(0))[1]
    return submission.stack([smoother(1.0)] * counts[2], smoother(1.0), x, y, np.array(folds))[1]


# ---- the oracle ----------------------------------------------------------------------------------


def expected_soft(probs, weights):
    shares = [Fraction(float(weight)) for weight in weights]
    n, c = probs.shape[1:]
    means = [
        [
            float(sum(s * Fraction(float(p)) for s, p in zip(shares, probs[:, i, j], strict=True)) / sum(shares))
            for j in range(c)
        ]
        for i in range(n)
    ]
    return np.array(means, dtype=np.float64).reshape(n, c)


def expected_hard(labels, weights):
    chosen = []
    for column in labels.T.tolist():
        votes = Counter()
        for label, weight in zip(column, weights, strict=True):
            votes[label] += int(weight)
        chosen.append(min(votes, key=lambda label: (-votes[label], label)))
    return np.array(chosen, dtype=np.int64)


def by_content(seen):
    """What was seen, in an order that does not depend on the order of the calls."""
    return sorted(seen, key=lambda pair: (len(pair[1]), pair[0].tobytes()))


# ---- the checks: votes ---------------------------------------------------------------------------


@points(3, group="votes", group_zh="投票")
@stated("soft", "tolerance", "unchanged")
@hint(en="Do the weights sum to one? Along which axis is the mean?", zh="权重之和是 1 吗？沿哪个轴求平均？")
@given(seed=SEEDS, models=st.integers(1, 4), classes=st.integers(1, 4))
@settings(max_examples=10, deadline=None)
def test_soft_votes(solution, seed, models, classes):
    rng = np.random.default_rng(seed)
    for samples in (0, 1, 5):
        probs = rng.dirichlet(np.ones(classes), size=(models, samples))
        weights = rng.uniform(0.1, 9, size=models)
        weights[1:2] = 0.0
        assert_close(solution.soft_vote(probs), expected_soft(probs, [1] * models), rtol=1e-9)
        told = solution.soft_vote(probs, weights)
        assert_close(told, expected_soft(probs, weights), rtol=1e-9)
        assert_close(solution.soft_vote(probs[::-1], 7 * weights[::-1]), told, rtol=1e-9)


@points(3, group="votes", group_zh="投票")
@stated("hard", "unchanged")
@hint(en="Classes are names, not amounts. Which one wins a tie?", zh="类别是名称，不是数量。平票时谁当选？")
@given(seed=SEEDS, models=st.integers(1, 5))
@settings(max_examples=12, deadline=None)
def test_hard_votes(solution, seed, models):
    rng = np.random.default_rng(seed)
    names = np.array([-(10**15), -7, -1, 0, 2, 10**15, 10**15 + 1])
    labels = names[rng.integers(0, 7, size=(models, 12)) // rng.integers(1, 4, size=12)]
    weights = rng.integers(0, 4, size=models)
    weights[-1] = 2
    for rows in (labels, labels[:, :0], np.asfortranarray(labels)):
        assert_equal(solution.hard_vote(rows), expected_hard(rows, [1] * models))
        assert_equal(solution.hard_vote(rows, weights), expected_hard(rows, weights))
    assert_equal(solution.hard_vote(labels[::-1], weights[::-1]), expected_hard(labels, weights))


@points(2, group="votes", group_zh="投票")
@stated("hard")
@hint(en="What is the mean of class 1 and class 3?", zh="类别 1 与类别 3 的平均是什么？")
def test_votes_that_are_close(solution):
    labels = np.array([[3, 1, 0, 5, -2], [1, 3, 0, 5, 4], [1, 3, 9, -6, 4], [3, 1, 9, -6, -2]])
    for weights in (
        None,
        [1, 1, 1, 1],
        [2, 1, 2, 1],
        [0, 3, 0, 3],
        [5, 0, 0, 4],
        [0, 0, 1, 0],
        [10**15, 10**15 + 1, 0, 0],
    ):
        array = None if weights is None else np.array(weights)
        assert_equal(solution.hard_vote(labels, array), expected_hard(labels, weights or [1] * 4))


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("vote-errors", "bag-errors", "stack-errors")
@hint(en="Which weights make no mean, which folds no others?", zh="什么样的权重求不出平均？什么样的折没有别的折？")
def test_what_cannot_be_combined_is_refused(solution):
    probs, labels = np.full((2, 3, 2), 0.5), np.zeros((2, 3), dtype=np.int64)
    for weights in ([1], [1, 1, 1], [-1, 2], [0, 0], [[1, 1]]):
        for function, array, dtype in ((solution.soft_vote, probs, float), (solution.hard_vote, labels, int)):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                function(array, np.array(weights, dtype=dtype))
    for function, array in (
        (solution.soft_vote, probs[:0]),
        (solution.soft_vote, probs[0]),
        (solution.soft_vote, probs[None]),
        (solution.hard_vote, labels[:0]),
        (solution.hard_vote, labels[0]),
        (solution.hard_vote, labels[None]),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            function(array)
    for case in (("bag", (3, 3), 0), ("bag", (3, 3), -1), ("bag", (3, 2), 2), ("bag", (3, 4), 2)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(refused, *case)
    for counts, folds in (((3, 3, 0), [0, 1, 1]), ((3, 3, 1), [2, 2, 2]), ((3, 2, 1), [0, 1, 1])):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(refused, "stack", counts, folds)
    for counts, folds in (((2, 3, 1), [0, 1, 1]), ((3, 3, 1), [0, 1]), ((3, 3, 1), [0, 1, 1, 0])):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(refused, "stack", counts, folds)


# ---- the checks: bags ----------------------------------------------------------------------------


@points(4, group="bagging", group_zh="装袋")
@stated("bag", "bag-predict", "oob", "models", "unchanged", "tolerance")
@hint(en="Which models have not seen a row? Which have seen them all?", zh="哪些模型没见过某一行？哪些见过所有行？")
@given(seed=SEEDS, count=st.integers(1, 6))
@settings(max_examples=10, deadline=None)
def test_bags(solution, seed, count):
    for size in (1, 2, 7):
        rng = np.random.default_rng(seed)
        x, y, new = rng.normal(size=(size, 2)), rng.normal(1, 2, size=size), rng.normal(size=(4, 2))
        told, alone, oob, seen, asked, after, arguments = solution.run(bagged, x, y, count, seed, new)
        own = np.random.default_rng(seed)
        drawn = [own.integers(size, size=size) for _ in range(count)]
        models = [smoother(2.0)(x[rows], y[rows]) for rows in drawn]
        unseen = [np.setdiff1d(np.arange(size), rows) for rows in drawn]
        wanted = np.full(size, np.nan)
        for row in range(size):
            answers = [model(x[[row]])[0] for model, rest in zip(models, unseen, strict=True) if row in rest]
            wanted[row] = sum(answers) / len(answers) if answers else np.nan
        assert_close(oob, wanted, rtol=1e-9)
        assert_close(told, sum(model(new) for model in models) / count, rtol=1e-9)
        assert_close(alone, told[:1], rtol=1e-9)
        assert_equal(seen, [(x[rows], y[rows]) for rows in drawn])
        assert_equal(after, own.random())
        assert_equal(arguments, (x, y))
        questions = [(x[rows], x[rest]) for rows, rest in zip(drawn, unseen, strict=True) if len(rest)]
        assert_equal([(a, np.sort(b, axis=0)) for a, b in asked], [(a, np.sort(b, axis=0)) for a, b in questions])


# ---- the checks: stacks --------------------------------------------------------------------------


@points(4, group="stacking", group_zh="堆叠")
@stated("stack", "meta-features", "stack-predict", "unchanged", "tolerance")
@hint(en="Has the model that predicts a row seen it?", zh="预测某一行的模型见过它吗？")
@given(seed=SEEDS, models=st.integers(1, 3), folds=st.integers(2, 4))
@settings(max_examples=8, deadline=None)
def test_stacks(solution, seed, models, folds):
    rng = np.random.default_rng(seed)
    x, y, new = rng.normal(size=(9, 2)), rng.normal(1, 2, size=9), rng.normal(size=(4, 2))
    numbers = rng.permutation([-5, 0, 3, 100])[:folds]
    of_row = numbers[rng.permutation([*range(folds), *rng.integers(0, folds, size=9 - folds)])]
    widths = [0.5, 2.0, 9.0][:models]
    told, alone, z, seen, meta_seen, arguments = solution.run(stacked, x, y, of_row, widths, new)
    wanted = np.array(
        [[smoother(w)(x[of_row != own], y[of_row != own])(x[[i]])[0] for w in widths] for i, own in enumerate(of_row)]
    )
    assert_close(z, wanted, rtol=1e-9)
    assert_close(meta_seen, [(wanted, y)], rtol=1e-9)
    features = np.column_stack([smoother(w)(x, y)(new) for w in widths])
    assert_close(told, smoother(5.0)(wanted, y)(features), rtol=1e-9)
    assert_close(alone, told[:1], rtol=1e-9)
    own = [(x[of_row != number], y[of_row != number]) for number in numbers]
    assert_equal([by_content(log) for log in seen], [by_content([*own, (x, y)])] * models)
    assert_equal(arguments, (x, y, of_row))


@points(1, group="votes", group_zh="投票")
@stated("soft")
@contract("why it helps: the mean of probabilities is never worse than the mean of the models' losses")
@hint(en="Is your mean a mean?", zh="你的平均真的是平均吗？")
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None)
def test_a_soft_vote_loses_no_more_than_its_members(solution, seed):
    rng = np.random.default_rng(seed)
    probs, labels = rng.dirichlet(np.ones(3), size=(4, 10)) + 1e-3, rng.integers(0, 3, size=10)
    probs /= probs.sum(axis=2, keepdims=True)

    def loss(rows):
        return float(-np.log(rows[np.arange(10), labels]).mean())

    voted = solution.soft_vote(probs)
    assert_close(voted.sum(axis=1), np.ones(10), rtol=1e-9)
    assert loss(voted) <= sum(loss(rows) for rows in probs) / 4 + 1e-12
