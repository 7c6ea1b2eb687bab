"""Hidden checks of `shapley-exact`; contributions are averaged over all orders of the features."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- inside the guest ----------------------------------------------------------------------------


def model_of(parameters):
    """A curved model: a product of all features, a wave of some, a kink in the first."""

    def f(rows):
        first, second = parameters
        wave = np.sin(rows @ second)
        return rows @ first + wave * np.abs(rows[:, 0]) + np.prod(1 + rows / 3, axis=1)

    return f


def explain(submission, parameters, x, background):
    """Tell both results with a model that counts rows, spoils them, and uses its answer again."""
    f, seen, sheet, told = model_of(parameters), [], np.zeros(0), []

    def spoiling(rows):
        nonlocal sheet
        seen.append(rows.shape)
        answer = f(rows)
        if len(sheet) != len(answer):
            sheet = np.zeros(len(answer))
        sheet[:] = answer
        rows[...] = 99.0
        return sheet

    for name in ("shapley", "interactions"):
        seen.clear()
        result = getattr(submission, name)(spoiling, x, background)
        told.append((result, sum(shape[0] for shape in seen), len(seen), {shape[1] for shape in seen}))
    return told, (x, background)


def explain_rows(submission, parameters, x, background):
    """Tell both results with a model that has no tricks."""
    f = model_of(parameters)
    phi, base = submission.shapley(f, x, background)
    return phi, base, submission.interactions(f, x, background)


def explain_simple(submission, name, x, background):
    """Tell both results of a named model."""
    models = {
        "constant": lambda rows: np.full(len(rows), 2.5),
        "last": lambda rows: rows[:, -1] ** 2,
        "sum of two": lambda rows: np.exp(rows[:, 0] + rows[:, 1]),
        "product": lambda rows: rows.prod(axis=1),
    }
    return submission.shapley(models[name], x, background)[0], submission.interactions(models[name], x, background)


def use_nothing(submission, name, x, background):
    return getattr(submission, name)(lambda rows: rows.sum(axis=1), x, background)


# ---- the oracle ----------------------------------------------------------------------------------


def values_of(parameters, x, background):
    """The value of every set, one row at a time."""
    f, known = model_of(parameters), {}
    for chosen in itertools.chain.from_iterable(itertools.combinations(range(len(x)), k) for k in range(len(x) + 1)):
        rows = background.copy()
        for feature in chosen:
            rows[:, feature] = x[feature]
        known[frozenset(chosen)] = sum(float(f(row[None])[0]) for row in rows) / len(rows)
    return known


def expected_phi(known, d):
    orders = list(itertools.permutations(range(d)))
    phi = np.zeros(d)
    for order in orders:
        for place, feature in enumerate(order):
            phi[feature] += known[frozenset(order[: place + 1])] - known[frozenset(order[:place])]
    return phi / len(orders)


def expected_pairs(known, d):
    """Off the diagonal: half of the mean joint effect, over all orders of the others and the pair as one."""
    pairs = np.zeros((d, d))
    for i, j in itertools.combinations(range(d), 2):
        others = [feature for feature in range(d) if feature not in (i, j)]
        orders = list(itertools.permutations([*others, -1]))
        total = 0.0
        for order in orders:
            s = frozenset(order[: order.index(-1)])
            total += known[s | {i, j}] - known[s | {i}] - known[s | {j}] + known[s]
        pairs[i, j] = pairs[j, i] = total / len(orders) / 2
    return pairs + np.diag(expected_phi(known, d) - pairs.sum(axis=1))


def near(told, wanted):
    assert told.dtype == np.float64
    assert told.shape == wanted.shape
    assert (np.abs(told - wanted) <= 1e-8 * max(1.0, float(np.abs(wanted).max(initial=0)))).all()


def draw(seed, d, b):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(2, d)), rng.normal(1, 1, size=d), rng.normal(size=(b, d))


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="attributions", group_zh="归因")
@stated("phi", "base", "value", "game", "tolerance")
@hint(en="With which weight does a set of k features count?", zh="含 k 个特征的集合权重是多少？")
@given(seed=SEEDS, d=st.integers(1, 5), b=st.integers(1, 4))
@settings(max_examples=12, deadline=None)
def test_the_mean_over_all_orders(solution, seed, d, b):
    parameters, x, background = draw(seed, d, b)
    phi, base, _ = solution.run(explain_rows, parameters, x, background)
    known = values_of(parameters, x, background)
    near(phi, expected_phi(known, d))
    assert isinstance(base, float)
    near(np.array([base, phi.sum() + base]), np.array([known[frozenset()], known[frozenset(range(d))]]))


@points(3, group="interactions", group_zh="交互")
@stated("interactions", "tolerance")
@contract("the definition of interactions on plain models")
@hint(
    en="Take the pair as one player. What is left for the diagonal?", zh="把一对特征看成一个参与者。对角线上剩下什么？"
)
@given(seed=SEEDS, d=st.integers(1, 5), b=st.integers(1, 3))
@settings(max_examples=10, deadline=None)
def test_the_interactions(solution, seed, d, b):
    parameters, x, background = draw(seed, d, b)
    near(
        solution.run(explain_rows, parameters, x, background)[2],
        expected_pairs(values_of(parameters, x, background), d),
    )


@points(2, group="laws", group_zh="规律")
@stated("phi", "interactions", "value")
@contract("the laws of Shapley values: what is unused gets nothing, what is alike gets the same")
@hint(
    en="What does an unused feature contribute, and what do two features that are alike?",
    zh="没有用到的特征贡献多少？两个地位相同的特征呢？",
)
@given(seed=SEEDS)
@settings(max_examples=6, deadline=None)
def test_idle_and_equal_features(solution, seed):
    _, x, background = draw(seed, 4, 3)
    phi, pairs = solution.run(explain_simple, "constant", x, background)
    near(phi, np.zeros(4))
    near(pairs, np.zeros((4, 4)))
    phi, pairs = solution.run(explain_simple, "last", x, background)
    gain = x[3] ** 2 - (background[:, 3] ** 2).mean()
    near(phi, np.array([0, 0, 0, gain]))
    near(pairs, np.diag([0, 0, 0, gain]))
    twins = np.array([0.7, 0.7, 1.0, 2.0])
    phi, pairs = solution.run(explain_simple, "sum of two", twins, np.repeat(background[:, :1], 4, axis=1))
    assert abs(phi[0] - phi[1]) <= 1e-8 * abs(phi[0])
    near(phi[2:], np.zeros(2))
    near(pairs[:2, :2].sum(axis=1), phi[:2])


@points(2, group="laws", group_zh="规律")
@stated("value", "game")
@contract("the law of the background: the whole is the mean of its rows")
@hint(en="Is the background one row, its mean, or all of its rows?", zh="背景是一行、它的平均，还是它的所有行？")
@given(seed=SEEDS)
@settings(max_examples=8, deadline=None)
def test_every_row_of_the_background_counts_alike(solution, seed):
    parameters, x, background = draw(seed, 3, 4)
    whole = solution.run(explain_rows, parameters, x, background)
    parts = [solution.run(explain_rows, parameters, x, row[None]) for row in background[::-1]]
    for one, others in zip(whole, zip(*parts, strict=True), strict=True):
        near(np.asarray(one), np.asarray(sum(others) / 4))
    doubled = solution.run(explain_rows, parameters, x, np.vstack([background[::-1], background]))
    near(doubled[0], whole[0])
    at_rest = solution.run(explain_rows, parameters, x, x[None])
    near(at_rest[0], np.zeros(3))
    known = values_of(parameters, x, background)
    near(whole[0], expected_phi(known, 3))


@points(2, group="budget", group_zh="预算")
@stated("budget", "unchanged")
@hint(en="Is any set asked for twice? Whose rows does the model get?", zh="有没有集合被问了两次？交给模型的是谁的行？")
@given(seed=SEEDS, d=st.integers(1, 5), b=st.integers(1, 4))
@settings(max_examples=8, deadline=None)
def test_the_model_is_asked_sparingly(solution, seed, d, b):
    parameters, x, background = draw(seed, d, b)
    (first, second), after = solution.run(explain, parameters, x, background)
    known = values_of(parameters, x, background)
    near(first[0][0], expected_phi(known, d))
    near(second[0], expected_pairs(known, d))
    for _, rows, calls, widths in (first, second):
        assert 1 <= rows <= 2**d * b
        assert 1 <= calls <= max(b + 1, 2**d)
        assert widths == {d}
    assert_equal(after, (x, background))


@points(1, group="attributions", group_zh="归因")
@stated("game", "phi")
@contract("twelve features, where sampling instead of counting would show")
@hint(en="How many sets do twelve features have?", zh="十二个特征有多少个集合？")
def test_twelve_features(solution, rng):
    x = rng.uniform(0.5, 1.5, size=12)
    phi, pairs = solution.run(explain_simple, "product", x, np.zeros((1, 12)))
    # only all of them together make something
    near(phi, np.full(12, x.prod() / 12))
    assert abs(pairs.sum() - x.prod()) <= 1e-8
    assert (np.abs(pairs - pairs.T) <= 1e-10).all()
    off = pairs[0, 1]
    assert abs(off - x.prod() / (2 * 11)) <= 1e-8


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(en="Which shapes do not fit?", zh="哪些形状不相配？")
def test_what_cannot_be_explained_is_refused(solution):
    x, background = np.ones(3), np.zeros((2, 3))
    pairs = [
        (x[:2], background),
        (x, background[:, :2]),
        (x, background[:0]),
        (x, background[0]),
        (x, background[None]),
    ]
    pairs += [
        (x[:0], background[:, :0]),
        (x[None], background),
        (np.ones(13), np.zeros((1, 13))),
        (np.array(1.0), background),
    ]
    pairs += [(x, background[:, :1]), (x[:1], background), (x[:, None], background)]
    for pair in pairs:
        for name in ("shapley", "interactions"):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.run(use_nothing, name, *pair)
