"""Hidden checks of `maml`; quadratic tasks by products of matrices, curved ones by differences in numpy."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
LR = 0.15


# ---- inside the guest ----------------------------------------------------------------------------


def join(params):
    return torch.cat([params["a"], params["b"].flatten()])


def quadratic(matrix, centre, seen=None):
    """Half the squared distance from a centre, in a metric; what it is called on is kept."""

    def loss(params):
        if seen is not None:
            seen.append(join(params).detach().clone())
        offset = join(params) - centre
        return offset @ matrix @ offset / 2

    return loss


def curved(x, y):
    """The error of a small network: a is its output weights, b its input weights."""
    return lambda params: ((torch.tanh(x @ params["b"].T) @ params["a"] - y) ** 2).mean()


LOSSES = {"quadratic": quadratic, "curved": curved}


def lively(params, grads):
    """Parameters that require gradients and have some."""
    leaves = {name: tensor.clone() for name, tensor in params.items()}
    for name, flag in grads.items():
        leaves[name].requires_grad_(flag)
        leaves[name].grad = torch.full_like(leaves[name], 7.0) if flag else None
    return leaves


def outer(submission, params, kind, tasks, rule, grads, silent=False):
    """Tell gradients and value, whether they have a graph, and what is left of the parameters."""
    leaves = lively(params, grads)
    pairs = [tuple(LOSSES[kind](*data) for data in task) for task in tasks]
    with torch.set_grad_enabled(not silent):
        found, value = submission.meta_grad(leaves, pairs, *rule)
    told = {name: gradient.clone() for name, gradient in found.items()}
    graphs = [gradient.requires_grad for gradient in found.values()]
    with torch.no_grad():
        for gradient in found.values():
            gradient.fill_(5.0)
    left = [(leaf, leaf.requires_grad, leaf.grad) for leaf in leaves.values()]
    return told, value, graphs, left


def adapt(submission, params, kind, task, rule, grads, silent=False):
    """Tell the adapted parameters, and what is left of the old ones when the new are overwritten."""
    leaves = lively(params, grads)
    with torch.set_grad_enabled(not silent):
        found = submission.inner(leaves, LOSSES[kind](*task), *rule)
    told = {name: tensor.detach().clone() for name, tensor in found.items()}
    for tensor in found.values():
        tensor.detach().fill_(5.0)
    return told, [(leaf, leaf.requires_grad, leaf.grad) for leaf in leaves.values()]


def through(submission, params, task, weights, rule):
    """Tell the gradient, by every parameter, of a weighted sum of the adapted parameters."""
    leaves = lively(params, {"a": True, "b": True, "idle": True})
    adapted = submission.inner(leaves, quadratic(*task), *rule)
    whole = join(adapted) @ weights + adapted["idle"].sum() * 3
    return [gradient.clone() for gradient in torch.autograd.grad(whole, list(leaves.values()))]


def watch(submission, params, tasks, rule):
    """Tell on what each loss was called, task by task."""
    seen = [([], []) for _ in tasks]
    pairs = [
        tuple(quadratic(*data, log) for data, log in zip(task, logs, strict=True))
        for task, logs in zip(tasks, seen, strict=True)
    ]
    submission.meta_grad(params, pairs, *rule)
    return seen


# ---- the oracle ----------------------------------------------------------------------------------


def draw_params(rng, dtype=torch.float64):
    return {
        "a": torch.from_numpy(rng.normal(size=2)).to(dtype),
        "b": torch.from_numpy(rng.normal(size=(2, 3))).to(dtype),
        "idle": torch.from_numpy(rng.normal(size=2)).to(dtype),
    }


def draw_metric(rng, dtype=torch.float64):
    root = rng.normal(size=(8, 8))
    return torch.from_numpy(root @ root.T / 4).to(dtype), torch.from_numpy(rng.normal(size=8)).to(dtype)


def flat(params):
    return np.concatenate([params[name].double().numpy().ravel() for name in ("a", "b")])


def split(vector, like):
    """Turn a vector back into parameters; nothing depends on the idle one."""
    parts = {"a": vector[:2], "b": vector[2:].reshape(2, 3), "idle": np.zeros(2)}
    return {name: torch.from_numpy(part.copy()).to(like[name].dtype) for name, part in parts.items()}


def settle(w, task, steps):
    matrix, centre = (part.double().numpy() for part in task)
    return centre + np.linalg.matrix_power(np.eye(8) - LR * matrix, steps) @ (w - centre)


def expected_quadratic(params, tasks, steps, first_order):
    """Gradient and value in closed form: a step multiplies the distance from the centre by a matrix."""
    total, value = np.zeros(8), 0.0
    for support, query in tasks:
        matrix, centre = (part.double().numpy() for part in query)
        offset = settle(flat(params), support, steps) - centre
        chain = np.linalg.matrix_power(np.eye(8) - LR * support[0].double().numpy(), 0 if first_order else steps)
        total += chain @ matrix @ offset / len(tasks)
        value += offset @ matrix @ offset / 2 / len(tasks)
    return split(total, params), float(value)


def network(w, task):
    """Loss and gradient of the small network, by hand."""
    x, y = (part.numpy() for part in task)
    a, b = w[:2], w[2:].reshape(2, 3)
    hidden = np.tanh(x @ b.T)
    error = hidden @ a - y
    upward = 2 * error / len(y)
    grad_b = ((upward[:, None] * a) * (1 - hidden**2)).T @ x
    return float((error**2).mean()), np.concatenate([hidden.T @ upward, grad_b.ravel()])


def walk(w, task, steps):
    for _ in range(steps):
        w = w - LR * network(w, task)[1]
    return w


def expected_curved(params, tasks, steps, first_order):
    """Gradient by central differences, or at the adapted parameters."""
    w = flat(params)

    def objective(at):
        return sum(network(walk(at, support, steps), query)[0] for support, query in tasks) / len(tasks)

    if first_order:
        slope = sum(network(walk(w, support, steps), query)[1] for support, query in tasks) / len(tasks)
    else:
        slope = np.array([(objective(w + 1e-5 * unit) - objective(w - 1e-5 * unit)) / 2e-5 for unit in np.eye(8)])
    return split(slope, params), objective(w)


def draw_curved(rng, number):
    return [[tuple(torch.from_numpy(rng.normal(size=s)) for s in ((5, 3), 5)) for _ in range(2)] for _ in range(number)]


FLAGS = [{"a": True, "b": True, "idle": True}, {"a": False, "b": False, "idle": False}, {"b": True, "a": False}]


# ---- the checks ----------------------------------------------------------------------------------


@points(2, group="inner loop", group_zh="内循环")
@stated("inner", "unused", "untouched", "no-grad", "inner-errors", "tolerance")
@hint(en="All parameters at once, from where they stand.", zh="所有参数同时从当前位置更新。")
@given(seed=SEEDS, steps=st.integers(0, 4))
@settings(max_examples=6, deadline=None)
def test_adapted_parameters(solution, seed, steps):
    rng = np.random.default_rng(seed)
    params, task = draw_params(rng), draw_metric(rng)
    wanted = {**split(settle(flat(params), task, steps), params), "idle": params["idle"]}
    for rule in ((LR, steps), (LR, steps, True)):
        for flags in FLAGS:
            for silent in (False, True):
                told, left = solution.run(adapt, params, "quadratic", task, rule, flags, silent)
                assert_close(told, wanted, rtol=1e-9)
                assert_equal([leaf for leaf, _, _ in left], list(params.values()))
                assert [(flag, grad is not None) for _, flag, grad in left] == [
                    (flags.get(name, False),) * 2 for name in params
                ]
                assert all(grad is None or bool((grad == 7.0).all()) for _, _, grad in left)


@points(3, group="inner loop", group_zh="内循环")
@stated("differentiable")
@hint(en="Which gradients must themselves have a graph?", zh="哪些梯度自身也要带计算图？")
@given(seed=SEEDS, steps=st.integers(0, 3))
@settings(max_examples=6, deadline=None)
def test_the_result_can_be_differentiated(solution, seed, steps):
    rng = np.random.default_rng(seed)
    params, task = draw_params(rng), draw_metric(rng)
    weights = torch.from_numpy(rng.normal(size=8))
    for order, power in (((), steps), ((False,), steps), ((True,), 0)):
        told = solution.run(through, params, task, weights, (LR, steps, *order))
        chain = np.linalg.matrix_power(np.eye(8) - LR * task[0].numpy(), power)
        wanted = {**split(chain @ weights.numpy(), params), "idle": torch.full((2,), 3.0, dtype=torch.float64)}
        assert_close(told, list(wanted.values()), rtol=1e-9)


@points(4, group="outer loop", group_zh="外循环")
@stated("meta", "second-order", "first-order", "unused", "losses", "tolerance")
@hint(en="What factor does each step put on the way back?", zh="反向传播时，每一步带来什么因子？")
@given(seed=SEEDS, steps=st.integers(0, 3), number=st.integers(1, 3))
@settings(max_examples=8, deadline=None)
def test_quadratic_tasks(solution, seed, steps, number):
    rng = np.random.default_rng(seed)
    params = draw_params(rng)
    tasks = [(draw_metric(rng), draw_metric(rng)) for _ in range(number)]
    for first_order in (False, True):
        rule = (LR, steps, first_order)
        told, value, graphs, _ = solution.run(outer, params, "quadratic", tasks, rule, FLAGS[1])
        wanted, objective = expected_quadratic(params, tasks, steps, first_order)
        assert_close(told, wanted, rtol=1e-9)
        assert_close(value, objective, rtol=1e-9)
        assert graphs == [False] * 3
    turned = solution.run(outer, params, "quadratic", tasks[::-1], (LR, steps), FLAGS[1])
    assert_close(turned[0], expected_quadratic(params, tasks, steps, False)[0], rtol=1e-9)


@points(3, group="outer loop", group_zh="外循环")
@stated("meta", "second-order", "first-order", "tolerance")
@contract("losses whose second derivatives change from step to step, where quadratic ones have constant ones")
@hint(en="Compare with differences of the meta-objective.", zh="与元目标的差分作比较。")
@given(seed=SEEDS, steps=st.integers(1, 3))
@settings(max_examples=5, deadline=None)
def test_curved_tasks(solution, seed, steps):
    rng = np.random.default_rng(seed)
    params, tasks = draw_params(rng), draw_curved(rng, 2)
    for first_order in (False, True):
        told, value, _, _ = solution.run(outer, params, "curved", tasks, (LR, steps, first_order), FLAGS[0])
        wanted, objective = expected_curved(params, tasks, steps, first_order)
        assert_close(told, wanted, rtol=1e-6)
        assert_close(value, objective, rtol=1e-9)


@points(2, group="nothing else changes", group_zh="其余一切不变")
@stated("untouched", "no-grad", "meta")
@hint(en="What is left in the parameters, and what does no_grad forbid?", zh="参数里留下了什么？no_grad 禁止了什么？")
@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_parameters_are_left_alone(solution, seed):
    rng = np.random.default_rng(seed)
    params, tasks = draw_params(rng), [(draw_metric(rng), draw_metric(rng)) for _ in range(2)]
    wanted, objective = expected_quadratic(params, tasks, 2, False)
    for flags in FLAGS:
        for silent in (False, True):
            told, value, _, left = solution.run(outer, params, "quadratic", tasks, (LR, 2), flags, silent)
            assert_close((told, value), (wanted, objective), rtol=1e-9)
            assert_equal([leaf for leaf, _, _ in left], list(params.values()))
            assert [(flag, grad is not None) for _, flag, grad in left] == [
                (flags.get(name, False),) * 2 for name in params
            ]
            assert all(grad is None or bool((grad == 7.0).all()) for _, _, grad in left)


@points(1, group="dtypes", group_zh="数据类型")
@stated("meta", "inner", "tolerance")
@contract("single precision is the usual one")
@hint(en="Which dtype have your results?", zh="你的结果是什么 dtype？")
def test_single_precision(solution, rng):
    params = draw_params(rng, torch.float32)
    tasks = [(draw_metric(rng, torch.float32), draw_metric(rng, torch.float32))]
    told, value, _, _ = solution.run(outer, params, "quadratic", tasks, (LR, 2), FLAGS[0])
    assert_close((told, value), expected_quadratic(params, tasks, 2, False), rtol=1e-4)


@points(2, group="calls", group_zh="调用")
@stated("calls", "meta")
@hint(
    en="On which data do you adapt, and where does the second task begin?",
    zh="在哪份数据上适应？第二个任务从哪里出发？",
)
@given(seed=SEEDS, steps=st.integers(0, 3))
@settings(max_examples=4, deadline=None)
def test_losses_are_called_where_they_should_be(solution, seed, steps):
    rng = np.random.default_rng(seed)
    params, tasks = draw_params(rng), [(draw_metric(rng), draw_metric(rng)) for _ in range(3)]
    seen = solution.run(watch, params, tasks, (LR, steps))
    for (support, _), (on_support, on_query) in zip(tasks, seen, strict=True):
        path = [torch.from_numpy(settle(flat(params), support, step)) for step in range(steps + 1)]
        assert_close((on_support, on_query), (path[:-1], path[-1:]), rtol=1e-9)


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("inner-errors", "meta-errors")
@hint(en="What is the mean over no task?", zh="没有任务时，平均值是什么？")
def test_what_makes_no_sense_is_refused(solution, rng):
    params, task = draw_params(rng), draw_metric(rng)
    for call in (
        lambda: solution.run(outer, params, "quadratic", [], (LR, 1), FLAGS[0]),
        lambda: solution.run(outer, params, "quadratic", [(task, task)], (LR, -1), FLAGS[0]),
        lambda: solution.run(adapt, params, "quadratic", task, (LR, -1), FLAGS[0]),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            call()
