"""Hidden checks of `multilingual-embedding`; rotations come from eigenvalues, the rest from loops over numbers."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- inside the guest ----------------------------------------------------------------------------


def call_and_look(submission, name, *arguments):
    """Call a function; tell its result and the arguments afterwards."""
    return getattr(submission, name)(*arguments), arguments


# ---- the oracle ----------------------------------------------------------------------------------


def orthogonal(rng, size, sign=1.0):
    """Draw an orthogonal matrix whose determinant has a sign."""
    matrix = np.linalg.qr(rng.normal(size=(size, size)))[0]
    matrix[0] *= sign * np.sign(np.linalg.det(matrix))
    return matrix


def polar_factor(X, Y):
    """Return M (M'M)^(-1/2) of M = X'Y: the nearest orthogonal matrix, by eigenvalues."""
    M = X.astype(float).T @ Y.astype(float)
    values, vectors = np.linalg.eigh(M.T @ M)
    return M @ (vectors / np.sqrt(values)) @ vectors.T


def expected_translations(Q, V, W, k):
    """Rank by cosines, one pair after the other."""
    turned = [[math.fsum(a * b for a, b in zip(row, column, strict=True)) for column in W.T] for row in Q.astype(float)]
    ranks = []
    for a in turned:
        scores = [cosine(a, b) for b in V.astype(float).tolist()]
        ranks.append(sorted(range(len(V)), key=lambda i, scores=scores: (-scores[i], i))[:k])
    return np.array(ranks, dtype=np.int64)


def cosine(a, b):
    lengths = math.hypot(*a) * math.hypot(*b)
    return math.fsum(x * y for x, y in zip(a, b, strict=True)) / lengths if lengths else 0.0


def expected_csls(S, k):
    rows = [np.mean(sorted(row, reverse=True)[:k]) for row in S.tolist()]
    columns = [np.mean(sorted(column, reverse=True)[:k]) for column in S.T.tolist()]
    return np.array([[2 * S[i, j] - rows[i] - columns[j] for j in range(S.shape[1])] for i in range(len(S))])


def expected_f1(true, pred, langs):
    found = {}
    for lang in langs:
        pairs = [pair for pair, other in zip(zip(true, pred, strict=True), langs, strict=True) if other == lang]
        scores = []
        for name in {name for pair in pairs for name in pair}:
            tp = sum(a == b == name for a, b in pairs)
            wrong = sum((a == name) != (b == name) for a, b in pairs)
            scores.append(2 * tp / (2 * tp + wrong))
        found[lang] = math.fsum(scores) / len(scores)
    return found


# ---- the checks: alignment -----------------------------------------------------------------------


@points(3, group="alignment", group_zh="对齐")
@stated("align", "tolerance")
@hint(en="Which matrices keep lengths and angles?", zh="什么样的矩阵保持长度和夹角？")
@given(seed=SEEDS, d=st.integers(1, 5), dtype=st.sampled_from(["float32", "float64"]))
@settings(max_examples=15, deadline=None)
def test_the_best_orthogonal_matrix(solution, seed, d, dtype):
    rng = np.random.default_rng(seed)
    X = rng.normal(0.5, 1.0, (4 * d + 3, d)).astype(dtype)
    Y = (X @ orthogonal(rng, d) * rng.uniform(0.5, 2.0, (len(X), 1)) + rng.normal(0.3, 0.2, X.shape)).astype(dtype)
    assert_close(solution.align(X, Y), polar_factor(X, Y), rtol=1e-8)


@points(3, group="alignment", group_zh="对齐")
@stated("align", "tolerance")
@hint(en="May the other space be mirrored? What if words are few?", zh="另一个空间可以是镜像吗？词很少时呢？")
@given(seed=SEEDS, sign=st.sampled_from([1.0, -1.0]))
@settings(max_examples=10, deadline=None)
def test_planted_turns_and_few_words(solution, seed, sign):
    rng = np.random.default_rng(seed)
    X, turn = rng.normal(size=(9, 4)), orthogonal(rng, 4, sign)
    assert_close(solution.align(X, X @ turn), turn, rtol=1e-8)
    few, others = X[:2], rng.normal(size=(2, 4))
    W = solution.align(few, others)
    assert_close(W.T @ W, np.eye(4), rtol=1e-8)
    best = (few**2).sum() + (others**2).sum() - 2 * np.linalg.norm(few.T @ others, "nuc")
    assert_close(float(((few @ W - others) ** 2).sum()), float(best), rtol=1e-8)


@points(1, group="alignment", group_zh="对齐")
@stated("align-errors", "inputs")
@hint(en="Which shapes make no pairs?", zh="哪些形状配不成对？")
def test_what_cannot_be_aligned_is_refused(solution, rng):
    X = rng.normal(size=(6, 3))
    for other in (X[:, :2], X[:5], X[0], X[None], X[:1]):
        for pair in ((X, other), (other, X)):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.align(*pair)
    for single in (X[:0], X[:, :0], X[0], X[None], X[:4, :2].reshape(2, 2, 2)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.align(single, single)
    arguments = (X, rng.normal(size=(6, 3)) + 1.0)
    assert_equal(solution.run(call_and_look, "align", *arguments)[1], arguments)


# ---- the checks: translation ---------------------------------------------------------------------


@points(3, group="translation", group_zh="翻译")
@stated("translate", "lengths")
@hint(en="Which side is turned, and what does a long vector gain?", zh="转动的是哪一边？向量长有什么好处？")
@given(seed=SEEDS, words=st.integers(1, 8), dtype=st.sampled_from(["float32", "float64"]))
@settings(max_examples=15, deadline=None)
def test_nearest_words(solution, seed, words, dtype):
    rng = np.random.default_rng(seed)
    W, k = orthogonal(rng, 3), int(rng.integers(1, words + 1))
    Q, V = rng.normal(0.4, 1.0, (4, 3)).astype(dtype), rng.normal(0.4, 1.0, (words, 3))
    V = (V * 10.0 ** rng.integers(-12, 13, (words, 1))).astype(dtype)
    assert_equal(solution.translate(Q, V, W, k), expected_translations(Q, V, W, k))
    order = rng.permutation(6)
    angles = 1e-4 * (1 + order)
    near = np.stack([np.cos(angles), np.sin(angles), np.zeros(6)], axis=1) @ W
    assert_equal(solution.translate(np.eye(3)[:1], near, W, 6), np.argsort(order)[None])


@points(2, group="translation", group_zh="翻译")
@stated("translate", "lengths")
@hint(en="What is the direction of zero? Which of two equals is first?", zh="零向量朝哪个方向？两个相等的，哪个在前？")
@given(seed=SEEDS, k=st.integers(1, 20))
@settings(max_examples=12, deadline=None)
def test_equal_cosines_and_zeros(solution, seed, k):
    rng = np.random.default_rng(seed)

    def axes(count):
        vectors = np.zeros((count, 3))
        vectors[np.arange(count), rng.integers(0, 3, count)] = rng.choice([-4.0, -1.0, 0.0, 0.5, 2.0], count)
        return vectors

    Q, V, W = axes(4), axes(20), np.eye(3)[[1, 2, 0]]
    assert_equal(solution.translate(Q, V, W, k), expected_translations(Q, V, W, k))


@points(1, group="translation", group_zh="翻译")
@stated("translate-errors", "inputs")
@hint(en="How many neighbours can there be?", zh="最多能有几个近邻？")
def test_numbers_of_neighbours(solution, rng):
    Q, V, W = rng.normal(size=(2, 3)), rng.normal(size=(5, 3)), np.eye(3)
    for k in (0, -1, 6, 50):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.translate(Q, V, W, k)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.translate(Q, V[:0], W, 1)
    assert_equal(solution.translate(Q[:0], V, W, 2), np.zeros((0, 2), dtype=np.int64))
    arguments = (Q, V, W, 5)
    assert_equal(solution.run(call_and_look, "translate", *arguments)[1], arguments)


@points(2, group="translation", group_zh="翻译")
@stated("align", "translate")
@contract("the two parts together, as they are used: a dictionary of a few words translates all the others")
@hint(en="Turn a vocabulary at random, and translate it back.", zh="把一个词表随机旋转，再翻译回来。")
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None)
def test_a_small_dictionary_is_enough(solution, seed):
    rng = np.random.default_rng(seed)
    source, order = rng.normal(size=(30, 5)), rng.permutation(30)
    target = (source @ orthogonal(rng, 5))[order] * rng.uniform(0.5, 3.0, (30, 1))
    known = target[np.argsort(order)[:9]]
    W = solution.align(source[:9], known / np.linalg.norm(known, axis=1, keepdims=True))
    assert_equal(solution.translate(source, target, W, 1)[:, 0], np.argsort(order))


# ---- the checks: hubs, F1 ------------------------------------------------------------------------


@points(3, group="hubs", group_zh="枢纽点")
@stated("csls", "tolerance")
@hint(en="Whose neighbours are averaged, along which axis?", zh="对谁的近邻取平均，沿哪个轴？")
@given(seed=SEEDS, rows=st.integers(1, 6), columns=st.integers(1, 6), k=st.integers(1, 8))
@settings(max_examples=15, deadline=None)
def test_similarities_without_hubs(solution, seed, rows, columns, k):
    S = np.random.default_rng(seed).uniform(-1, 1, (rows, columns))
    assert_close(solution.csls(S, k), expected_csls(S, k), rtol=1e-9)


@points(1, group="hubs", group_zh="枢纽点")
@stated("csls-errors", "csls", "inputs")
@hint(en="What is the mean of no neighbours?", zh="零个近邻的平均值是什么？")
def test_hubs_that_are_none(solution, rng):
    S = rng.uniform(-1, 1, (4, 3))
    for table, k in ((S, 0), (S, -2), (S[:0], 1), (S[:, :0], 1)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.csls(table, k)
    single = S.astype(np.float32)
    result, arguments = solution.run(call_and_look, "csls", single, 2)
    assert_close(result, expected_csls(single.astype(float), 2), rtol=1e-9)
    assert_equal(arguments, (single, 2))
    assert_equal(solution.run(call_and_look, "csls", S, 2)[1], (S, 2))


@points(3, group="F1 per language", group_zh="各语言的 F1")
@stated("macro-f1", "tolerance")
@hint(en="Which classes exist in a language?", zh="一种语言里有哪些类别？")
@given(seed=SEEDS, texts=st.integers(0, 14))
@settings(max_examples=15, deadline=None)
def test_f1_of_each_language(solution, seed, texts):
    rng = np.random.default_rng(seed)
    true, pred = rng.choice([-3, 0, 1, 70], (2, texts))
    pred = np.where(rng.random(texts) < 0.5, true, pred)
    langs = rng.choice(["en", "zh", "de"], texts).tolist()
    assert_close(solution.macro_f1(true, pred, langs), expected_f1(true.tolist(), pred.tolist(), langs), rtol=1e-9)


@points(1, group="F1 per language", group_zh="各语言的 F1")
@stated("f1-errors", "macro-f1", "inputs")
@hint(en="What comes of comparing (N, 1) with (N,)?", zh="(N, 1) 与 (N,) 相比较，会得到什么？")
def test_classes_that_do_not_belong_to_texts(solution):
    y, langs = np.array([1, 0, 2]), ["en", "zh", "en"]
    for true, pred in ((y[:, None], y), (y, y[:, None]), (y[:1], y), (y, y[:2]), (y[:2], y[:2]), (y[None], y[None])):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.macro_f1(true, pred, langs)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.macro_f1(y, y, ["en"])
    assert_equal(solution.macro_f1(y[:0], y[:0], []), {})
    arguments = (y, y[::-1].copy(), langs)
    assert_equal(solution.run(call_and_look, "macro_f1", *arguments), ({"en": 0.0, "zh": 1.0}, arguments))
