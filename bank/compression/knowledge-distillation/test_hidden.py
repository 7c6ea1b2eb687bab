"""Hidden checks of `knowledge-distillation`; expectations are written out in numpy in float64, gradients by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

NONE = -100  # variant: no_label

SEEDS = st.integers(0, 2**32 - 1)
ALPHAS = st.sampled_from([0.0, 0.3, 0.9, 1.0])
FEATURES, HIDDEN, CLASSES = 3, 5, 4


# ---- the world inside the guest ------------------------------------------------------------------


class Student(nn.Module):
    def __init__(self, trunk, head):
        super().__init__()
        self.trunk, self.inner, self.head = trunk, nn.Identity(), head

    def forward(self, x):
        return self.head(self.inner(self.trunk(x)))


class Teacher(nn.Module):
    """A network that answers differently in train mode, and then changes its running statistics."""

    def __init__(self, trunk, head, mean, variance):
        super().__init__()
        self.trunk, self.head = trunk, head
        self.norm = nn.BatchNorm1d(HIDDEN, eps=0.0, affine=False, dtype=torch.float64)
        self.norm.running_mean.copy_(mean)
        self.norm.running_var.copy_(variance)
        self.drop = nn.Dropout(0.5)

    def forward(self, x):
        return self.head(self.drop(self.norm(self.trunk(x))))


def linear(weight, bias=None):
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None, dtype=weight.dtype)
    with torch.no_grad():
        layer.weight.copy_(weight)
        if bias is not None:
            layer.bias.copy_(bias)
    return layer


def build(world, kind="sgd"):
    trunk = linear(world["trunk"])
    student = Student(trunk, linear(world["head"], world["bias"]))
    own = trunk if world["shared"] else linear(world["teacher_trunk"])
    teacher = Teacher(own, linear(world["teacher_head"]), world["mean"], world["variance"])
    if kind == "adam":
        return student, teacher, torch.optim.Adam(student.parameters(), lr=0.01, betas=(0.5, 0.9))
    return student, teacher, torch.optim.SGD(student.parameters(), lr=0.1, momentum=0.9 if kind == "momentum" else 0.0)


def state(network):
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def modules_of(student, teacher):
    return list(dict.fromkeys([*student.modules(), *teacher.modules()]))


def play(submission, world, kind="sgd", stale=None):
    """Take a step on each batch; tell the losses and the student's weights."""
    student, teacher, opt = build(world, kind)
    if stale is not None:
        for parameter in student.parameters():
            parameter.grad = torch.full_like(parameter, stale)
    history = []
    for x, y in world["batches"]:
        loss = submission.kd_step(student, teacher, x, y, opt, world["T"], world["alpha"])
        history.append((loss, state(student)))
    return history


def look_at_the_teacher(submission, world, gradient):
    """Tell the teacher's state, gradients and flags before and after a step."""
    student, teacher, opt = build(world)
    teacher.trunk.weight.grad = gradient.clone()
    student.trunk.weight.requires_grad_(False)
    before = state(teacher)
    x, y = world["batches"][0]
    submission.kd_step(student, teacher, x, y, opt, world["T"], world["alpha"])
    return {
        "states": (before, state(teacher)),
        "gradients": [parameter.grad for parameter in teacher.parameters()],
        "flags": [parameter.requires_grad for parameter in [*student.parameters(), *teacher.parameters()]],
    }


def watch_modes(submission, world, modes):
    """Tell the modes of both networks' modules during each call, before and after the step."""
    student, teacher, opt = build(world)
    modules = modules_of(student, teacher)
    for index, module in enumerate(modules):
        module.training = modes[index]
    seen = {"student": [], "teacher": []}
    for name, network in (("student", student), ("teacher", teacher)):
        network.register_forward_pre_hook(
            lambda m, _, to=seen[name]: to.append([part.training for part in m.modules()])
        )
    arrived = [part.training for part in student.modules()]
    x, y = world["batches"][0]
    submission.kd_step(student, teacher, x, y, opt, world["T"], world["alpha"])
    return {"seen": seen, "arrived": arrived, "after": [module.training for module in modules]}


def watch_calls(submission, world):
    """Tell what each network was called on."""
    student, teacher, opt = build(world)
    seen = {"student": [], "teacher": []}
    student.register_forward_pre_hook(lambda _, args: seen["student"].append(args[0].clone()))
    teacher.register_forward_pre_hook(lambda _, args: seen["teacher"].append(args[0].clone()))
    x, y = world["batches"][0]
    submission.kd_step(student, teacher, x, y, opt, world["T"], world["alpha"])
    return seen


def differentiate(submission, s, t, y, temperature, alpha):
    """Tell the loss, its gradients and the arguments afterwards; both logits come from other tensors."""
    leaves = [s.clone().requires_grad_(), t.clone().requires_grad_()]
    arguments = [leaf * 1.0 for leaf in leaves]
    loss = submission.kd_loss(*arguments, y, temperature, alpha)
    loss.backward()
    return {
        "loss": loss,
        "by_student": leaves[0].grad,
        "by_teacher": leaves[1].grad,
        "arguments": [*arguments, y],
    }


# ---- the oracle: numpy ---------------------------------------------------------------------------


def log_softmax(z):
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=1, keepdims=True))


def expected_loss(s, t, y, temperature, alpha):
    """The loss of logits in float64, and its gradient by the student's."""
    log_p, log_q = log_softmax(t / temperature), log_softmax(s / temperature)
    p, q, answer = np.exp(log_p), np.exp(log_q), np.exp(log_softmax(s))
    soft = sum((p[i] * (log_p[i] - log_q[i])).sum() for i in range(len(s))) / len(s)
    rows = [i for i in range(len(s)) if y[i] != NONE]
    hard = sum(-log_softmax(s)[i, y[i]] for i in rows) / max(len(rows), 1)
    gradient = alpha * temperature * (q - p) / len(s)
    for i in rows:
        truth = np.arange(s.shape[1]) == y[i]
        gradient[i] += (1 - alpha) * (answer[i] - truth) / len(rows)
    return alpha * temperature**2 * soft + (1 - alpha) * hard, gradient


def draw_logits(seed, rows=4, classes=5, size=3.0, missing=0.3, dtype=torch.float64):
    rng = np.random.default_rng(seed)
    s, t = rng.normal(0.0, size, (2, rows, classes))
    y = np.where(rng.random(rows) < missing, NONE, rng.integers(0, classes, rows))
    y[0] = rng.integers(0, classes)
    return torch.from_numpy(s).to(dtype), torch.from_numpy(t).to(dtype), torch.from_numpy(y)


def oracle(s, t, y, temperature, alpha):
    """The loss and the gradient as tensors of the dtype of the logits."""
    loss, gradient = expected_loss(s.double().numpy(), t.double().numpy(), y.tolist(), temperature, alpha)
    return torch.tensor(loss, dtype=s.dtype), torch.from_numpy(gradient).to(s.dtype)


def make_world(seed, temperature=2.0, alpha=0.6, steps=1, shared=False, missing=0.3):
    rng = np.random.default_rng(seed)

    def normal(*shape):
        return torch.from_numpy(rng.normal(0.0, 1.0, shape))

    def batch(rows):
        y = np.where(rng.random(rows) < missing, NONE, rng.integers(0, CLASSES, rows))
        y[0] = rng.integers(0, CLASSES)
        return normal(rows, FEATURES), torch.from_numpy(y)

    return {
        "trunk": normal(HIDDEN, FEATURES),
        "head": normal(CLASSES, HIDDEN),
        "bias": normal(CLASSES),
        "teacher_trunk": normal(HIDDEN, FEATURES),
        "teacher_head": normal(CLASSES, HIDDEN),
        "mean": normal(HIDDEN),
        "variance": torch.from_numpy(rng.uniform(0.5, 2.0, HIDDEN)),
        "shared": shared,
        "T": temperature,
        "alpha": alpha,
        "batches": [batch(rows) for rows in (4, 1, 6)[:steps]],
    }


def expected_history(world, kind="sgd"):
    """The same training with gradients and updates written out."""
    trunk, head, bias, teacher_trunk, teacher_head, mean, variance = (
        world[name].numpy().copy()
        for name in ("trunk", "head", "bias", "teacher_trunk", "teacher_head", "mean", "variance")
    )
    memory = [{}, {}, {}]
    history = []
    for x, y in ((x.numpy(), y.tolist()) for x, y in world["batches"]):
        hidden = x @ trunk.T
        seen_by_teacher = hidden if world["shared"] else x @ teacher_trunk.T
        teacher_logits = (seen_by_teacher - mean) / np.sqrt(variance) @ teacher_head.T
        loss, slope = expected_loss(hidden @ head.T + bias, teacher_logits, y, world["T"], world["alpha"])
        slopes = [(slope @ head).T @ x, slope.T @ hidden, slope.sum(axis=0)]
        trunk, head, bias = (
            weight - update(kind, past, gradient)
            for weight, past, gradient in zip((trunk, head, bias), memory, slopes, strict=True)
        )
        weights = {"trunk.weight": trunk, "head.weight": head, "head.bias": bias}
        history.append((float(loss), {name: torch.from_numpy(weight) for name, weight in weights.items()}))
    return history


def update(kind, past, gradient):
    """What one step of the optimizer takes off."""
    past["t"] = past.get("t", 0) + 1
    if kind != "adam":
        past["v"] = (0.9 if kind == "momentum" else 0.0) * past.get("v", 0.0) + gradient
        return 0.1 * past["v"]
    past["m"] = 0.5 * past.get("m", 0.0) + 0.5 * gradient
    past["s"] = 0.9 * past.get("s", 0.0) + 0.1 * gradient**2
    return 0.01 * past["m"] / (1 - 0.5 ** past["t"]) / (np.sqrt(past["s"] / (1 - 0.9 ** past["t"])) + 1e-8)


# ---- the checks: the loss ------------------------------------------------------------------------


@points(4, group="the loss", group_zh="损失")
@stated("definition", "hard", "tolerance")
@contract("the definition itself, in both precisions; the checks below look at its corners")
@hint(
    en="One example on paper: which distribution weights the logarithms, where does T stand, over whom runs each mean?",
    zh="用纸笔算一个样本：对数由哪个分布加权？T 乘在哪里？每个平均值对哪些样本取？",
)
@given(seed=SEEDS, temperature=st.sampled_from([0.3, 1.0, 2.0, 7.5, 20.0]), alpha=ALPHAS, rows=st.integers(1, 6))
@settings(max_examples=15, deadline=None)
def test_loss(solution, seed, temperature, alpha, rows):
    s, t, y = draw_logits(seed, rows)
    assert_close(solution.kd_loss(s, t, y, temperature, alpha), oracle(s, t, y, temperature, alpha)[0], rtol=1e-8)
    s, t, y = draw_logits(seed, rows=5, classes=6, dtype=torch.float32)
    wanted = oracle(s, t, y, min(temperature, 4.0), alpha)[0]
    assert_close(solution.kd_loss(s, t, y, min(temperature, 4.0), alpha), wanted, rtol=1e-4)


@points(2, group="the loss", group_zh="损失")
@stated("unlabelled", "definition")
@hint(en="The mean over how many examples? What if there are none?", zh="对多少个样本取平均？一个也没有时呢？")
@given(seed=SEEDS, alpha=ALPHAS, rows=st.integers(1, 4))
@settings(max_examples=6, deadline=None)
def test_batches_with_few_or_no_labels(solution, seed, alpha, rows):
    s, t, _ = draw_logits(seed, rows)
    y = torch.full((rows,), NONE)
    for _ in range(2):
        loss, gradient = oracle(s, t, y, 3.0, alpha)
        result = solution.run(differentiate, s, t, y, 3.0, alpha)
        assert_close(result["loss"], loss, rtol=1e-8)
        assert_close(result["by_student"], gradient, rtol=1e-8)
        y[-1] = 2


@points(2, group="large logits", group_zh="很大的 logit")
@stated("large-logits", "tolerance")
@hint(en="What is the logarithm of a probability that has rounded to 0?", zh="概率舍入成 0 之后，它的对数是多少？")
@given(
    seed=SEEDS,
    temperature=st.sampled_from([0.5, 1.0, 4.0]),
    alpha=ALPHAS,
    dtype=st.sampled_from(["float32", "float64"]),
)
@settings(max_examples=10, deadline=None)
def test_large_logits_stay_exact(solution, seed, temperature, alpha, dtype):
    s, t, y = draw_logits(seed, size=1.0, missing=0.0, dtype=getattr(torch, dtype))
    s, t = (1e4 * torch.tanh(z) for z in (s, t))
    loss, gradient = oracle(s, t, y, temperature, alpha)
    result = solution.run(differentiate, s, t, y, temperature, alpha)
    single = dtype == "float32"
    assert_close(result["loss"], loss, rtol=1e-4 if single else 1e-8)
    assert_close(result["by_student"], gradient, rtol=1e-2 if single else 1e-8)


@points(3, group="gradients", group_zh="梯度")
@stated("gradients", "inputs", "definition", "tolerance")
@hint(en="Whose logits does the loss teach?", zh="损失要教的是谁的 logit？")
@given(seed=SEEDS, temperature=st.sampled_from([0.3, 1.0, 2.0, 7.5]), alpha=ALPHAS)
@settings(max_examples=8, deadline=None)
def test_gradients_go_to_the_student_only(solution, seed, temperature, alpha):
    s, t, y = draw_logits(seed)
    result = solution.run(differentiate, s, t, y, temperature, alpha)
    assert_close(result["by_student"], oracle(s, t, y, temperature, alpha)[1], rtol=1e-8)
    assert result["by_teacher"] is None
    assert_equal(result["arguments"], [s, t, y])


@points(2, group="the loss", group_zh="损失")
@stated("definition", "tolerance")
@contract(
    "what every distillation loss obeys: shifts, order of classes and examples, who is ignored at the ends of alpha"
)
@hint(en="Equal answers have nothing to teach.", zh="两者回答相同时，没有什么可教的。")
@given(seed=SEEDS, temperature=st.sampled_from([0.5, 1.0, 3.0]), alpha=ALPHAS)
@settings(max_examples=6, deadline=None)
def test_laws_of_distillation(solution, seed, temperature, alpha):
    s, t, y = draw_logits(seed, missing=0.0)
    rng = np.random.default_rng(seed)
    loss = solution.kd_loss(s, t, y, temperature, alpha)
    shift, shift_t = (torch.from_numpy(rng.normal(0.0, 9.0, (4, 1))) for _ in range(2))
    assert_close(solution.kd_loss(s + shift, t + shift_t, y, temperature, alpha), loss, rtol=1e-8)
    order, classes = torch.from_numpy(rng.permutation(4)), torch.from_numpy(rng.permutation(5))
    moved = solution.kd_loss(
        s[order][:, classes], t[order][:, classes], classes.argsort()[y[order]], temperature, alpha
    )
    assert_close(moved, loss, rtol=1e-8)
    assert_equal(solution.kd_loss(s, -t, y, temperature, 0.0), solution.kd_loss(s, t, y, temperature, 0.0))
    assert_equal(solution.kd_loss(s, t, (y + 1) % 5, temperature, 1.0), solution.kd_loss(s, t, y, temperature, 1.0))
    assert abs(float(solution.kd_loss(s, s + shift, y, temperature, 1.0))) <= 1e-6


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("errors")
@hint(
    en="Which shapes does PyTorch fit together in silence? Is NaN a share?",
    zh="哪些形状会被 PyTorch 悄悄地广播？NaN 算不算比例？",
)
def test_what_makes_no_loss_is_refused(solution):
    s, t, y = draw_logits(1)
    temperatures = [(bad, 0.5) for bad in (0, 0.0, -2.0, math.nan, math.inf)]
    shares = [(2.0, bad) for bad in (-0.01, 1.01, 2, math.nan, -math.inf)]
    for temperature, alpha in temperatures + shares:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.kd_loss(s, t, y, temperature, alpha)
    for other in (t[:1], t[:, :1], t[0], t[:3], t[None]):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.kd_loss(s, other, y, 2.0, 0.5)


# ---- the checks: the step ------------------------------------------------------------------------


@points(4, group="the step", group_zh="训练步")
@stated("step", "teacher", "tolerance")
@contract("the step itself under three optimizers, whatever else is watched")
@hint(
    en="Follow one gradient through the student on paper. In which mode does the teacher answer?",
    zh="在纸上跟着一个梯度走过学生网络。教师是在哪种模式下回答的？",
)
@given(seed=SEEDS, alpha=ALPHAS, temperature=st.sampled_from([1.0, 3.0]))
@settings(max_examples=4, deadline=None)
def test_weights_after_one_two_and_three_steps(solution, seed, alpha, temperature):
    world = make_world(seed, temperature, alpha, steps=3)
    for kind in ("sgd", "momentum", "adam"):
        weights = [weights for _, weights in solution.run(play, world, kind)]
        assert_close(weights, [weights for _, weights in expected_history(world, kind)], rtol=1e-8)


@points(1, group="the step", group_zh="训练步")
@stated("returned", "tolerance")
@hint(en="The loss of which weights, and of which type?", zh="返回的是哪一版权重的损失，什么类型？")
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None)
def test_the_loss_is_told(solution, seed):
    world = make_world(seed, steps=2)
    losses = [loss for loss, _ in solution.run(play, world)]
    assert_close(losses, [loss for loss, _ in expected_history(world)], rtol=1e-8)


@points(2, group="the step", group_zh="训练步")
@stated("old-gradients")
@hint(
    en="Somebody else may have called backward() before you were called.",
    zh="在你的函数被调用之前，别人可能已经调用过 backward()。",
)
@given(seed=SEEDS, stale=st.sampled_from([-4.0, 0.5, 100.0]))
@settings(max_examples=5, deadline=None)
def test_old_gradients_have_no_influence(solution, seed, stale):
    world = make_world(seed)
    weights = [weights for _, weights in solution.run(play, world, "sgd", stale)]
    assert_close(weights, [weights for _, weights in expected_history(world)], rtol=1e-8)


@points(3, group="the teacher only answers", group_zh="教师只负责回答")
@stated("teacher", "flags")
@hint(
    en="Compare everything the teacher has before and after: parameters, buffers, gradients, flags.",
    zh="对比教师在调用前后的一切：参数、buffer、梯度、标志。",
)
@given(seed=SEEDS)
@settings(max_examples=6, deadline=None)
def test_the_teacher_keeps_every_bit(solution, seed):
    world = make_world(seed)
    gradient = 3.0 * world["teacher_trunk"]
    report = solution.run(look_at_the_teacher, world, gradient)
    before, after = report["states"]
    assert_equal(before["norm.running_mean"], world["mean"])
    assert_equal(after, before)
    assert_equal(report["gradients"], [gradient, None])
    assert report["flags"] == [False, True, True, True, True]


@points(2, group="modes", group_zh="模式")
@stated("modes", "teacher")
@hint(en="Can the modules of one network be in different modes?", zh="同一个网络里的各个模块可以处于不同的模式吗？")
@given(modes=st.lists(st.booleans(), min_size=9, max_size=9))
@settings(max_examples=8, deadline=None)
def test_modes_during_the_calls_and_afterwards(solution, modes):
    report = solution.run(watch_modes, make_world(5), modes)
    during = report["seen"]
    assert during["student"]
    assert all(seen == report["arrived"] for seen in during["student"])
    assert during["teacher"]
    assert not any(any(seen) for seen in during["teacher"])
    assert report["after"] == modes


@points(1, group="the teacher only answers", group_zh="教师只负责回答")
@stated("calls")
@hint(en="Count the calls of each network.", zh="数一数每个网络被调用了几次。")
def test_each_network_is_called_once(solution, rng):
    world = make_world(int(rng.integers(2**32)))
    x, _ = world["batches"][0]
    assert_equal(solution.run(watch_calls, world), {"student": [x], "teacher": [x]})


@points(3, group="shared modules", group_zh="共用的模块")
@stated("shared", "modes", "flags")
@hint(
    en="What you do to the teacher for the length of its call may still be in force when the student is called.",
    zh="你为教师那次调用所做的设置，轮到学生被调用时可能仍在起作用。",
)
@given(seed=SEEDS, modes=st.lists(st.booleans(), min_size=5, max_size=5))
@settings(max_examples=6, deadline=None)
def test_a_trunk_under_two_heads(solution, seed, modes):
    world = make_world(seed, alpha=0.8, steps=3, shared=True)
    weights = [weights for _, weights in solution.run(play, world, "momentum")]
    assert_close(weights, [weights for _, weights in expected_history(world, "momentum")], rtol=1e-8)
    # student, trunk, its other modules, teacher, its other modules: the trunk arrives in train mode
    report = solution.run(watch_modes, world, [True, True, *modes[:2], True, *modes[2:]])
    assert report["seen"]["student"]
    assert all(seen == report["arrived"] for seen in report["seen"]["student"])
