"""Hidden checks of `cnn-classifier`; losses are sums of Python floats, training is followed by hand in NumPy."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**31)
ID_DTYPES = (torch.int64, torch.int32, torch.uint8)
HOT_DTYPES = (torch.float32, torch.float64, torch.int64, torch.bool)
SHAPES = ((1, 12, 12), (3, 12, 31), (1, 13, 17), (3, 32, 14), (2, 4, 7), (4, 18, 20))


# ---- probes: they run in the guest ---------------------------------------------------------------


class Watcher(nn.Module):
    """Notes at each call its mode and whether a graph is built; has a dropout and a layer that stays in eval mode."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 3, dtype=torch.float64)
        self.inner = nn.Sequential(nn.Identity(), nn.Dropout(0.5))
        self.seen = []

    def forward(self, x):
        self.seen.append((self.training, self.inner.training, torch.is_grad_enabled()))
        return self.linear(x)


def look_at_the_network(submission, in_shape, n_classes, x):
    model = submission.build_cnn(in_shape, n_classes)
    out = model(x)
    return [p.detach() for p in model.parameters()], out.detach(), model.training, out.requires_grad


def first_weights(submission, in_shape, times):
    """Tell all weights of several new networks, as one vector each."""
    made = [submission.build_cnn(in_shape, 4) for _ in range(times)]
    return [[p.detach().abs().max().item() for p in model.parameters()] for model in made]


def loss_and_gradient(submission, logits, y):
    logits = logits.clone().requires_grad_()
    loss = submission.loss_fn(logits, y)
    loss.backward()
    return loss.detach(), logits.grad


def train_a_line(submission, weight, bias, x, y, steps, lr, junk):
    """Train a linear model; tell losses, weights and the arguments."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(*weight.shape[::-1], dtype=torch.float64))
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), (weight, bias), strict=True):
            parameter.copy_(value)
            parameter.grad = torch.full_like(parameter, junk) if junk else None
    losses = submission.fit(model, x, y, steps, lr)
    return losses, [p.detach() for p in model.parameters()], x, y


def modes_after(submission, what, train, x, y):
    """Tell the modes during and after a call, and whether a ValueError came."""
    model = Watcher().train(train)
    model.inner.train(not train)
    model.inner[0].train(train)
    before = [m.training for m in model.modules()]
    refused = False
    try:
        submission.fit(model, x, y, 2, 0.1) if what == "fit" else submission.accuracy(model, x, y)
    except ValueError:
        refused = True
    return model.seen, before, [m.training for m in model.modules()], refused


def judge(submission, state, x, y):
    """Tell the accuracy of a network with batch normalisation and dropout, and what is left behind."""
    model = nn.Sequential(nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 3)).double()
    model.load_state_dict(state)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    share = submission.accuracy(model, x, y)
    return share, dict(model.state_dict()), [p.grad for p in model.parameters()], x, y


def learn_bars(submission, seed, data, fresh):
    torch.manual_seed(seed)
    model = submission.build_cnn((1, 12, 12), 2)
    losses = submission.fit(model, *data, 40, 0.01)
    return losses, submission.accuracy(model, *fresh)


# ---- the oracle ----------------------------------------------------------------------------------


def network(parameters, x):
    """Compute the described network from its parameters, in double precision."""
    w1, b1, w2, b2, w3, b3 = (p.double() for p in parameters)
    h = F.max_pool2d(F.conv2d(x.double(), w1, b1, padding=1).clamp(min=0), 2)
    h = F.max_pool2d(F.conv2d(h, w2, b2, padding=1).clamp(min=0), 2)
    return h.reshape(len(x), -1) @ w3.T + b3


def kernels(out, into):
    """Return the shapes of a convolution's weight and bias."""
    return (out, into, 3, 3), (out,)


def expected_loss(logits, ids):
    """Give loss and gradient, row by row."""
    total, gradient = 0.0, []
    for row, t in zip(logits.double().tolist(), ids, strict=True):
        top = max(row)
        mass = math.fsum(math.exp(v - top) for v in row)
        total += top + math.log(mass) - row[t]
        gradient.append([(math.exp(v - top) / mass - (k == t)) / len(ids) for k, v in enumerate(row)])
    return torch.tensor(total / len(ids), dtype=logits.dtype), torch.tensor(gradient, dtype=logits.dtype)


def adam(weight, bias, x, ids, steps, lr):
    """Train a linear softmax model by the rules of Adam."""
    w, b, x = weight.numpy().copy(), bias.numpy().copy(), x.reshape(len(x), -1).numpy()
    moments = [[np.zeros_like(v), np.zeros_like(v)] for v in (w, b)]
    losses = []
    for step in range(1, steps + 1):
        loss, slope = expected_loss(torch.from_numpy(x @ w.T + b), ids)
        losses.append(loss.item())
        slopes = (slope.numpy().T @ x, slope.numpy().sum(0))
        for value, gradient, (mean, square) in zip((w, b), slopes, moments, strict=True):
            mean[...] = 0.9 * mean + 0.1 * gradient
            square[...] = 0.999 * square + 0.001 * gradient**2
            value[...] -= lr * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return losses, [torch.from_numpy(w), torch.from_numpy(b)]


def draw(seed, *shape, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def draw_ids(seed, rows, classes):
    return torch.randint(0, classes, (rows,), generator=torch.Generator().manual_seed(seed + 1))


def bars(seed, count):
    """Draw noisy images with one horizontal or one vertical bar."""
    generator = torch.Generator().manual_seed(seed)
    x, y = 0.2 * torch.randn(count, 1, 12, 12, generator=generator), torch.arange(count) % 2
    places = torch.randint(0, 12, (count,), generator=generator)
    for image, place, upright in zip(x, places, y.tolist(), strict=True):
        (image[0, :, place] if upright else image[0, place])[...] += 1.0
    return x, y


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="the network", group_zh="网络")
@stated("network", "parameters", "tolerance")
@hint(en="Follow the sizes through both poolings.", zh="把尺寸沿着两次池化走一遍。")
def test_the_network_is_the_one_described(solution):
    for number, in_shape in enumerate(SHAPES):
        classes, batch = 2 + number, 1 + number % 3
        channels, height, width = in_shape
        x = draw(number, batch, *in_shape, dtype=torch.float32)
        parameters, out, training, tracked = solution.run(look_at_the_network, in_shape, classes, x)
        linear = (classes, 16 * (height // 4) * (width // 4))
        sizes = [*kernels(8, channels), *kernels(16, 8), linear, linear[:1]]
        assert_equal([tuple(p.shape) for p in parameters], sizes)
        assert_close(out, network(parameters, x).float())
        assert training
        assert tracked


@points(1, group="the network", group_zh="网络")
@stated("network", "parameters")
@hint(en="Whose initial weights are they?", zh="初始权重来自哪里？")
def test_new_networks_begin_with_the_weights_of_torch(solution):
    for in_shape, fans in (((3, 12, 12), (27, 72, 144)), ((1, 20, 8), (9, 72, 160))):
        first, *others = solution.run(first_weights, in_shape, 3)
        bounds = [fan**-0.5 for fan in fans for _ in range(2)]
        for largest in (first, *others):
            assert len(largest) == 6
            assert all(0.01 * bound < value <= bound for value, bound in zip(largest, bounds, strict=True))
        assert first not in others


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("build-errors", "network")
@hint(en="What is left of an axis after two poolings?", zh="经过两次池化，一个轴还剩多少？")
def test_networks_that_cannot_be_are_refused(solution):
    for in_shape, classes in (
        ((0, 8, 8), 3),
        ((1, 3, 8), 3),
        ((1, 8, 3), 3),
        ((1, 8, 8), 1),
        ((-1, 8, 8), 2),
        ((3, 0, 9), 2),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.build_cnn(in_shape, classes)
    parameters, *_ = solution.run(look_at_the_network, (1, 4, 4), 2, torch.zeros(1, 1, 4, 4))
    assert_equal(list(parameters[4].shape), [2, 16])


@points(4, group="the loss", group_zh="损失")
@stated("loss", "one-hot", "tolerance")
@contract("the definition itself with its gradient, for both forms in every dtype")
@hint(en="What does a loss on logits do with logits?", zh="作用于 logits 的损失会对 logits 做什么？")
@given(seed=SEEDS, rows=st.integers(1, 5), classes=st.integers(2, 5))
@settings(max_examples=5)
def test_both_forms_of_labels_give_the_cross_entropy(solution, seed, rows, classes):
    ids = draw_ids(seed, rows, classes)
    for dtype in (torch.float32, torch.float64):
        logits = 3 * draw(seed, rows, classes, dtype=dtype)
        expected = expected_loss(logits, ids.tolist())
        forms = [ids.to(kind) for kind in ID_DTYPES] + [F.one_hot(ids, classes).to(kind) for kind in HOT_DTYPES]
        rtol = 1e-10 if dtype == torch.float64 else 1e-5
        for y in forms:
            told = solution.run(loss_and_gradient, logits, y)
            assert_close(told, expected, rtol=rtol, atol=rtol * (1 + logits.abs().max().item()))


@points(2, group="the loss", group_zh="损失")
@stated("large", "loss")
@hint(en="What is the logarithm of a probability that was rounded to zero?", zh="概率被舍入为零，它的对数是什么？")
def test_large_logits(solution):
    for dtype in (torch.float32, torch.float64):
        for logits in ([[1e4, -1e4, 0.0], [0.0, 5e3, 4999.0]], [[-1e4, -1e4, -9999.0], [200.0, -200.0, 199.0]]):
            table = torch.tensor(logits, dtype=dtype)
            for ids in ([0, 1], [1, 2], [2, 0]):
                y = torch.tensor(ids)
                for labels in (y, F.one_hot(y, 3)):
                    assert_close(solution.run(loss_and_gradient, table, labels), expected_loss(table, ids))


@points(3, group="refusals", group_zh="拒绝错误输入")
@stated("loss-errors", "accuracy")
@hint(en="Which labels fit no row?", zh="什么样的标签对不上任何一行？")
def test_labels_that_do_not_fit_are_refused(solution):
    logits, eye = draw(3, 3, 3), torch.eye(3)
    bad = [torch.tensor(ids) for ids in ([0, 1], [0, 1, 2, 0], [0, 1, 3], [0, -1, 2], [0, -100, 1], [[0], [1], [2]])]
    bad += [torch.tensor([0.0, 1.0, 2.0]), torch.tensor(1), torch.tensor([[0, 1, 2]]), eye[None], eye[:2], eye[:, :2]]
    bad += [torch.cat([eye, torch.zeros(3, 1)], 1), torch.cat([eye, eye[:1]])]
    rows = ([1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [2.0, -1.0, 0.0], [2.0, 0.0, 0.0], [1.0, math.nan, 0.0])
    bad += [torch.stack([eye[0], torch.tensor(row), eye[2]]) for row in rows]
    for y in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.loss_fn(logits, y)
    for y in (torch.zeros(0, dtype=torch.int64), torch.zeros(0, 3)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.loss_fn(logits[:0], y)
    for y in (bad[2], bad[0], bad[-1]):
        *_, refused = solution.run(modes_after, "accuracy", True, draw(4, 3, 4), y)
        assert refused


@points(3, group="training", group_zh="训练")
@stated("fit", "gradients", "unchanged", "tolerance")
@hint(en="Which loss is returned, and what happens to old gradients?", zh="返回的是哪个损失？旧的梯度怎么办？")
@given(seed=SEEDS, steps=st.integers(1, 4), lr=st.floats(0.01, 0.3))
@settings(max_examples=4)
def test_steps_of_adam_on_all_rows(solution, seed, steps, lr):
    weight, bias, x, ids = draw(seed, 3, 4), draw(seed + 2, 3), draw(seed + 3, 7, 2, 2), draw_ids(seed, 7, 3)
    for count, junk in ((steps, 0.0), (steps, 5.0), (0, 5.0)):
        losses, weights = adam(weight, bias, x, ids.tolist(), count, lr)
        for y in (ids, F.one_hot(ids, 3)):
            told, trained, *after = solution.run(train_a_line, weight, bias, x, y, count, lr, junk)
            assert_close(told, losses, rtol=1e-7)
            assert_close(trained, weights, rtol=1e-7)
            assert_equal(after, [x, y])


@points(2, group="modes", group_zh="模式")
@stated("modes", "fit", "accuracy")
@hint(en="Who has switched a layer to eval mode, and why?", zh="是谁把某一层切到了评估模式？为什么？")
@pytest.mark.parametrize("what", ["fit", "accuracy"])
def test_modes_during_and_after(solution, what):
    wanted = [(True, True, True)] * 2 if what == "fit" else [(False, False, False)]
    y = torch.tensor([0, 2, 1])
    for train in (True, False):
        for labels in (y, torch.eye(3)[y], torch.tensor([0, 7, 1])):
            seen, before, after, refused = solution.run(modes_after, what, train, draw(5, 3, 4), labels)
            assert_equal(after, before)
            assert_equal(refused, 7 in labels.tolist())
            if not refused:
                assert_equal(seen, wanted)


@points(2, group="judging", group_zh="评估")
@stated("accuracy", "unchanged", "one-hot")
@hint(en="Does judging a network change it?", zh="评估网络会改变它吗？")
@given(seed=SEEDS)
@settings(max_examples=5)
def test_the_share_of_right_rows(solution, seed):
    state = {"0.weight": draw(seed, 4), "0.bias": draw(seed + 1, 4), "0.running_mean": draw(seed + 2, 4)}
    state |= {"0.running_var": draw(seed + 3, 4).exp(), "0.num_batches_tracked": torch.tensor(3)}
    state |= {"2.weight": draw(seed + 4, 3, 4), "2.bias": draw(seed + 5, 3)}
    x = 2 * draw(seed + 6, 7, 4)
    scaled = (x - state["0.running_mean"]) / (state["0.running_var"] + 1e-5).sqrt()
    logits = (scaled * state["0.weight"] + state["0.bias"]) @ state["2.weight"].T + state["2.bias"]
    for right in (3, 0, 7):
        ids = (logits.argmax(1) + (torch.arange(7) >= right)) % 3
        for y in (*(ids.to(kind) for kind in ID_DTYPES), *(F.one_hot(ids, 3).to(kind) for kind in HOT_DTYPES)):
            share, after, gradients, *arguments = solution.run(judge, state, x, y)
            assert_close(share, right / 7)
            assert_equal(after, state)
            names = ("0.weight", "0.bias", "2.weight", "2.bias")
            assert_equal(gradients, [torch.ones_like(state[name]) for name in names])
            assert_equal(arguments, [x, y])


@points(2, group="outcome", group_zh="结果")
@stated("outcome", "fit")
@contract("what the four functions are for: together they learn")
@hint(en="Does the loss fall? What does the network see?", zh="损失在下降吗？网络看到的是什么？")
def test_bars_are_told_apart(solution):
    losses, share = solution.run(learn_bars, 1, bars(1, 64), bars(11, 100))
    assert len(losses) == 40
    assert losses[-1] < 0.5 * losses[0]
    assert share >= 0.95
