"""Hidden checks of `online-learning`; steps are taken number by number, streams are watched."""

import itertools
import math
import warnings
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)


# ---- inside the guest ----------------------------------------------------------------------------


def learn(submission, chunks, rule, ask):
    """Tell the state and the probabilities after all chunks, and the chunks."""
    model = submission.OnlineLogReg(**rule)
    for x, y in chunks:
        model.partial_fit(x, y)
    return model.state(), model.predict_proba(ask), chunks, ask


def extreme(submission, weights, bias, x):
    """Tell the probabilities of a loaded model; warnings are errors."""
    model = submission.OnlineLogReg(len(weights), 0.1)
    model.load({"weights": weights, "bias": bias})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = model.predict_proba(x)
        for row, y in zip(x, (0, 1) * len(x), strict=False):
            model.partial_fit(row[None], np.array([y]))
    return told, model.state()


def handed_over(submission, first, second, rule):
    """Save a model, spoil what is saved elsewhere, and let others go on."""
    model = submission.OnlineLogReg(**rule)
    model.partial_fit(*first)
    saved = model.state()
    kept = {name: array.copy() for name, array in saved.items()}
    other = submission.OnlineLogReg(**rule)
    other.partial_fit(*second)
    other.load(saved)
    model.partial_fit(*second)
    after = {name: array.copy() for name, array in saved.items()}
    for array in saved.values():
        array[...] = 9.0
    other.partial_fit(*second)
    return kept, after, model.state(), other.state()


def refused(submission, good, bad, rule):
    """Tell whether a chunk is refused, and the state afterwards."""
    model = submission.OnlineLogReg(**rule)
    model.partial_fit(*good)
    try:
        model.partial_fit(*bad)
    except ValueError:
        return "ValueError", model.state()
    return "", model.state()


class Spy:
    """A model that says what it is told to say, and writes down what it is asked."""

    def __init__(self, answers):
        self.answers, self.calls = iter(answers), []

    def predict_proba(self, x):
        self.calls.append(("ask", x.copy()))
        return np.array([next(self.answers)])

    def partial_fit(self, x, y):
        self.calls.append(("teach", x.copy(), y.copy()))


def spied(submission, answers, rows, classes, window):
    """Tell the rates, the calls, how many items had been taken at each rate, and how many rows were alive."""
    spy, taken, alive = Spy(answers), [], []
    references = []

    def stream():
        for count, (row, y) in enumerate(itertools.cycle(zip(rows, classes, strict=True))):
            taken[:] = [count + 1]
            fresh = row.copy()
            references.append(weakref.ref(fresh))
            yield fresh, y
            del fresh

    rates, counts = [], []
    for rate in itertools.islice(submission.prequential(spy, stream(), window), len(answers)):
        rates.append(rate)
        counts.append(taken[0])
        alive.append(sum(reference() is not None for reference in references))
    return rates, spy.calls, counts, max(alive)


def evaluated(submission, rows, classes, rule, window):
    model = submission.OnlineLogReg(**rule)
    rates = list(submission.prequential(model, zip(rows, classes, strict=True), window))
    return rates, model.state()


def with_window(submission, window):
    return list(submission.prequential(submission.OnlineLogReg(1, 0.1), [(np.ones(1), 1)], window))


# ---- the oracle ----------------------------------------------------------------------------------


def logistic(z):
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def walk(x, y, d, lr, l2=0.0, start=None):
    """Return all states and probabilities, one number after the other."""
    w, b = start or ([0.0] * d, 0.0)
    told = []
    for row, label in zip(x.tolist(), y.tolist(), strict=True):
        p = logistic(sum(v * r for v, r in zip(w, row, strict=True)) + b)
        w = [(1 - lr * l2) * v - lr * (p - label) * r for v, r in zip(w, row, strict=True)]
        b -= lr * (p - label)
        told.append(p)
    return {"weights": np.array(w), "bias": np.array(b)}, told


def rates_of(wrong, window):
    return [sum(wrong[max(0, i + 1 - window) : i + 1]) / min(window, i + 1) for i in range(len(wrong))]


def draw(seed, number, d):
    rng = np.random.default_rng(seed)
    return rng.normal(0.5, 1.5, size=(number, d)), rng.integers(0, 2, size=number)


def cut(x, y, sizes):
    places = np.cumsum(sizes)
    return list(zip(np.split(x, places), np.split(y, places), strict=True))


# ---- the checks: the model -----------------------------------------------------------------------


@points(4, group="learning", group_zh="学习")
@stated("steps", "chunks", "model", "keeps-nothing", "tolerance")
@hint(en="One row after the other. What does l2 act on?", zh="一行接一行。l2 作用于什么？")
@given(seed=SEEDS, sizes=st.lists(st.integers(0, 5), min_size=1, max_size=3))
@settings(max_examples=10, deadline=None)
def test_steps_of_every_chunking(solution, seed, sizes):
    for d, rule in ((1, {"lr": 0.7}), (3, {"lr": 0.3, "l2": 0.2}), (4, {"lr": 0.5, "l2": 1.5})):
        x, y = draw(seed, 16, d)
        wanted, _ = walk(x, y, d, **rule)
        asked = draw(seed + 1, 5, d)[0]
        w, b = wanted["weights"].tolist(), float(wanted["bias"])
        probabilities = [logistic(sum(v * r for v, r in zip(w, row, strict=True)) + b) for row in asked.tolist()]
        for chunks in (cut(x, y, sizes), cut(x, y, []), cut(x, y, range(1, 16))[:1] + cut(x[1:], y[1:], [])):
            state, told, after, asked_after = solution.run(learn, chunks, {"d": d, **rule}, asked)
            assert_close(state, wanted, rtol=1e-9)
            assert_close(told, np.array(probabilities), rtol=1e-9)
            assert_equal((after, asked_after), (chunks, asked))


@points(2, group="probabilities", group_zh="概率")
@stated("probabilities", "state")
@hint(en="For which sign does exp overflow?", zh="指数在哪种符号下会溢出？")
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_large_numbers(solution, seed):
    rng = np.random.default_rng(seed)
    weights, bias = rng.normal(size=2) + 2, np.array(rng.normal())
    x = np.array([[1e5, 2e5], [-1e5, -2e5], [400.0, 300.0], [-400.0, -300.0], [0.3, -0.2], [-9.0, 8.0]])
    told, state = solution.run(extreme, weights, bias, x)
    numbers = [float(weights @ row + bias) for row in x]
    assert_close(told, np.array([logistic(z) if abs(z) < 700 else float(z > 0) for z in numbers]), rtol=1e-9)
    assert np.isfinite(state["weights"]).all()
    assert_equal(solution.OnlineLogReg(2, 0.1).predict_proba(np.zeros((0, 2))), np.zeros(0))


@points(2, group="states", group_zh="状态")
@stated("state")
@hint(en="Who else holds these arrays?", zh="这些数组还有谁拿着？")
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None)
def test_states_are_copies_to_go_on_from(solution, seed):
    first, second = draw(seed, 6, 3), draw(seed + 1, 5, 3)
    rule = {"d": 3, "lr": 0.4, "l2": 0.1}
    kept, after, one, other = solution.run(handed_over, first, second, rule)
    wanted = walk(*first, **rule)[0]
    assert_close(kept, wanted, rtol=1e-9)
    assert_equal(after, kept)
    both = [np.concatenate(parts) for parts in zip(first, second, strict=True)]
    assert_close([one, other], [walk(*both, **rule)[0]] * 2, rtol=1e-9)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("fit-errors", "model-errors", "window-errors")
@hint(en="What has been learnt when the third row turns out wrong?", zh="发现第三行有错时，已经学了什么？")
def test_what_cannot_be_learnt_is_refused(solution, rng):
    x, y = draw(int(rng.integers(2**32)), 4, 3)
    rule = {"d": 3, "lr": 0.4, "l2": 0.1}
    bad = [(x, np.array([0, 1, 1, label])) for label in (2, -1)]
    bad += [
        (x, y[:3]),
        (x[:3], y),
        (x, y[:1]),
        (x[:, :2], y),
        (x[:, :1], y),
        (x[0], y[:1]),
        (x, y[:, None]),
        (x[0], y[:3]),
    ]
    bad += [(x[:0], y[:1]), (x[:0, :2], y[:0]), (x[None], y), (x[:1], np.array(1))]
    wanted = walk(x, y, **rule)[0]
    for chunk in bad:
        told, state = solution.run(refused, (x, y), chunk, rule)
        assert told == "ValueError"
        assert_close(state, wanted, rtol=1e-9)
    for wrong in ((0, 0.1), (-1, 0.1), (2, 0.0), (2, -0.1), (2, 0.1, -0.5)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.OnlineLogReg(*wrong)
    for window in (0, -2):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(with_window, window)


# ---- the checks: the evaluation ------------------------------------------------------------------


@points(3, group="evaluation", group_zh="评估")
@stated("prequential", "tolerance")
@contract("model and evaluation together; the other check of the evaluation has a model of its own")
@hint(en="Ask first. What is predicted at exactly 0.5?", zh="先提问。概率恰为 0.5 时预测什么？")
@given(seed=SEEDS, window=st.integers(1, 9))
@settings(max_examples=8, deadline=None)
def test_error_rates_of_a_stream(solution, seed, window):
    x, y = draw(seed, 20, 2)
    y[0] = seed % 2
    rule = {"d": 2, "lr": 0.8, "l2": 0.05}
    told, state = solution.run(evaluated, list(x), y.tolist(), rule, window)
    wanted, probabilities = walk(x, y, **rule)
    wrong = [(p >= 0.5) != bool(label) for p, label in zip(probabilities, y.tolist(), strict=True)]
    assert_close(told, rates_of(wrong, window), rtol=1e-9)
    assert_close(state, wanted, rtol=1e-9)


@points(3, group="evaluation", group_zh="评估")
@stated("prequential", "lazy")
@hint(en="When is the next item taken, and what is kept of the last?", zh="何时取下一项？上一项留下了什么？")
@given(seed=SEEDS, window=st.integers(1, 5))
@settings(max_examples=6, deadline=None)
def test_an_endless_stream_is_asked_before_it_teaches(solution, seed, window):
    rng = np.random.default_rng(seed)
    rows, classes = list(rng.normal(size=(5, 2))), rng.integers(0, 2, size=5).tolist()
    answers = [0.5, 0.4999, 1.0, 0.0, 0.5, *rng.random(7).tolist()]
    rates, calls, counts, alive = solution.run(spied, answers, rows, classes, window)
    labels = [classes[i % 5] for i in range(12)]
    wanted = []
    for i in range(12):
        row = rows[i % 5][None]
        wanted += [("ask", row), ("teach", row, np.array([labels[i]]))]
    assert_equal(calls, wanted)
    assert_close(rates, rates_of([(a >= 0.5) != bool(y) for a, y in zip(answers, labels, strict=True)], window))
    assert_equal(counts, list(range(1, 13)))
    assert alive <= 2


@points(1, group="evaluation", group_zh="评估")
@stated("prequential", "steps")
@contract("what it is all for: after the world has changed, the error falls again")
@hint(en="Does the model still learn after many items?", zh="许多项之后，模型还在学习吗？")
def test_the_model_follows_a_drift(solution, rng):
    rows = rng.normal(size=(900, 2))
    classes = np.where(np.arange(900) < 450, rows[:, 0] > 0, rows[:, 0] < 0).astype(int).tolist()
    told, _ = solution.run(evaluated, list(rows), classes, {"d": 2, "lr": 0.5, "l2": 0.001}, 50)
    assert told[449] < 0.2
    assert max(told[450:520]) > 0.2
    assert told[899] < 0.2
