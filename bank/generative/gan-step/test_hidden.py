"""Hidden checks of `gan-step`; expectations come from gradients written out by hand in numpy."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, hint, points, stated

NOISE, FEATURES, HIDDEN = 3, 4, 5
FLAT, IMAGE = (FEATURES,), (2, 1, 2)
SEEDS = st.integers(0, 2**32 - 1)


# ---- the world inside the guest ------------------------------------------------------------------


class Generator(nn.Module):
    def __init__(self, weights, sample_shape):
        super().__init__()
        self.w1, self.b1, self.w2, self.b2 = (nn.Parameter(w.clone()) for w in weights)
        self.inner = nn.Tanh()
        self.sample_shape = sample_shape

    def forward(self, noise):
        out = self.inner(noise @ self.w1 + self.b1) @ self.w2 + self.b2
        return out.reshape(len(noise), *self.sample_shape)


class Discriminator(nn.Module):
    def __init__(self, weights, sample_shape, vector):
        super().__init__()
        self.w1, self.b1, self.w2, self.b2 = (nn.Parameter(w.clone()) for w in weights)
        self.inner = nn.Tanh()
        self.sample_shape, self.vector = sample_shape, vector

    def forward(self, x):
        if tuple(x.shape[1:]) != self.sample_shape:
            raise ValueError(f"samples of shape {tuple(x.shape[1:])}, expected {self.sample_shape}")
        logits = self.inner(x.flatten(1) @ self.w1 + self.b1) @ self.w2 + self.b2
        return logits.squeeze(1) if self.vector else logits


class Deaf(nn.Module):
    """A discriminator that never looks at its input."""

    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.tensor([0.3], dtype=torch.float64))

    def forward(self, x):
        return self.bias.expand(len(x), 1)


def optimizer(kind, net):
    if kind == "adam":
        return torch.optim.Adam(net.parameters(), lr=0.01, betas=(0.5, 0.9))
    return torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9 if kind == "momentum" else 0.0)


def weights_of(net):
    return [p.detach().clone() for p in net.parameters()]


def largest_gradient(net):
    return max(0.0 if p.grad is None else float(p.grad.abs().max()) for p in net.parameters())


def build(world, kind="sgd"):
    generator = Generator(world["g"], world["shape"])
    discriminator = Discriminator(world["d"], world["shape"], world["vector"])
    return generator, discriminator, optimizer(kind, generator), optimizer(kind, discriminator)


def play(submission, world, kind="sgd", stale=None):
    """Train on each batch in turn; tell the losses and the weights after every step."""
    generator, discriminator, opt_g, opt_d = build(world, kind)
    if stale is not None:
        for p in [*generator.parameters(), *discriminator.parameters()]:
            p.grad = torch.full_like(p, stale)
    history = []
    for batch in world["batches"]:
        losses = submission.train_step(generator, discriminator, opt_g, opt_d, *batch)
        history.append({"losses": losses, "g": weights_of(generator), "d": weights_of(discriminator)})
    return history


def watch_steps(submission, world):
    """Tell the state of both networks right after each optimizer's step."""
    generator, discriminator, opt_g, opt_d = build(world)
    seen = []

    def look(who):
        return lambda *_: seen.append(
            {
                "who": who,
                "g": weights_of(generator),
                "d": weights_of(discriminator),
                "g_gradient": largest_gradient(generator),
            }
        )

    opt_g.register_step_post_hook(look("generator"))
    opt_d.register_step_post_hook(look("discriminator"))
    submission.train_step(generator, discriminator, opt_g, opt_d, *world["batches"][0])
    return seen, weights_of(discriminator)


def watch_calls(submission, world):
    """Tell what each network was called on."""
    generator, discriminator, opt_g, opt_d = build(world)
    seen = {"g": [], "d": []}
    generator.register_forward_pre_hook(lambda _, args: seen["g"].append(args[0].detach().clone()))
    discriminator.register_forward_pre_hook(lambda _, args: seen["d"].append(args[0].detach().clone()))
    submission.train_step(generator, discriminator, opt_g, opt_d, *world["batches"][0])
    return seen


def watch_modes(submission, world, modes):
    """Tell the modes of all modules, in every forward call and after the step."""
    generator, discriminator, opt_g, opt_d = build(world)
    modules = [generator, generator.inner, discriminator, discriminator.inner]
    for module, mode in zip(modules, modes, strict=True):
        module.training = mode
    seen = []
    for net in (generator, discriminator):
        net.register_forward_pre_hook(lambda *_: seen.append([m.training for m in modules]))
    submission.train_step(generator, discriminator, opt_g, opt_d, *world["batches"][0])
    return seen, [m.training for m in modules]


def watch_flags(submission, world, frozen):
    """Freeze some parameters; tell the flags after the step, and whether the last ones moved."""
    generator, discriminator, opt_g, opt_d = build(world)
    parameters = [*generator.parameters(), *discriminator.parameters()]
    for index in frozen:
        parameters[index].requires_grad_(False)
    before = weights_of(generator)[-1], weights_of(discriminator)[-1]
    submission.train_step(generator, discriminator, opt_g, opt_d, *world["batches"][0])
    after = weights_of(generator)[-1], weights_of(discriminator)[-1]
    moved = [not torch.equal(old, new) for old, new in zip(before, after, strict=True)]
    return [p.requires_grad for p in parameters], moved


def play_with_a_deaf_discriminator(submission, world):
    generator, _, opt_g, _ = build(world)
    discriminator = Deaf()
    opt_d = optimizer("sgd", discriminator)
    submission.train_step(generator, discriminator, opt_g, opt_d, *world["batches"][0])
    return weights_of(generator), weights_of(discriminator)


# ---- the oracle: numpy, gradients written out by hand --------------------------------------------


def make_world(seed, *, sizes=(4, 4, 4), steps=1, shape=FLAT, vector=False, bias=0.0):
    rng = np.random.default_rng(seed)

    def layers(inputs, outputs, shift=0.0):
        shapes = [(inputs, HIDDEN), (HIDDEN,), (HIDDEN, outputs), (outputs,)]
        arrays = [rng.normal(0.0, 0.7, s) for s in shapes]
        return [torch.from_numpy(a) for a in (*arrays[:3], arrays[3] + shift)]

    def batch():
        b, m, n = sizes
        return [
            torch.from_numpy(rng.normal(1.0, 1.0, (b, *shape))),
            torch.from_numpy(rng.normal(0.0, 1.0, (m, NOISE))),
            torch.from_numpy(rng.normal(0.0, 1.0, (n, NOISE))),
        ]

    return {
        "g": layers(NOISE, FEATURES),
        "d": layers(FEATURES, 1, bias),
        "shape": shape,
        "vector": vector,
        "batches": [batch() for _ in range(steps)],
    }


def forward(net, x):
    hidden = np.tanh(x @ net[0] + net[1])
    return hidden, hidden @ net[2] + net[3]


def backward(net, x, hidden, d_out):
    d_pre = (d_out @ net[2].T) * (1.0 - hidden**2)
    return [x.T @ d_pre, d_pre.sum(0), hidden.T @ d_out, d_out.sum(0)], d_pre @ net[0].T


def judge(net, x, label):
    """Mean cross-entropy of one batch against one label, its gradients by weight and by input."""
    hidden, logits = forward(net, x)
    loss = np.logaddexp(0.0, -logits if label else logits).mean()
    d_logits = (1.0 / (1.0 + np.exp(-np.clip(logits, -700, 700))) - label) / len(x)
    gradients, d_x = backward(net, x, hidden, d_logits)
    return loss, gradients, d_x


class Update:
    def __init__(self, kind, net):
        self.kind, self.net, self.steps = kind, net, 0
        self.first = [np.zeros_like(w) for w in net]
        self.second = [np.zeros_like(w) for w in net]

    def __call__(self, gradients):
        self.steps += 1
        for i, g in enumerate(gradients):
            if self.kind == "adam":
                self.first[i] = 0.5 * self.first[i] + 0.5 * g
                self.second[i] = 0.9 * self.second[i] + 0.1 * g * g
                mean = self.first[i] / (1 - 0.5**self.steps)
                spread = np.sqrt(self.second[i] / (1 - 0.9**self.steps))
                self.net[i] = self.net[i] - 0.01 * mean / (spread + 1e-8)
            else:
                self.first[i] = (0.9 if self.kind == "momentum" else 0.0) * self.first[i] + g
                self.net[i] = self.net[i] - 0.1 * self.first[i]


def expected_history(world, kind="sgd"):
    g, d = ([w.numpy().copy() for w in world[name]] for name in "gd")
    update_g, update_d = Update(kind, g), Update(kind, d)
    history = []
    for batch in world["batches"]:
        real, noise_d, noise_g = (t.numpy().reshape(len(t), -1) for t in batch)
        loss_real, grad_real, _ = judge(d, real, 1)
        loss_fake, grad_fake, _ = judge(d, forward(g, noise_d)[1], 0)
        update_d([a + b for a, b in zip(grad_real, grad_fake, strict=True)])
        hidden, fake = forward(g, noise_g)
        g_loss, _, d_fake = judge(d, fake, 1)
        update_g(backward(g, noise_g, hidden, d_fake)[0])
        history.append(
            {
                "losses": {"d_loss": float(loss_real + loss_fake), "g_loss": float(g_loss)},
                "g": [torch.from_numpy(w.copy()) for w in g],
                "d": [torch.from_numpy(w.copy()) for w in d],
            }
        )
    return history


def weights_only(history):
    return [{"g": entry["g"], "d": entry["d"]} for entry in history]


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="both networks learn", group_zh="两个网络都按规则学习")
@stated("losses", "discriminator-turn", "generator-turn", "tolerance")
@hint(
    en="Write down both losses and the weights of each gradient; then follow three steps on paper.",
    zh="写下两个损失，以及各自对哪些权重求梯度，再在纸上走三步。",
)
@given(seed=SEEDS, size=st.integers(1, 5))
@settings(max_examples=3, deadline=None)
def test_weights_after_one_two_and_three_steps(solution, seed, size):
    world = make_world(seed, sizes=(size,) * 3, steps=3)
    for kind in ("sgd", "momentum", "adam"):
        history = weights_only(solution.run(play, world, kind))
        assert_close(history, weights_only(expected_history(world, kind)), rtol=1e-9)


@points(2, group="the losses", group_zh="损失的数值")
@stated("losses", "returned", "tolerance")
@hint(
    en="Which weights stand in the networks at the moment each loss is taken?",
    zh="计算每个损失的那一刻，网络里是哪一版权重？",
)
@given(seed=SEEDS)
@settings(max_examples=6, deadline=None)
def test_losses_are_those_that_were_minimised(solution, seed):
    world = make_world(seed, steps=2)
    losses = [entry["losses"] for entry in solution.run(play, world)]
    assert_close(losses, [entry["losses"] for entry in expected_history(world)])


@points(2, group="gradients do not leak", group_zh="梯度互不干扰")
@stated("old-gradients")
@hint(
    en="Somebody else may have called backward() before you were called.",
    zh="在你的函数被调用之前，别人可能已经调用过 backward()。",
)
@given(seed=SEEDS, stale=st.sampled_from([-3.0, 0.5, 100.0]))
@settings(max_examples=6, deadline=None)
def test_old_gradients_have_no_influence(solution, seed, stale):
    world = make_world(seed)
    history = weights_only(solution.run(play, world, stale=stale))
    assert_close(history, weights_only(expected_history(world)), rtol=1e-9)


@points(3, group="gradients do not leak", group_zh="梯度互不干扰")
@stated("whose-turn")
@hint(
    en="Look at the other network at the moment an optimizer steps: weights and .grad.",
    zh="在某个优化器走一步的那一刻，看看另一个网络的权重和 .grad。",
)
def test_each_turn_leaves_the_other_network_alone(solution, rng):
    world = make_world(int(rng.integers(2**32)))
    seen, d_at_the_end = solution.run(watch_steps, world)
    assert [event["who"] for event in seen] == ["discriminator", "generator"]
    after_d, after_g = seen
    assert_equal(after_d["g"], world["g"])
    assert after_d["g_gradient"] == 0.0
    assert_equal(after_g["d"], after_d["d"])
    assert_equal(d_at_the_end, after_d["d"])


@points(2, group="shapes", group_zh="形状")
@stated("arguments", "calls")
@hint(en="Whose business is the shape of a sample?", zh="样本是什么形状，该由谁来操心？")
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None)
def test_images_stay_images(solution, seed):
    world = make_world(seed, shape=IMAGE)
    history = weights_only(solution.run(play, world))
    assert_close(history, weights_only(expected_history(world)), rtol=1e-9)


@points(2, group="shapes", group_zh="形状")
@stated("arguments")
@hint(en="A discriminator may answer with a vector.", zh="判别器的输出也可能是一个向量。")
@given(seed=SEEDS, size=st.integers(1, 4))
@settings(max_examples=6, deadline=None)
def test_logits_may_be_a_vector(solution, seed, size):
    world = make_world(seed, sizes=(size,) * 3, vector=True)
    history = weights_only(solution.run(play, world))
    assert_close(history, weights_only(expected_history(world)), rtol=1e-9)


@points(2, group="shapes", group_zh="形状")
@stated("arguments", "losses")
@hint(en="Where do the labels get their length from?", zh="标签的长度从哪里来？")
@given(seed=SEEDS, sizes=st.permutations([1, 3, 6]))
@settings(max_examples=6, deadline=None)
def test_batch_sizes_may_differ(solution, seed, sizes):
    world = make_world(seed, sizes=tuple(sizes))
    history = weights_only(solution.run(play, world))
    assert_close(history, weights_only(expected_history(world)), rtol=1e-9)


@points(1, group="the losses", group_zh="损失的数值")
@stated("large-logits")
@hint(
    en="What is the logarithm of a sigmoid that has rounded to 0?",
    zh="sigmoid 舍入成 0 之后，它的对数是多少？",
)
@given(seed=SEEDS, bias=st.sampled_from([-600.0, -90.0, 90.0, 600.0]))
@settings(max_examples=6, deadline=None)
def test_large_logits_stay_exact(solution, seed, bias):
    world = make_world(seed, bias=bias)
    history = weights_only(solution.run(play, world))
    assert_close(history, weights_only(expected_history(world)), rtol=1e-9)


@points(1, group="the generator learns through the discriminator", group_zh="生成器通过判别器学习")
@stated("no-opinion", "discriminator-turn")
@hint(
    en="Where can the generator's gradient come from, if the discriminator tells it nothing?",
    zh="判别器什么信息都不给时，生成器的梯度还能从哪里来？",
)
def test_a_deaf_discriminator_teaches_nothing(solution, rng):
    world = make_world(int(rng.integers(2**32)), sizes=(4, 4, 4))
    g, d = solution.run(play_with_a_deaf_discriminator, world)
    assert_equal(g, world["g"])
    sigmoid = 1 / (1 + np.exp(-0.3))
    assert_close(d, [torch.tensor([0.3 - 0.1 * (2 * sigmoid - 1)], dtype=torch.float64)])


@points(1, group="nothing else changes", group_zh="其余一切不变")
@stated("modes")
@hint(en="Who decides on train or eval mode here?", zh="这里由谁决定用 train 还是 eval 模式？")
@given(modes=st.lists(st.booleans(), min_size=4, max_size=4))
@settings(max_examples=8, deadline=None)
def test_modes_are_respected(solution, modes):
    during, after = solution.run(watch_modes, make_world(7), modes)
    assert during
    assert all(seen == modes for seen in during)
    assert after == modes


@points(1, group="nothing else changes", group_zh="其余一切不变")
@stated("frozen")
@hint(en="Was every parameter trainable before?", zh="调用之前，每个参数都可以训练吗？")
@given(frozen=st.sets(st.sampled_from([0, 1, 2, 4, 5, 6]), max_size=5))
@settings(max_examples=8, deadline=None)
def test_frozen_parameters_stay_frozen(solution, frozen):
    flags, moved = solution.run(watch_flags, make_world(11), sorted(frozen))
    assert moved == [True, True]
    assert flags == [index not in frozen for index in range(8)]


@points(2, group="nothing else changes", group_zh="其余一切不变")
@stated("calls")
@hint(
    en="Would batch normalisation see the same batches as in the statement?",
    zh="如果网络里有批归一化，它看到的批次和题目所说的一样吗？",
)
@given(seed=SEEDS)
@settings(max_examples=5, deadline=None)
def test_each_network_is_called_on_the_right_batches(solution, seed):
    world = make_world(seed, sizes=(3, 3, 3))
    real, noise_d, noise_g = world["batches"][0]
    calls = solution.run(watch_calls, world)
    assert_equal(calls["g"], [noise_d, noise_g])
    g = [w.numpy() for w in world["g"]]
    fakes = [torch.from_numpy(forward(g, noise.numpy())[1]) for noise in (noise_d, noise_g)]
    assert_close(calls["d"], [real, *fakes])
