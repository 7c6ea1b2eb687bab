"""Hidden checks of `lime-surrogate`; the fit is a least-squares problem with one row more for each penalty."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- models, inside the guest and outside --------------------------------------------------------


def curved(rows):
    return np.sin(rows[:, 0]) * 3 + rows.prod(axis=1) + rows[:, -1] ** 2


def probabilities(rows):
    logits = np.stack([rows[:, 0], rows.sum(axis=1), -(rows[:, -1] ** 2)], axis=1)
    shares = np.exp(logits)
    return shares / shares.sum(axis=1, keepdims=True)


MODELS = {
    "curved": curved,
    "lifted": lambda rows: curved(rows) + 1000,
    "classes": probabilities,
    "constant": lambda rows: np.full(len(rows), 0.1),
    "one class": lambda rows: rows[:, :1],
    "too deep": lambda rows: rows[:, :, None],
    "too short": lambda rows: rows[:-1, 0],
    "one number": lambda rows: rows.sum(),
    "short classes": lambda rows: rows[:-1],
}


def explain(submission, name, seed, x, scale, rule):
    """Tell the result, the rows that were asked about, what the generator draws next, and the arguments."""
    rng, asked = np.random.default_rng(seed), []

    def predict(rows):
        asked.append(rows.copy())
        answers = np.array(MODELS[name](rows))
        rows[...] = 77.0
        return answers

    told = submission.lime(predict, x, scale, **rule, rng=rng)
    return told, asked, rng.random(), (x, scale)


# ---- the oracle ----------------------------------------------------------------------------------


def expected(name, seed, x, scale, n, width, ridge, index=None):
    """Slopes, value and fit; rows; what the generator draws next."""
    rng = np.random.default_rng(seed)
    u = rng.normal(size=(n, len(x)))
    scales = np.broadcast_to(scale, x.shape)
    rows = np.array([[c + s * v for c, s, v in zip(x, scales, line, strict=True)] for line in u])
    y = MODELS[name](rows.copy())
    y = y if index is None else y[:, index]
    root = np.exp(-(u**2).sum(axis=1) / (2 * width**2))
    moving = [j for j in range(len(x)) if scales[j] > 0]
    design = np.vstack(
        [root[:, None] * np.insert(u[:, moving], 0, 1.0, axis=1), np.sqrt(ridge) * np.eye(len(moving) + 1)]
    )
    design[n, 0] = 0.0
    found = np.linalg.lstsq(design, np.append(root * y, np.zeros(len(moving) + 1)), rcond=None)[0]
    coef = np.zeros(len(x))
    coef[moving] = found[1:] / scales[moving]
    line = found[0] + u[:, moving] @ found[1:]
    mean = (root**2 @ y) / (root**2).sum()
    spread = (root**2 * (y - mean) ** 2).sum()
    r2 = 1 - (root**2 * (y - line) ** 2).sum() / spread if np.ptp(y) > 0 else 1.0
    return (coef, float(found[0]), float(r2)), rows, rng.random()


def agree(told, wanted, slack=1e-7):
    assert told[0].shape == wanted[0].shape
    assert told[0].dtype == np.float64
    for one, other in zip(told, wanted, strict=True):
        scale = max(1.0, float(np.abs(other).max()))
        assert isinstance(one, float | np.ndarray)
        assert (np.abs(one - other) <= slack * scale).all()


def check(solution, name, seed, x, scale, slack=1e-7, **rule):
    told, asked, after, arguments = solution.run(explain, name, seed, x, scale, rule)
    wanted, rows, following = expected(name, seed, x, scale, **rule)
    agree(told, wanted, slack)
    assert len(asked) == 1
    assert_close(asked[0], rows)
    assert_equal((after, arguments), (following, (x, scale)))
    return told


def draw(seed, d):
    rng = np.random.default_rng(seed)
    return rng.normal(size=d), rng.uniform(0.1, 2, size=d)


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="the fit", group_zh="拟合")
@stated("rows", "weights", "fit", "result", "r2", "arguments", "unchanged", "tolerance")
@contract("the definition of the fit, for every width and penalty")
@hint(
    en="Write the sum that is minimised for three rows. What is not penalised?",
    zh="对三行写出要最小化的和。什么不受惩罚？",
)
@given(seed=SEEDS, d=st.integers(1, 4), n=st.integers(6, 40))
@settings(max_examples=12, deadline=None)
def test_the_line_of_a_curved_model(solution, seed, d, n):
    x, scale = draw(seed, d)
    for width, ridge in ((1.5, 0.1), (3.0, 5.0), (0.8, 0.02), (100.0, 1.0)):
        check(solution, "curved", seed, x, scale, n=n, width=width, ridge=ridge)
        check(solution, "curved", seed, x, 0.5, n=n, width=width, ridge=ridge)


@points(2, group="the fit", group_zh="拟合")
@stated("fit", "result", "r2")
@contract("what the penalty must not touch, for answers far from zero")
@hint(en="What changes when the model answers 1000 more?", zh="模型的回答都加 1000，会有什么变化？")
@given(seed=SEEDS)
@settings(max_examples=8, deadline=None)
def test_without_a_penalty_and_far_from_zero(solution, seed):
    x, scale = draw(seed, 3)
    plain = check(solution, "curved", seed, x, scale, n=60, width=2.0, ridge=0.0)
    strong = check(solution, "lifted", seed, x, scale, n=60, width=2.0, ridge=50.0)
    assert abs(strong[1] - plain[1] - 1000) < 50
    check(solution, "lifted", seed, x, scale, n=60, width=2.0, ridge=0.0)


@points(2, group="classes", group_zh="类别")
@stated("classes", "arguments")
@hint(en="Probabilities or hard labels, and of which class?", zh="概率还是硬标签？哪个类别的？")
@given(seed=SEEDS, d=st.integers(1, 3))
@settings(max_examples=8, deadline=None)
def test_probabilities_of_each_class(solution, seed, d):
    x, scale = draw(seed, d)
    slopes = [check(solution, "classes", seed, x, scale, n=25, width=2.0, ridge=0.3, index=c)[0] for c in range(3)]
    assert np.abs(sum(slopes)).max() < 1e-7
    check(solution, "one class", seed, x, scale, n=25, width=2.0, ridge=0.3, index=0)


@points(2, group="features that stay", group_zh="不变的特征")
@stated("frozen", "weights", "fit")
@hint(en="What does a draw tell that moves nothing?", zh="没有移动任何东西的抽样能说明什么？")
@given(seed=SEEDS, place=st.integers(0, 2))
@settings(max_examples=8, deadline=None)
def test_features_that_are_not_varied(solution, seed, place):
    x, scale = draw(seed, 3)
    scale[place] = 0.0
    for ridge in (0.0, 0.4):
        coef, _, _ = check(solution, "curved", seed, x, scale, n=30, width=2.0, ridge=ridge)
        assert coef[place] == 0
    still = check(solution, "curved", seed, x, np.zeros(3), n=30, width=2.0, ridge=0.4)
    assert_equal(still[0], np.zeros(3))
    check(solution, "curved", seed, x, 0.0, n=30, width=2.0, ridge=0.0)


@points(1, group="the fit", group_zh="拟合")
@stated("r2", "result")
@contract("answers that are all equal, where rounding makes up a variance")
@hint(en="Is the weighted mean of equal numbers that number?", zh="一些相等的数的加权平均等于那个数吗？")
@given(seed=SEEDS)
@settings(max_examples=6, deadline=None)
def test_a_constant_model(solution, seed):
    x, scale = draw(seed, 2)
    for n in (3, 10, 33):
        told = check(solution, "constant", seed, x, scale, n=n, width=2.0, ridge=0.2)
        assert told[2] == 1.0


@points(1, group="the fit", group_zh="拟合")
@stated("fit", "arguments", "errors")
@contract("few rows: with a penalty even one is enough")
@hint(en="How many rows are needed, with and without a penalty?", zh="有惩罚和没有惩罚时，各需要多少行？")
@given(seed=SEEDS)
@settings(max_examples=6, deadline=None)
def test_few_rows(solution, seed):
    x, scale = draw(seed, 3)
    for n in (1, 2, 3):
        check(solution, "curved", seed, x, scale, n=n, width=3.0, ridge=0.5)
    told = solution.run(explain, "curved", seed, x, scale, {"n": 4, "width": 3.0, "ridge": 0.0})[0]
    # four rows determine the line, however badly
    assert told[2] > 1 - 1e-6


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors", "classes")
@hint(en="Check each number, and the shape of the answers.", zh="检查每个数，以及回答的形状。")
def test_what_cannot_be_fitted_is_refused(solution):
    x, good = np.ones(3), {"n": 9, "width": 1.0, "ridge": 0.1}
    cases = [("curved", x[None], 1.0, {}), ("curved", x[:0], 1.0, {}), ("curved", np.array(2.0), 1.0, {})]
    cases += [("curved", x, scale, {}) for scale in (x[:2], x[:1], x[None], -1.0, x * [1, -1, 1], x[:, None])]
    cases += [("curved", x, 1.0, {"width": width}) for width in (0.0, -1.0)]
    cases += [("curved", x, 1.0, {"ridge": -0.1}), ("curved", x, 1.0, {"n": 0}), ("curved", x, 1.0, {"n": -1})]
    cases += [("curved", x, 1.0, {"n": n, "ridge": 0.0}) for n in (1, 2, 3)]
    cases += [
        (name, x, 1.0, {}) for name in ("classes", "one class", "too deep", "too short", "one number", "short classes")
    ]
    cases += [("classes", x, 1.0, {"index": index}) for index in (-1, 3)] + [("curved", x, 1.0, {"index": 0})]
    cases += [(name, x, 1.0, {"index": 0}) for name in ("too deep", "short classes", "too short", "one number")]
    for name, row, scale, change in cases:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(explain, name, 5, row, scale, {**good, **change})
