"""Hidden checks of `anomaly-scoring`; distances come from loops and from solving in fractions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
RTOL = 1e-8


# ---- inside the guest ----------------------------------------------------------------------------


def judge(submission, kind, contamination, k, train, *tables):
    """Fit, change the training table behind the detector's back, then score and predict."""
    given = train.copy()
    detector = submission.Detector(kind, contamination, k)
    fitted = detector.fit(given)
    after = given.copy()
    given[...] = 77
    told = [(fitted.score(table), detector.predict(table)) for table in tables]
    return told, [after, *tables]


def judge_after_two_fits(submission, kind, k, first, second, table):
    detector = submission.Detector(kind, 0.25, k)
    detector.fit(first).fit(second)
    return detector.score(table), detector.predict(table)


# ---- the oracle ----------------------------------------------------------------------------------


def solved(matrix, target):
    """Solve linear equations in fractions."""
    rows = [[*row, value] for row, value in zip(matrix, target, strict=True)]
    for i in range(len(rows)):
        swap = next(j for j in range(i, len(rows)) if rows[j][i])
        rows[i], rows[swap] = rows[swap], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for j in range(len(rows)):
            if j != i:
                rows[j] = [a - rows[j][i] * b for a, b in zip(rows[j], rows[i], strict=True)]
    return [row[-1] for row in rows]


def mahalanobis(train, table):
    """Solve for each row, with the columns that vary."""
    columns = [j for j in range(train.shape[1]) if len(set(train[:, j].tolist())) > 1]
    rows = [[Fraction(row[j]) for j in columns] for row in train.tolist()]
    mean = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    centred = [[value - middle for value, middle in zip(row, mean, strict=True)] for row in rows]
    covariance = [
        [sum(row[a] * row[b] for row in centred) / (len(rows) - 1) for b in range(len(mean))] for a in range(len(mean))
    ]
    found = []
    for row in table.tolist():
        gap = [Fraction(row[j]) - middle for j, middle in zip(columns, mean, strict=True)]
        found.append(math.sqrt(sum(a * b for a, b in zip(gap, solved(covariance, gap), strict=True))))
    return np.array(found)


def nearest(train, table, k, itself=()):
    """Return the distance to the k-th nearest row; `itself` numbers rows that are left out for each."""
    found = []
    for place, row in enumerate(table.tolist()):
        others = [other for number, other in enumerate(train.tolist()) if (place, number) not in itself]
        found.append(sorted(math.dist(row, other) for other in others)[k - 1])
    return np.array(found)


def scores(kind, k, train, table):
    """Return the scores of a table, and of the training rows."""
    if kind == "mahalanobis":
        return mahalanobis(train, table), mahalanobis(train, train)
    return nearest(train, table, k), nearest(train, train, k, {(place, place) for place in range(len(train))})


def verdicts(kind, contamination, k, train, table):
    found, of_training = scores(kind, k, train, table)
    threshold = sorted(of_training.tolist(), reverse=True)[int(contamination * len(train))]
    return found, (found > threshold).astype(np.int64)


def draw_rows(seed, rows=12, columns=3):
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(columns, columns)) + 2 * np.eye(columns)
    train, table = rng.normal(size=(rows, columns)) @ mix + 5, rng.normal(size=(7, columns)) @ mix * 3 + 5
    # short fractions, for the oracle's sake
    return np.round(train * 64) / 64, np.round(table * 64) / 64


def agree(told, expected):
    found, marks = told
    assert_close(found, expected[0], rtol=RTOL)
    assert_equal(marks, expected[1])


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="detectors", group_zh="检测器")
@stated("mahalanobis", "knn", "threshold", "predict", "fit", "unchanged")
@contract("the definition itself for every kind and share")
@hint(
    en="Which rows draw the line, and is a training row its own neighbour?",
    zh="界线由哪些行划定？训练行是自己的近邻吗？",
)
@given(seed=SEEDS, rows=st.integers(6, 12))
@settings(max_examples=5)
def test_scores_and_verdicts(solution, seed, rows):
    train, table = draw_rows(seed, rows)
    for kind, k in (("mahalanobis", 5), ("knn", 1), ("knn", 3), ("knn", 5)):
        for contamination in (0, 0.2, 0.5):
            told, arguments = solution.run(judge, kind, contamination, k, train, table)
            agree(told[0], verdicts(kind, contamination, k, train, table))
            assert_equal(arguments, [train, table])


@points(2, group="detectors", group_zh="检测器")
@stated("own-row", "predict")
@contract("the law that the other rows of a table make no difference, whatever the score is")
@hint(en="What do the other rows of the table matter?", zh="表中的其他行有什么关系？")
@given(seed=SEEDS)
@settings(max_examples=4)
def test_rows_are_judged_one_by_one(solution, seed):
    train, table = draw_rows(seed)
    for kind in ("mahalanobis", "knn"):
        singles = [table[place : place + 1] for place in range(len(table))]
        (whole, turned, *each, none), _ = solution.run(
            judge, kind, 0.25, 2, train, table, table[::-1], *singles, table[:0]
        )
        agree(whole, verdicts(kind, 0.25, 2, train, table))
        agree(turned, (whole[0][::-1], whole[1][::-1]))
        agree([np.concatenate(parts) for parts in zip(*each, strict=True)], whole)
        assert_equal(none, (np.zeros(0), np.zeros(0, dtype=np.int64)))


@points(2, group="detectors", group_zh="检测器")
@stated("threshold", "predict")
@contract("the threshold at every place, where scores lie evenly and shares round badly")
@hint(en="How many training scores lie above the threshold?", zh="有多少训练分数高于阈值？")
def test_where_the_line_is_drawn(solution):
    train = np.cumsum([0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9])[:, None]
    table = np.arange(-3.0, 56.0, 0.5)[:, None]
    for contamination in (0, 0.05, 0.1, 0.19, 0.3, 0.35, 0.5):
        for kind in ("knn", "mahalanobis"):
            (told,), _ = solution.run(judge, kind, contamination, 1, train, table)
            agree(told, verdicts(kind, contamination, 1, train, table))
    many = np.concatenate([np.arange(99.0) ** 2, [1e6]])[:, None]
    for contamination in (0.29, 0.07):
        (told,), _ = solution.run(judge, "knn", contamination, 1, many, many * 1.001)
        agree(told, verdicts("knn", contamination, 1, many, many * 1.001))


@points(2, group="distances", group_zh="距离")
@stated("mahalanobis", "fit")
@hint(en="What does a column say that never changes?", zh="从不变化的列说明什么？")
def test_columns_that_are_constant(solution):
    train, table = draw_rows(3, 9, 2)
    wide = np.column_stack([np.full(9, 0.1), train[:, 0], np.full(9, -4.0), train[:, 1]])
    other = np.column_stack([table[:, 0], table, np.full(7, 100.0)])[:, [0, 1, 3, 2]]
    for rows, asked in ((wide, other), (wide[:, [0, 2]], other[:, [0, 2]]), (wide[:, [0, 1]], other[:, [0, 1]])):
        (told,), _ = solution.run(judge, "mahalanobis", 0.2, 5, rows, asked)
        agree(told, verdicts("mahalanobis", 0.2, 5, rows, asked))


@points(2, group="distances", group_zh="距离")
@stated("knn", "predict")
@hint(
    en="What is left of 1e16 + 1 - 1e16? Which row is nearest to its twin?",
    zh="1e16 + 1 - 1e16 还剩什么？离孪生行最近的是哪一行？",
)
def test_rows_far_away_and_rows_that_stand_twice(solution):
    near = np.array([[0.0, 0.0], [1.0, 2.0], [1.0, 2.0], [1.0, 2.0], [4.0, -3.0], [9.0, 9.0]])
    table = np.array([[1.0, 2.0], [4.0, -3.0], [5.0, 5.0], [60.0, 60.0], [1.0, 2.5]])
    for shift in (0.0, 1e8):
        for k in (1, 2, 3, 5):
            for contamination in (0.2, 0.5):
                (told,), _ = solution.run(judge, "knn", contamination, k, near + shift, table + shift)
                agree(told, verdicts("knn", contamination, k, near + shift, table + shift))


@points(1, group="detectors", group_zh="检测器")
@stated("fit")
@hint(en="Does anything of an earlier table remain?", zh="先前表格的东西还有残留吗？")
def test_the_last_fit_counts(solution):
    (first, table), (second, _) = draw_rows(1, 20), draw_rows(2, 11)
    for kind in ("mahalanobis", "knn"):
        told = solution.run(judge_after_two_fits, kind, 3, first - 50, second, table)
        agree(told, verdicts(kind, 0.25, 3, second, table))


@points(1, group="detectors", group_zh="检测器")
@stated("constructor-errors", "fit-errors", "threshold")
@hint(en="How many neighbours if nobody says? How few rows will do?", zh="不指定时取几个近邻？最少几行就够？")
def test_the_default_and_the_smallest_table(solution):
    train, table = draw_rows(5)
    detector = solution.Detector("knn", 0.25).fit(train)
    agree((detector.score(table), detector.predict(table)), verdicts("knn", 0.25, 5, train, table))
    pair, column = np.array([[1.0], [4.0]]), table[:, :1]
    for kind in ("mahalanobis", "knn"):
        (told,), _ = solution.run(judge, kind, 0.0, 1, pair, column)
        agree(told, verdicts(kind, 0.0, 1, pair, column))


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("constructor-errors", "fit-errors", "score-errors")
@hint(en="Which settings and tables make no sense?", zh="哪些设置和表格没有意义？")
def test_what_makes_no_sense_is_refused(solution):
    for kind, contamination, k in (
        ("lof", 0.1, 5),
        ("", 0.1, 5),
        ("KNN", 0.1, 5),
        ("knn", -0.01, 5),
        ("mahalanobis", 0.51, 5),
        ("knn", 0.1, 0),
        ("mahalanobis", 0.1, -1),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.Detector(kind, contamination, k)
    train, _ = draw_rows(4, 4, 2)
    for kind, rows in (("mahalanobis", train[:1]), ("mahalanobis", train[:0]), ("knn", train[:3]), ("knn", train[:1])):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.Detector(kind, 0.1, 3).fit(rows)
    for kind in ("mahalanobis", "knn"):
        detector = solution.Detector(kind, 0.5, 3)
        for ask in (detector.score, detector.predict):
            with pytest.raises(RuntimeError):
                ask(train)
        for table in (train[0], train[:, :, None], np.array(3.0)):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                detector.fit(table)
        detector.fit(train)
        for table in (train[0], train[:, :1], np.ones((2, 3)), train[:, :, None]):
            for ask in (detector.score, detector.predict):
                with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                    ask(table)
        other = train * 1.25
        agree((detector.score(other), detector.predict(other)), verdicts(kind, 0.5, 3, train, other))


@points(3, group="isolation forests", group_zh="孤立森林")
@stated("path-length", "path-score")
@hint(en="How exact is the logarithm for few rows?", zh="行数很少时，对数近似有多准？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_paths(solution, seed):
    depths = np.random.default_rng(seed).integers(0, 48, size=(5, 4)) / 4
    for n in (1, 2, 3, 4, 10, 256, 999):
        harmonic = sum(Fraction(1, i) for i in range(1, n))
        mean = float(2 * harmonic - Fraction(2 * (n - 1), n))
        assert_close(solution.c(n), mean, rtol=RTOL)
        if n > 1:
            expected = [0.5 ** (sum(column) / 5 / mean) for column in depths.T.tolist()]
            assert_close(solution.path_score(depths, n), np.array(expected), rtol=RTOL)
    for n in (0, -3):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.c(n)
    for table, n in ((depths, 1), (depths, 0), (depths[:0], 5)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.path_score(table, n)


@points(1, group="labels", group_zh="标签")
@stated("labels")
@hint(en="Which sign is an anomaly?", zh="哪个符号表示异常？")
def test_signs_become_labels(solution):
    for dtype in (np.int64, np.int8, np.float64):
        signs = np.array([1, 1, -1, 1, -1, -1, 1], dtype=dtype)
        assert_equal(solution.labels_of(signs), np.array([0, 0, 1, 0, 1, 1, 0]))
        assert_equal(solution.labels_of(signs[:0]), np.zeros(0, dtype=np.int64))
        for value in (0, 2, -2):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.labels_of(np.array([1, value, -1], dtype=dtype))
