"""Hidden checks of `integrated-gradients`; gradients by hand in numpy, shuffles by an equal generator."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
FEATURES, HIDDEN, CLASSES = 4, 5, 3


# ---- inside the guest ----------------------------------------------------------------------------


class Net(nn.Module):
    """Two layers with a smooth bend, a kink, and dropout; its third feature is not used."""

    def __init__(self, weights, frozen):
        super().__init__()
        self.first, self.second = (nn.Parameter(weight.clone(), requires_grad=not frozen) for weight in weights)
        self.drop = nn.Dropout(0.5)
        self.inner = nn.Tanh()
        self.modes = []

    def forward(self, x):
        self.modes.append((self.training, self.drop.training, self.inner.training))
        hidden = self.inner(x.flatten(1) @ self.first) + torch.relu(x.flatten(1) @ self.first)
        return self.drop(hidden) @ self.second


def explain(submission, weights, data, steps, silent=False, frozen=False, lively=False):
    """Tell the result, whether it has a graph, and what is left of the world."""
    model = Net(weights, frozen)
    model.train()
    model.drop.eval()
    x, baseline, target = (tensor.clone() for tensor in data)
    leaves = [model.first, model.second]
    if lively:
        leaves += [x, baseline]
        for leaf in leaves:
            leaf.requires_grad_(not frozen or leaf is x)
            leaf.grad = torch.full_like(leaf, 7.0)
    with torch.set_grad_enabled(not silent):
        attribution, gap = submission.integrated_gradients(model, x, baseline, target, steps)
    told = attribution.detach().clone(), gap.detach().clone()
    graphs = attribution.requires_grad, gap.requires_grad
    flags = [leaf.requires_grad for leaf in leaves]
    grads = [leaf.grad for leaf in leaves]
    after = (model.training, model.drop.training, model.inner.training)
    with torch.no_grad():
        attribution.fill_(5.0)
        gap.fill_(5.0)
    return told, graphs, flags, grads, (set(model.modes), after), (x.detach(), baseline.detach(), target)


def spoil_shuffled(submission, weights, x, y, repeats, seed):
    """Tell the result, on what the model and the metric were asked, what is drawn next, and the arguments."""
    asked, judged, rng = [], [], np.random.default_rng(seed)

    def predict(rows):
        asked.append(rows.copy())
        told = np.tanh(rows[:, : len(weights)] @ weights)
        rows[...] = 55.0
        return told

    def metric(truth, told):
        judged.append(truth.copy())
        return -float(((truth - told) ** 2).mean())

    return submission.perm_importance(predict, x, y, metric, repeats, rng), asked, judged, rng.random(), (x, y)


# ---- the oracle ----------------------------------------------------------------------------------


def scores(weights, rows):
    first, second = (weight.double().numpy() for weight in weights)
    inner = rows @ first
    return (np.tanh(inner) + np.maximum(inner, 0)) @ second


def slopes(weights, rows, target):
    first, second = (weight.double().numpy() for weight in weights)
    inner = rows @ first
    bend = 1 - np.tanh(inner) ** 2 + (inner > 0)
    return (bend * second[:, target].T) @ first.T


def expected(weights, data, steps):
    """Attributions and gaps, in float64."""
    x, baseline, target = data
    rows = x.double().flatten(1).numpy()
    start = baseline.double().expand_as(x).flatten(1).numpy()
    chosen = target.numpy()
    middles = [start + (rows - start) * (2 * k + 1) / (2 * steps) for k in range(steps)]
    mean = sum(slopes(weights, point, chosen) for point in middles) / steps
    attribution = (rows - start) * mean
    ends = [scores(weights, end)[np.arange(len(rows)), chosen] for end in (rows, start)]
    return attribution.reshape(tuple(x.shape)), ends[0] - ends[1] - attribution.sum(axis=1)


def agree(told, wanted, dtype):
    slack = 1e-9 if dtype == torch.float64 else 1e-4
    scale = max(float(np.abs(part).max()) for part in wanted)
    for one, other in zip(told, wanted, strict=True):
        assert one.dtype == dtype
        assert tuple(one.shape) == other.shape
        assert (np.abs(one.double().numpy() - other) <= slack * scale).all()


def draw(seed, rows=3, shape=(FEATURES,), dtype=torch.float64, one_baseline=False):
    rng = np.random.default_rng(seed)
    first = rng.normal(size=(FEATURES, HIDDEN))
    first[2] = 0.0
    weights = [torch.from_numpy(first).to(dtype), torch.from_numpy(rng.normal(size=(HIDDEN, CLASSES))).to(dtype)]
    x = torch.from_numpy(rng.normal(1, 1, size=(rows, *shape))).to(dtype)
    baseline = torch.from_numpy(rng.normal(-1, 1, size=shape if one_baseline else (rows, *shape))).to(dtype)
    return weights, (x, baseline, torch.from_numpy(rng.integers(0, CLASSES, size=rows)))


# ---- the checks: integrated gradients ------------------------------------------------------------


@points(4, group="attributions", group_zh="归因")
@stated("integrated", "gap", "model", "target", "tolerance")
@contract("the definition of the attributions, for every number of steps")
@hint(en="At which points of the way is the gradient taken?", zh="在路程的哪些点上求梯度？")
@given(seed=SEEDS, steps=st.integers(1, 9), rows=st.integers(1, 4))
@settings(max_examples=8, deadline=None)
def test_gradients_on_the_way(solution, seed, steps, rows):
    for one_baseline in (False, True):
        weights, data = draw(seed, rows, one_baseline=one_baseline)
        told, graphs, *_ = solution.run(explain, weights, data, steps)
        agree(told, expected(weights, data, steps), torch.float64)
        assert graphs == (False, False)
        assert bool((told[0][:, 2] == 0).all())


@points(2, group="shapes and dtypes", group_zh="形状与数据类型")
@stated("baseline", "integrated", "tolerance")
@hint(en="Sum the attributions of an image over all its axes.", zh="对图像的归因要沿所有轴求和。")
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None)
def test_images_and_single_precision(solution, seed):
    for shape in ((2, 1, 2), (4, 1), (4,)):
        for dtype in (torch.float64, torch.float32):
            for one_baseline in (False, True):
                weights, data = draw(seed, 4, shape, dtype, one_baseline)
                told = solution.run(explain, weights, data, 5)[0]
                agree(told, expected(weights, data, 5), dtype)


@points(1, group="attributions", group_zh="归因")
@stated("gap", "integrated")
@contract("completeness: with many steps nothing is left unexplained")
@hint(en="Do the attributions sum to the difference of the scores?", zh="归因之和等于分数之差吗？")
@given(seed=SEEDS)
@settings(max_examples=3, deadline=None)
def test_many_steps_leave_no_gap(solution, seed):
    weights, data = draw(seed)
    (attribution, gap), *_ = solution.run(explain, weights, data, 300)
    size = float(attribution.abs().max())
    assert float(gap.abs().max()) <= 0.05 * size
    still = (data[0], data[0], data[2])
    assert_equal(solution.run(explain, weights, still, 3)[0][0], torch.zeros_like(data[0]))


@points(3, group="nothing else changes", group_zh="其余一切不变")
@stated("untouched")
@hint(en="What is left in .grad, in requires_grad, in the modes?", zh=".grad、requires_grad 和模式里留下了什么？")
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_the_world_is_left_alone(solution, seed):
    weights, data = draw(seed)
    wanted = expected(weights, data, 4)
    for silent in (False, True):
        for frozen in (False, True):
            told, graphs, flags, grads, modes, after = solution.run(explain, weights, data, 4, silent, frozen, True)
            agree(told, wanted, torch.float64)
            assert graphs == (False, False)
            assert flags == [not frozen, not frozen, True, not frozen]
            assert all(grad is not None and bool((grad == 7.0).all()) for grad in grads)
            assert modes == ({(True, False, True)}, (True, False, True))
            assert_equal(after, data)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors", "permutation-errors")
@hint(en="Broadcasting is silent, and -1 is an index.", zh="广播是悄无声息的，而 -1 也是下标。")
def test_what_makes_no_sense_is_refused(solution, rng):
    weights, (x, baseline, target) = draw(int(rng.integers(2**32)))
    cases = [((x, baseline, target), steps) for steps in (0, -1)]
    cases += [
        ((x, bad, target), 2) for bad in (baseline[:1], baseline[:2], baseline[:, :1], baseline[0, :1], baseline[0, 0])
    ]
    cases += [
        ((x, baseline, bad), 2)
        for bad in (target[:2], target[:1], target[:, None], 0 * target - 1, 0 * target + CLASSES)
    ]
    cases += [((x, baseline, torch.tensor([0, -1, 2])), 2), ((x, baseline, torch.tensor([0, CLASSES, 2])), 2)]
    for data, steps in cases:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(explain, weights, data, steps)
    table, y = np.ones((4, 2)), np.ones(4)
    for bad in (
        (table[:3], y, 2),
        (table, y[:3], 2),
        (table, y, 0),
        (table, y, -1),
        (table[:0], y[:0], 2),
        (table[0], y[:2], 2),
        (table[None], y[:1], 1),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(spoil_shuffled, np.ones(1), *bad, 0)


# ---- the checks: permutation importance ----------------------------------------------------------


@points(4, group="permutation importance", group_zh="置换重要性")
@stated("permutation", "calls")
@hint(en="Which entries of the table change for one column?", zh="打乱一列时，表中哪些元素会变？")
@given(seed=SEEDS, repeats=st.integers(1, 4), n=st.integers(1, 9), used=st.integers(1, 3))
@settings(max_examples=10, deadline=None)
def test_shuffled_columns(solution, seed, repeats, n, used):
    rng = np.random.default_rng(seed)
    x, y, weights = rng.normal(size=(n, 3)), rng.normal(size=n), rng.normal(size=used)
    told, asked, judged, after, arguments = solution.run(spoil_shuffled, weights, x, y, repeats, seed)
    own, tables = np.random.default_rng(seed), [x]
    for column in range(3):
        for _ in range(repeats):
            order = own.permutation(n)
            tables.append(
                np.array([[row[j] if j != column else x[order[i], j] for j in range(3)] for i, row in enumerate(x)])
            )
    values = [-float(((y - np.tanh(table[:, :used] @ weights)) ** 2).mean()) for table in tables]
    wanted = values[0] - np.array(values[1:]).reshape(3, repeats)
    assert told.dtype == np.float64
    assert told.shape == wanted.shape
    assert (np.abs(told - wanted) <= 1e-9 * max(1.0, float(np.abs(wanted).max()))).all()
    assert_equal(asked, tables)
    assert_equal(judged, [y] * len(tables))
    assert_equal((after, arguments), (own.random(), (x, y)))
