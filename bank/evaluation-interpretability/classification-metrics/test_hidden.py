"""Hidden checks of `classification-metrics`; expectations are counted sample by sample and kept as fractions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
NAMES = ("accuracy", "precision", "recall", "f1")
WORDS = ["fox", "Fox", "owl", "", "öl", "10", "9"]
NUMBERS = [10, 9, -1, 0, 100, -20, 3]


# ---- the oracle ----------------------------------------------------------------------------------


def ratio(part, whole):
    return Fraction(int(part), int(whole)) if whole else Fraction(0)


def class_scores(matrix):
    """Return precision, recall and F1 of each class, entry by entry."""
    table = matrix.tolist()
    scores = []
    for i, row in enumerate(table):
        tp, column = row[i], [other[i] for other in table]
        fp, fn = sum(column) - tp, sum(row) - tp
        scores.append((ratio(tp, tp + fp), ratio(tp, tp + fn), ratio(2 * tp, 2 * tp + fp + fn)))
    return scores


def expected(matrix, average):
    """Return all four scores."""
    accuracy = ratio(np.trace(matrix), matrix.sum())
    scores = class_scores(matrix)
    if average is None:
        columns = [np.array([float(score[k]) for score in scores], dtype=np.float64) for k in range(3)]
        return dict(zip(NAMES, (float(accuracy), *columns), strict=True))
    if average == "micro":
        return dict.fromkeys(NAMES, float(accuracy))
    weights = [1] * len(scores) if average == "macro" else [sum(row) for row in matrix.tolist()]
    total = sum(weights)
    means = [sum(w * score[k] for w, score in zip(weights, scores, strict=True)) / (total or 1) for k in range(3)]
    return dict(zip(NAMES, map(float, (accuracy, *means)), strict=True))


def draw_matrix(seed, classes, empty=True):
    """Draw counts in which some classes are rare, never true, or never predicted."""
    rng = np.random.default_rng(seed)
    matrix = rng.integers(0, 9, size=(classes, classes)) * rng.choice([1, 1, 30], size=(classes, 1))
    if empty and classes > 1:
        matrix[rng.integers(classes)] = 0
        matrix[:, rng.integers(classes)] = 0
    return matrix


# ---- counting -------------------------------------------------------------------------------------


@points(3, group="counting", group_zh="计数")
@stated("confusion", "labels", "matrix")
@hint(en="Which classes are there, and which way round is the matrix?", zh="有哪些类别？矩阵的行和列分别是什么？")
@given(seed=SEEDS, pool=st.sampled_from([WORDS, NUMBERS]), size=st.integers(0, 12))
@settings(max_examples=25)
def test_classes_are_found_and_sorted(solution, seed, pool, size):
    rng = np.random.default_rng(seed)
    y_true = [pool[i] for i in rng.integers(0, 4, size=size)]
    y_pred = [pool[i] for i in rng.integers(2, 7, size=size)]
    labels = sorted(set(y_true) | set(y_pred))
    pairs = list(zip(y_true, y_pred, strict=True))
    counts = [[pairs.count((one, other)) for other in labels] for one in labels]
    matrix = np.array(counts, dtype=np.int64).reshape(len(labels), len(labels))
    assert_equal(solution.confusion(y_true, y_pred), (labels, matrix))


@points(2, group="counting", group_zh="计数")
@stated("labels", "matrix")
@hint(en="Whose order counts, and what of classes without samples?", zh="以谁的次序为准？没有样本的类别怎么办？")
@given(seed=SEEDS, pool=st.sampled_from([WORDS, NUMBERS]), size=st.integers(0, 9))
@settings(max_examples=15)
def test_given_classes_keep_their_order(solution, seed, pool, size):
    rng = np.random.default_rng(seed)
    labels = [pool[i] for i in rng.permutation(7)]
    y_true, y_pred = ([labels[i] for i in rng.integers(0, 5, size=size)] for _ in range(2))
    pairs = list(zip(y_true, y_pred, strict=True))
    counts = [[pairs.count((one, other)) for other in labels] for one in labels]
    assert_equal(solution.confusion(y_true, y_pred, labels), (labels, np.array(counts, dtype=np.int64)))
    assert_equal(solution.confusion([], [], labels[:1]), (labels[:1], np.zeros((1, 1), dtype=np.int64)))
    assert_equal(solution.confusion([], [], []), ([], np.zeros((0, 0), dtype=np.int64)))


def count_then_change(module, y_true, y_pred, labels):
    """Change the returned list; return what is left of the arguments."""
    found, _ = module.confusion(y_true, y_pred, labels)
    found.append("more")
    return y_true, y_pred, labels


def score_and_look(module, matrix, average):
    return len(module.report(matrix, average)), matrix


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("unchanged")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution):
    arguments = (["b", "a", "b"], ["b", "b", "c"], ["c", "b", "a"])
    assert_equal(solution.run(count_then_change, *arguments), arguments)
    matrix = np.array([[3, 1, 0], [0, 0, 0], [2, 0, 5]])
    for average in (None, "macro", "micro", "weighted"):
        assert_equal(solution.run(score_and_look, matrix, average), (4, matrix))


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("confusion-errors", "report-errors")
@hint(en="`zip` cuts and dicts overwrite, both in silence.", zh="`zip` 会悄悄截短，字典会悄悄覆盖。")
def test_what_does_not_fit_is_refused(solution):
    wrong = [
        (["a"], ["a", "a"]),
        ([1, 2], [1]),
        ([], [1]),
        (["a", "b"], ["a", "a"], ["a"]),
        (["a", "a"], ["a", "b"], ["a", "c"]),
        ([1], [1], []),
        ([1], [1], [1, 2, 1]),
        ([], [], [2, 2]),
    ]
    for arguments in wrong:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.confusion(*arguments)
    square = np.eye(2, dtype=np.int64)
    misfits = [(square, "Macro"), (square, ""), (square, "none")]
    for misshapen in (square[:1], square[:, :1], square[0], square[None], np.ones((3, 2), dtype=np.int64)):
        misfits += [(misshapen, average) for average in (None, "macro", "micro", "weighted")]
    for matrix, average in misfits:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.report(matrix, average)


# ---- scores ---------------------------------------------------------------------------------------


@points(3, group="scores", group_zh="指标")
@stated("report", "scores", "accuracy", "zero", "tolerance")
@contract("the definition of the three scores; the checks of their means rest on it")
@hint(en="Column or row: which of them is precision?", zh="列还是行：哪一个对应精确率？")
@given(seed=SEEDS, classes=st.integers(1, 5), empty=st.booleans())
@settings(max_examples=20)
def test_scores_of_each_class(solution, seed, classes, empty):
    matrix = draw_matrix(seed, classes, empty)
    assert_close(solution.report(matrix, None), expected(matrix, None))


@points(3, group="scores", group_zh="指标")
@stated("macro", "means", "scores")
@hint(
    en="Which classes count, and what is the mean of F1 the mean of?",
    zh="哪些类别参与平均？F1 平均的是什么？",
)
@given(seed=SEEDS, classes=st.integers(2, 5))
@settings(max_examples=20)
def test_macro_means(solution, seed, classes):
    matrix = draw_matrix(seed, classes)
    assert_close(solution.report(matrix), expected(matrix, "macro"))
    assert_equal(solution.report(matrix, "macro"), solution.report(matrix))


@points(2, group="scores", group_zh="指标")
@stated("weighted", "means", "scores")
@hint(en="Weighted with which counts: those of rows or of columns?", zh="用哪个计数加权：行的还是列的？")
@given(seed=SEEDS, classes=st.integers(2, 5))
@settings(max_examples=15)
def test_weighted_means(solution, seed, classes):
    matrix = draw_matrix(seed, classes)
    assert_close(solution.report(matrix, "weighted"), expected(matrix, "weighted"))


@points(2, group="scores", group_zh="指标")
@stated("micro", "means", "accuracy")
@hint(en="Add up first, divide afterwards.", zh="先相加，后相除。")
@given(seed=SEEDS, classes=st.integers(1, 5))
@settings(max_examples=15)
def test_micro_means_are_the_accuracy(solution, seed, classes):
    matrix = draw_matrix(seed, classes)
    assert_close(solution.report(matrix, "micro"), expected(matrix, "micro"))


@points(2, group="nothing to count", group_zh="没有样本")
@stated("zero", "macro", "weighted", "micro", "accuracy", "means")
@hint(en="What is 0 divided by 0 here?", zh="在这里，0 除以 0 等于多少？")
def test_without_samples_everything_is_zero(solution):
    for classes in (0, 1, 3):
        matrix = np.zeros((classes, classes), dtype=np.int64)
        for average in ("macro", "weighted", "micro"):
            assert_equal(solution.report(matrix, average), dict.fromkeys(NAMES, 0.0))
        zeros = np.zeros(classes)
        assert_equal(solution.report(matrix, None), {**dict.fromkeys(NAMES, zeros), "accuracy": 0.0})


@points(1, group="laws", group_zh="规律")
@stated("scores", "macro", "weighted", "matrix")
@contract("what holds for any data: turned round, precision and recall change places; counts of batches add up")
@hint(en="What becomes of the scores if truth and prediction change places?", zh="真实与预测互换后，各指标如何变化？")
@given(seed=SEEDS, cut=st.integers(0, 20))
@settings(max_examples=10)
def test_laws_of_matrices_and_scores(solution, seed, cut):
    rng = np.random.default_rng(seed)
    y_true, y_pred = ([WORDS[i] for i in rng.integers(0, 4, size=20)] for _ in range(2))
    labels = WORDS[:4]
    _, whole = solution.confusion(y_true, y_pred, labels)
    _, first = solution.confusion(y_true[:cut], y_pred[:cut], labels)
    _, second = solution.confusion(y_true[cut:], y_pred[cut:], labels)
    _, turned = solution.confusion(y_pred, y_true, labels)
    assert_equal(first + second, whole)
    assert whole.sum() == 20
    order = rng.permutation(4)
    scores, exchanged = solution.report(whole), solution.report(turned)
    assert_close(exchanged, {**scores, "precision": scores["recall"], "recall": scores["precision"]})
    for average in ("macro", "weighted"):
        assert_close(solution.report(whole[order][:, order], average), solution.report(whole, average))
