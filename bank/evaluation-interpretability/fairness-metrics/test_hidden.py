"""Hidden checks of `fairness-metrics`; persons are counted one by one, in fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- inside the guest ----------------------------------------------------------------------------


def use_all(submission, y, pred, group, w):
    """Call everything; tell the results and the arguments."""
    told = (
        submission.rates(y, pred, group, w),
        submission.parity(pred, group, w),
        submission.equalised_odds(y, pred, group, w),
        submission.impact_ratio(pred, group, w),
        submission.reweigh(y, group),
    )
    return told, (y, pred, group, w)


# ---- the oracle ----------------------------------------------------------------------------------


def persons(y, pred, group, w):
    weights = [1] * len(y) if w is None else w.tolist()
    table = zip(y.tolist(), pred.tolist(), group.tolist(), weights, strict=True)
    return [(int(a), int(b), g, Fraction(v)) for a, b, g, v in table if v]


def share(rows, chosen):
    whole = sum(row[3] for row in rows)
    return sum(row[3] for row in rows if chosen(row)) / whole if whole else None


def exact_rates(y, pred, group, w=None):
    rows = persons(y, pred, group, w)
    told = {}
    for g in {row[2] for row in rows}:
        own = [row for row in rows if row[2] == g]
        told[g] = {
            "positive": share(own, lambda row: row[1]),
            "tpr": share([row for row in own if row[0]], lambda row: row[1]),
            "fpr": share([row for row in own if not row[0]], lambda row: row[1]),
            "accuracy": share(own, lambda row: row[0] == row[1]),
        }
    return told


def gap(told, name):
    known = [shares[name] for shares in told.values() if shares[name] is not None]
    return max(known) - min(known) if known else Fraction(0)


def expected(y, pred, group, w=None):
    """What all functions return."""
    told = exact_rates(y, pred, group, w)
    positive = [shares["positive"] for shares in told.values()]
    ratio = min(positive) / max(positive) if max(positive) else Fraction(1)
    floats = {g: {k: None if v is None else float(v) for k, v in shares.items()} for g, shares in told.items()}
    numbers = (gap(told, "positive"), max(gap(told, "tpr"), gap(told, "fpr")), ratio)
    return floats, *(float(number) for number in numbers), expected_weights(y, group)


def expected_weights(y, group):
    pairs = list(zip(y.tolist(), group.tolist(), strict=True))
    return np.array(
        [
            sum(g == own for _, g in pairs)
            * sum(a == label for a, _ in pairs)
            / (len(pairs) * pairs.count((label, own)))
            for label, own in pairs
        ]
    )


def agree(told, wanted):
    """Compare to 1e-9 of 1, with dicts in any order."""
    assert set(told[0]) == set(wanted[0])
    assert all(type(g) is int for g in told[0])
    for g, shares in wanted[0].items():
        assert set(told[0][g]) == set(shares)
        for name, value in shares.items():
            close(told[0][g][name], value)
    for one, other in zip(told[1:4], wanted[1:4], strict=True):
        close(one, other)
    assert_close(told[4], wanted[4], rtol=1e-9)


def close(told, wanted):
    if wanted is None:
        assert told is None
        return
    assert isinstance(told, float)
    assert abs(told - wanted) <= 1e-9


def draw(seed, n, groups):
    rng = np.random.default_rng(seed)
    numbers = rng.permutation([-4, 0, 1, 10**12, 7])[:groups]
    group = numbers[rng.integers(0, groups, size=n)]
    return (
        rng.integers(0, 2, size=n),
        rng.integers(0, 2, size=n),
        group,
        rng.integers(0, 4, size=n) / 4 + (np.arange(n) == 0),
    )


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="measures", group_zh="度量")
@stated("rates", "parity", "odds", "impact", "arrays", "weights", "reweigh", "unchanged", "tolerance")
@hint(en="Count the persons of a small table by hand.", zh="用一张小表格亲手数一数。")
@given(seed=SEEDS, n=st.integers(1, 14), groups=st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_all_measures(solution, seed, n, groups):
    y, pred, group, w = draw(seed, n, groups)
    for truth, guess in ((y, pred), (y == 1, pred == 1), (y, y), (y, 1 - y), (y, 0 * y)):
        for weights in (None, w):
            told, after = solution.run(use_all, truth, guess, group, weights)
            agree(told, expected(truth, guess, group, weights))
            assert_equal(after, (truth, guess, group, weights))


TABLES = {
    # group: (y, pred) of its persons
    "reverse gap": {1: "11 10 10 00", 2: "11 11 01 01", 3: "10 10 00 01"},
    "no positives": {1: "00 01 00", 2: "11 10", 5: "11 11 00 00"},
    "no negatives": {8: "11 10 10", 9: "11", 4: "10 01 01 00"},
    "accuracy alike": {1: "11 11 00 00", 2: "11 00 00 00"},
    "odds alike": {1: "11 10 01 00", 2: "11 10 01 00 01 00"},
    "nothing in common": {1: "11 10", 2: "00 01 01"},
}


@points(3, group="measures", group_zh="度量")
@stated("parity", "odds", "impact", "rates")
@contract("tables on which the measures and their usual confusions all differ")
@hint(en="Which groups have nobody with this label?", zh="哪些群体里没有人有这个标签？")
def test_tables_that_tell_measures_apart(solution):
    for table in TABLES.values():
        rows = [(int(cell[0]), int(cell[1]), g) for g, cells in table.items() for cell in cells.split()]
        y, pred, group = (np.array(column) for column in zip(*rows, strict=True))
        for weights in (None, np.where(np.arange(len(y)) % 3 == 1, 0.0, 1.5)):
            told, _ = solution.run(use_all, y, pred, group, weights)
            agree(told, expected(y, pred, group, weights))


@points(2, group="weights", group_zh="权重")
@stated("weights", "rates", "odds")
@hint(en="What becomes of a group whose weights are all 0?", zh="权重全为 0 的群体会怎样？")
@given(seed=SEEDS)
@settings(max_examples=10, deadline=None)
def test_persons_without_weight_are_not_there(solution, seed):
    y, pred, group, w = draw(seed, 10, 3)
    extra = [np.append(array, rest) for array, rest in zip((y, pred, group), ([1, 0], [0, 1], [55, 55]), strict=True)]
    told, _ = solution.run(use_all, *extra, np.append(w, [0.0, 0.0]))
    wanted = expected(y, pred, group, w)
    agree((*told[:4], wanted[4]), wanted)
    agree(solution.run(use_all, y, pred, group, 1e-3 * w)[0], wanted)


@points(3, group="weights", group_zh="权重")
@stated("reweigh", "parity", "weights")
@contract("what the weights are for: with them labels are at parity")
@hint(
    en="What is a cell's expected share, if label and group were independent?",
    zh="若标签与群体独立，一个单元的份额应是多少？",
)
@given(seed=SEEDS, groups=st.integers(1, 4))
@settings(max_examples=12, deadline=None)
def test_reweighing_makes_label_and_group_independent(solution, seed, groups):
    y, _, group, _ = draw(seed, 30, groups)
    # every cell has somebody
    y = np.concatenate([y, np.zeros(groups, dtype=np.int64), np.ones(groups, dtype=np.int64)])
    group = np.concatenate([group, np.resize(np.unique(np.append(group, group[:1])), 2 * groups)])
    told = solution.reweigh(y, group)
    assert_close(told, expected_weights(y, group), rtol=1e-9)
    present = np.unique(group)
    if all(((group == g) & (y == label)).any() for g in present for label in (0, 1)):
        assert abs(told.mean() - 1) <= 1e-9
        assert solution.parity(y, group, told) <= 1e-9


@points(3, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which arrays describe no people?", zh="什么样的数组描述不了人？")
def test_what_describes_nobody_is_refused(solution):
    y, pred, group, w = np.array([1, 0, 1]), np.array([0, 0, 1]), np.array([2, 2, 5]), np.array([1.0, 0.5, 2.0])
    triples = [
        (y[:2], pred, group),
        (y, pred[:2], group),
        (y, pred, group[:2]),
        (y[:1], pred, group),
        (y, pred, group[:1]),
    ]
    triples += [
        (2 * y, pred, group),
        (-y, pred, group),
        (y, 2 * pred, group),
        (y, -pred, group),
        (y[:0], pred[:0], group[:0]),
    ]
    triples += [(y[:, None],) * 2 + (group[:, None],), (y[None], pred[None], group[None]), (y, pred, group[:, None])]
    triples += [(y[:, None], pred, group), (y, pred[:, None], group), (y, pred[:1], group)]
    triples.append((y[:1, None], pred[:1, None], group[:1, None]))
    rows = [(*triple, None) for triple in triples]
    bad = (w[:2], w[:1], w[:, None], -w, w * [1, -1, 1], 0 * w, w * [1, math.nan, 1], w * [1, math.inf, 1])
    rows += [(y, pred, group, weights) for weights in bad]
    for a, b, g, weights in rows:
        calls = [(solution.rates, (a, b, g, weights)), (solution.equalised_odds, (a, b, g, weights))]
        if a is y:
            calls += [(solution.parity, (b, g, weights)), (solution.impact_ratio, (b, g, weights))]
        if b is pred and weights is None:
            calls.append((solution.reweigh, (a, g)))
        for function, arguments in calls:
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                function(*arguments)
    for function, arguments in ((solution.parity, (y[:0], y[:0])), (solution.reweigh, (y[:0], y[:0]))):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            function(*arguments)
