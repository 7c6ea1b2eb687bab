"""Hidden checks of `gan-denoiser`; losses are written out with logaddexp, Adam and padding by hand, in float64."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
LOGITS = st.sampled_from(["map", "column", "vector"])
CHANNELS = 2


# ---- the world: networks that guest and oracle build alike -----------------------------------


class Restorer(nn.Module):
    def __init__(self, channels=CHANNELS, width=3):
        super().__init__()
        self.first = nn.Conv2d(channels, width, 3, padding=1)
        self.inner = nn.Tanh()
        self.last = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, images):
        return images + self.last(self.inner(self.first(images)))


class Judge(nn.Module):
    """Gives a map of logits, a column or a vector of them; notices what else is in its batch."""

    def __init__(self, logits, channels=CHANNELS):
        super().__init__()
        self.first = nn.Conv2d(channels, 3, 3, stride=2, padding=1)
        self.inner = nn.BatchNorm2d(3)
        self.last = nn.Conv2d(3, 1, 1)
        self.logits = logits

    def forward(self, images):
        out = self.last(torch.tanh(self.inner(self.first(images))))
        if self.logits == "map":
            return out
        return out.mean(dim=(2, 3)) if self.logits == "column" else out.mean(dim=(1, 2, 3))


def make_world(seed, *, logits="map", shape=(3, CHANNELS, 5, 4), dtype=torch.float64, bias=0.0):
    """Draw images and the weights of both networks."""
    with torch.random.fork_rng():
        torch.manual_seed(seed % 2**63)
        nets = [Restorer().to(dtype), Judge(logits).to(dtype)]
        with torch.no_grad():
            for parameter in [p for net in nets for p in net.parameters()]:
                parameter.normal_(0, 0.5)
            nets[1].last.bias.add_(bias)
        clean = torch.rand(shape, dtype=dtype)
        return {
            "states": [net.state_dict() for net in nets],
            "logits": logits,
            "dtype": str(dtype),
            "clean": clean,
            "noisy": clean + 0.3 * torch.randn(shape, dtype=dtype),
        }


def networks(world):
    nets = [Restorer(), Judge(world["logits"])]
    for net, state in zip(nets, world["states"], strict=True):
        net.to(torch.float32 if world["dtype"] == "torch.float32" else torch.float64)
        net.load_state_dict(state)
    return nets


def parameters_of(nets):
    return [p for net in nets for p in net.parameters()]


def gradients_of(net):
    return [None if p.grad is None else p.grad.clone() for p in net.parameters()]


def modules_of(nets):
    return [module for net in nets for module in net.modules()]


# ---- probes: they run in the guest -----------------------------------------------------------


def noisy_copies(submission, clean, sigma, seed):
    """Give two noisy copies, what became of the arguments, and how the global random state moved."""
    rng = torch.Generator().manual_seed(seed)
    before = torch.random.get_rng_state()
    copies = [submission.add_noise(clean, sigma, rng).clone() for _ in range(2)]
    return copies, clean, sigma, [before, torch.random.get_rng_state()]


def losses_and_gradients(submission, world, weight, order, stale=None):
    """Give both losses, and all gradients after the call and after each backward()."""
    nets = networks(world)
    if stale is not None:
        for parameter in parameters_of(nets):
            parameter.grad = torch.full_like(parameter, stale)
    losses = submission.denoiser_losses(*nets, world["noisy"], world["clean"], weight)
    seen = [[gradients_of(net) for net in nets]]
    for index in order:
        losses[index].backward()
        seen.append([gradients_of(net) for net in nets])
    return [loss.detach() for loss in losses], seen


def watched_calls(submission, world):
    nets = networks(world)
    seen = [[], []]
    for net, inputs in zip(nets, seen, strict=True):
        net.register_forward_pre_hook(lambda _, args, inputs=inputs: inputs.append(args[0].detach().clone()))
    submission.denoiser_losses(*nets, world["noisy"], world["clean"], 0.7)
    return seen


def state_afterwards(submission, world, modes, frozen):
    """Give modes during and after the call, flags, weights and images after it."""
    nets = networks(world)
    for module, mode in zip(modules_of(nets), modes, strict=True):
        module.training = mode
    for index in frozen:
        parameters_of(nets)[index].requires_grad_(False)
    during = []
    for net in nets:
        net.register_forward_pre_hook(lambda *_: during.append([m.training for m in modules_of(nets)]))
    submission.denoiser_losses(*nets, world["noisy"], world["clean"], 0.7)
    return {
        "during": during,
        "modes": [m.training for m in modules_of(nets)],
        "flags": [p.requires_grad for p in parameters_of(nets)],
        "weights": [p.detach() for p in parameters_of(nets)],
        "images": [world["noisy"], world["clean"]],
    }


def trained(submission, world, sigma, steps, seed, training=(True, True)):
    """Train with gradients left over from before; give the losses, all weights, the modes and the images."""
    nets = networks(world)
    for net, mode in zip(nets, training, strict=True):
        net.train(mode)
    for parameter in parameters_of(nets):
        parameter.grad = torch.full_like(parameter, 3.0)
    rng = torch.Generator().manual_seed(seed)
    history = submission.train(*nets, world["clean"], sigma, 0.6, 0.02, steps, rng)
    return history, [p.detach() for p in parameters_of(nets)], [net.training for net in nets], world["clean"]


def learnt(submission, clean, noisy, seed):
    """Train a small denoiser on clean images; give what it makes of noisy ones."""
    torch.manual_seed(seed)
    generator, discriminator = Restorer(1, 12), Judge("map", 1)
    submission.train(generator, discriminator, clean, 0.25, 0.01, 0.01, 60, torch.Generator().manual_seed(seed))
    return submission.denoise(generator, noisy, 4)


class Picky(nn.Module):
    """Takes sides divisible by a number only, mixes pixels near and far, and tells how it was called."""

    def __init__(self, multiple):
        super().__init__()
        self.multiple, self.seen = multiple, []
        self.inner = nn.Sequential(nn.Dropout(0.5), nn.BatchNorm2d(CHANNELS))
        self.gain = nn.Parameter(torch.ones(()))

    def forward(self, images):
        if images.shape[2] % self.multiple or images.shape[3] % self.multiple:
            raise KeyError("sides do not divide")
        modes = [module.training for module in self.modules()]
        self.seen.append((list(images.shape), modes, torch.is_grad_enabled()))
        shifted = images.roll((-1, -1), dims=(2, 3))
        return (images + shifted + images.mean(dim=(2, 3), keepdim=True)) * self.gain


def restored_images(submission, noisy, multiple):
    """Give the result, whether it requires a gradient, and the argument afterwards."""
    result = submission.denoise(Picky(multiple), noisy, multiple)
    return result.detach(), result.requires_grad, noisy


def watched_inference(submission, noisy, multiple, modes, fail):
    """Give the calls of the generator, its modes and the exception afterwards."""
    generator = Picky(multiple + 1 if fail else multiple)
    for module, mode in zip(generator.modules(), modes, strict=True):
        module.training = mode
    raised = ""
    try:
        submission.denoise(generator, noisy, multiple)
    except KeyError as error:
        raised = str(error.args[0])
    return generator.seen, [module.training for module in generator.modules()], raised, torch.is_grad_enabled()


# ---- the oracle ------------------------------------------------------------------------------


def cross_entropy(logits, label):
    return torch.logaddexp(torch.zeros_like(logits), -logits if label else logits).mean()


def expected_losses(nets, noisy, clean, weight):
    """Return both losses, and the gradients of each by the parameters of its own network."""
    generator, discriminator = nets
    restored = generator(noisy)
    d_loss = 0.5 * (cross_entropy(discriminator(clean), 1) + cross_entropy(discriminator(restored.detach()), 0))
    g_loss = (restored - clean).abs().sum() / clean.numel() + weight * cross_entropy(discriminator(restored), 1)
    gradients = [
        list(torch.autograd.grad(loss, list(net.parameters())))
        for loss, net in ((g_loss, generator), (d_loss, discriminator))
    ]
    return [g_loss.detach(), d_loss.detach()], gradients


def expected_training(world, sigma, steps, seed, training=(True, True)):
    """Train with Adam written out by hand; return the losses and all weights."""
    nets = networks(world)
    for net, mode in zip(nets, training, strict=True):
        net.train(mode)
    clean, rng = world["clean"], torch.Generator().manual_seed(seed)
    moments = [[torch.zeros_like(p), torch.zeros_like(p)] for p in parameters_of(nets)]
    history = []
    for step in range(1, steps + 1):
        noisy = clean + scaled(sigma, clean) * torch.randn(clean.shape, generator=rng, dtype=clean.dtype)
        losses, gradients = expected_losses(nets, noisy, clean, 0.6)
        history.append(tuple(loss.item() for loss in losses))
        with torch.no_grad():
            for p, g, moment in zip(parameters_of(nets), gradients[0] + gradients[1], moments, strict=True):
                moment[0] = 0.5 * moment[0] + 0.5 * g
                moment[1] = 0.999 * moment[1] + 0.001 * g * g
                spread = (moment[1] / (1 - 0.999**step)).sqrt()
                p.sub_(0.02 * moment[0] / (1 - 0.5**step) / (spread + 1e-8))
    return history, [p.detach() for p in parameters_of(nets)]


def scaled(sigma, clean):
    return sigma if isinstance(sigma, float) else sigma.to(clean.dtype)[:, None, None, None]


# ---- the checks ------------------------------------------------------------------------------


@points(2, group="noise", group_zh="噪声")
@stated("add-noise", "networks", "tolerance")
@hint(en="To which axis does one number per image belong?", zh="每张图像一个数，应该对应哪一根轴？")
@given(seed=SEEDS, shape=st.sampled_from([(3, 1, 4, 3), (2, 3, 5, 2), (1, 1, 1, 1), (3, 3, 3, 3)]))
@settings(max_examples=6, deadline=None)
def test_noise_is_scaled_for_each_image(solution, seed, shape):
    seed, draw = seed % 2**31, np.random.default_rng(seed)
    for dtype, other in ((torch.float32, torch.float64), (torch.float64, torch.float32)):
        clean = torch.from_numpy(draw.random(shape)).to(dtype)
        spreads = torch.from_numpy(0.1 + draw.random(shape[0]))
        for sigma in (0.4, 0.0, spreads.to(dtype), spreads.to(other)):
            rng = torch.Generator().manual_seed(seed)
            noises = [torch.randn(shape, generator=rng, dtype=dtype) for _ in range(2)]
            copies, _, _, _ = solution.run(noisy_copies, clean, sigma, seed)
            expected = [clean + scaled(sigma, clean) * noise for noise in noises]
            assert_close(copies, expected, rtol=1e-5, atol=1e-5)


@points(1, group="noise", group_zh="噪声")
@stated("add-noise", "inputs")
@hint(en="Which random state may move, and which tensor may change?", zh="哪个随机状态可以变？哪个张量可以变？")
def test_noise_leaves_everything_else_alone(solution, rng):
    clean = rng.tensor(2, 1, 3, 3)
    for sigma in (0.5, torch.tensor([0.1, 0.2])):
        _, clean_after, sigma_after, states = solution.run(noisy_copies, clean, sigma, 3)
        assert_equal(clean_after, clean)
        assert_equal(sigma_after, sigma)
        assert_equal(states[1], states[0])


@points(4, group="both losses", group_zh="两个损失")
@stated("losses", "any-order", "networks", "tolerance")
@hint(
    en="Write down both losses, and by which weights each is differentiated.",
    zh="写下两个损失，以及各自对哪些权重求导。",
)
@given(seed=SEEDS, logits=LOGITS, weight=st.sampled_from([0.0, 0.01, 3.0]), order=st.permutations([0, 1]))
@settings(max_examples=10, deadline=None)
def test_losses_and_their_gradients(solution, seed, logits, weight, order):
    world = make_world(seed, logits=logits)
    values, seen = solution.run(losses_and_gradients, world, weight, order)
    expected, gradients = expected_losses(networks(world), world["noisy"], world["clean"], weight)
    assert_close(values, expected, rtol=1e-9)
    assert_close(seen[-1], gradients, rtol=1e-9, atol=1e-11)


@points(1, group="both losses", group_zh="两个损失")
@stated("losses", "networks", "tolerance")
@hint(en="Which dtype and shape has a loss of float32 images?", zh="float32 图像的损失是什么 dtype、什么形状？")
def test_losses_of_single_precision(solution):
    for shape in ((2, CHANNELS, 7, 4), (2, CHANNELS, 1, 3)):
        world = make_world(21, shape=shape, dtype=torch.float32)
        values, _ = solution.run(losses_and_gradients, world, 0.7, [])
        assert_close(values, expected_losses(networks(world), world["noisy"], world["clean"], 0.7)[0])


@points(1, group="both losses", group_zh="两个损失")
@stated("large-logits", "tolerance")
@hint(
    en="What is the logarithm of a sigmoid that has rounded to 0?",
    zh="sigmoid 舍入成 0 之后，它的对数是多少？",
)
@given(seed=SEEDS, bias=st.sampled_from([-800.0, -60.0, 60.0, 800.0]))
@settings(max_examples=8, deadline=None)
def test_large_logits_stay_exact(solution, seed, bias):
    world = make_world(seed, bias=bias)
    values, seen = solution.run(losses_and_gradients, world, 0.5, [0, 1])
    expected, gradients = expected_losses(networks(world), world["noisy"], world["clean"], 0.5)
    assert_close(values, expected, rtol=1e-9)
    assert_close(seen[-1], gradients, rtol=1e-9, atol=1e-11)


@points(3, group="gradients do not leak", group_zh="梯度互不干扰")
@stated("to-each-its-own", "any-order")
@hint(en="Through which weights does each loss go on its way back?", zh="反向传播时，每个损失会经过哪些权重？")
@given(seed=SEEDS, stale=st.sampled_from([None, 2.0]))
@settings(max_examples=8, deadline=None)
def test_each_loss_teaches_its_own_network(solution, seed, stale):
    world = make_world(seed)
    _, gradients = expected_losses(networks(world), world["noisy"], world["clean"], 0.5)
    old = [[None if stale is None else torch.full_like(g, stale) for g in side] for side in gradients]
    new = [[g if stale is None else g + stale for g in side] for side in gradients]
    for order in ([0, 1], [1, 0]):
        _, seen = solution.run(losses_and_gradients, world, 0.5, order, stale)
        assert_equal(seen[0], old)
        assert_equal(seen[1][order[1]], old[order[1]])
        assert_close(seen[2], new, rtol=1e-9, atol=1e-9)


@points(2, group="nothing else changes", group_zh="其余一切不变")
@stated("calls")
@hint(en="Would batch normalisation see the right batches?", zh="如果网络里有批归一化，它看到的批次对吗？")
def test_networks_are_called_on_the_right_images(solution):
    world = make_world(5)
    by_generator, by_discriminator = solution.run(watched_calls, world)
    assert_equal(by_generator, [world["noisy"]])
    restored = networks(world)[0](world["noisy"]).detach()
    kinds = [0 if torch.equal(seen, world["clean"]) else 1 for seen in by_discriminator]
    assert set(kinds) == {0, 1}
    assert_close(by_discriminator, [(world["clean"], restored)[kind] for kind in kinds])


@points(2, group="nothing else changes", group_zh="其余一切不变")
@stated("nothing-else", "inputs")
@hint(en="What did you switch, and was it like that before?", zh="你切换过什么？它原来就是那样吗？")
@given(modes=st.lists(st.booleans(), min_size=8, max_size=8), frozen=st.sets(st.integers(0, 9), max_size=6))
@settings(max_examples=12, deadline=None)
def test_modes_flags_and_weights_stay(solution, modes, frozen):
    world = make_world(6)
    seen = solution.run(state_afterwards, world, modes, sorted(frozen - {0, 6}))
    assert seen["during"]
    assert all(during == modes for during in seen["during"])
    assert seen["modes"] == modes
    assert seen["flags"] == [index not in frozen - {0, 6} for index in range(10)]
    assert_equal(seen["weights"], [p.detach() for p in parameters_of(networks(world))])
    assert_equal(seen["images"], [world["noisy"], world["clean"]])


@points(4, group="training", group_zh="训练")
@stated("train", "tolerance")
@hint(
    en="Which weights does each loss see, and which weights does each optimizer own?",
    zh="每个损失看到的是哪一版权重？每个优化器管的是哪些权重？",
)
@given(seed=SEEDS, steps=st.integers(1, 3), training=st.tuples(st.booleans(), st.booleans()))
@settings(max_examples=6, deadline=None)
def test_weights_and_losses_after_training(solution, seed, steps, training):
    world, seed = make_world(seed), seed % 2**31
    for sigma in (0.3, torch.tensor([0.1, 0.5, 0.2], dtype=torch.float64)):
        history, weights, modes, clean = solution.run(trained, world, sigma, steps, seed, training)
        expected, expected_weights = expected_training(world, sigma, steps, seed, training)
        assert_close(history, expected, rtol=1e-8)
        assert_close(weights, expected_weights, rtol=1e-8)
        assert modes == list(training)
        assert_equal(clean, world["clean"])


@points(1, group="training", group_zh="训练")
@stated("train")
@hint(en="What remains to be done in no steps?", zh="一步都不走时，还有什么要做？")
def test_no_steps_change_nothing(solution):
    world = make_world(8)
    history, weights, _, _ = solution.run(trained, world, 0.3, 0, 1)
    assert_equal(history, [])
    assert_equal(weights, [p.detach() for p in parameters_of(networks(world))])


@points(2, group="training", group_zh="训练")
@stated("train", "tolerance")
@contract("the purpose of it all: after training there is less noise than before")
@hint(
    en="Does the generator see noisy images, and is it told the clean ones?",
    zh="生成器看到的是带噪图像吗？它的目标是干净图像吗？",
)
def test_noise_is_removed(solution):
    generator = torch.Generator().manual_seed(3)
    corners = torch.rand(24, 2, 2, generator=generator)
    ramps = nn.functional.interpolate(corners[:, None], size=(8, 8), mode="bilinear", align_corners=True)
    clean, unseen = ramps[:16], ramps[16:]
    noisy = unseen + 0.25 * torch.randn(unseen.shape, generator=generator)
    denoised = solution.run(learnt, clean, noisy, 4)
    assert denoised.shape == unseen.shape
    assert (denoised - unseen).square().mean() < 0.5 * (noisy - unseen).square().mean()


@points(3, group="images of any size", group_zh="任意尺寸的图像")
@stated("fill", "inputs")
@hint(en="What does the generator see beyond the edge?", zh="生成器在图像边缘之外看到的是什么？")
@given(seed=SEEDS, sides=st.tuples(st.integers(1, 9), st.integers(1, 9)), multiple=st.integers(1, 5))
@settings(max_examples=16, deadline=None)
def test_images_are_filled_up_and_cut_back(solution, seed, sides, multiple):
    rng = np.random.default_rng(seed)
    noisy = rng.uniform(-0.2, 0.5, (2, CHANNELS, *sides))
    filled = np.pad(noisy, [(0, 0), (0, 0), *((0, -side % multiple) for side in sides)], mode="edge")
    out = filled + np.roll(filled, (-1, -1), (2, 3)) + filled.mean(axis=(2, 3), keepdims=True)
    expected = np.clip(out, 0, 1)[:, :, : sides[0], : sides[1]]
    result, requires_grad, after = solution.run(restored_images, torch.from_numpy(noisy), multiple)
    assert_close(result, torch.from_numpy(expected.copy()), rtol=1e-9)
    assert_equal(after, torch.from_numpy(noisy))
    assert requires_grad is False


@points(2, group="images of any size", group_zh="任意尺寸的图像")
@stated("inference", "modes-restored")
@hint(
    en="In which mode does a trained network work, and who switches back?",
    zh="训练好的网络应在什么模式下工作？谁负责切换回来？",
)
@given(modes=st.lists(st.booleans(), min_size=4, max_size=4))
@settings(max_examples=10, deadline=None)
def test_inference_leaves_the_modes_alone(solution, modes):
    noisy = torch.full((2, CHANNELS, 4, 3), 0.2)
    seen, after, raised, _ = solution.run(watched_inference, noisy, 4, modes, False)
    assert_equal(seen, [([2, CHANNELS, 4, 4], [False] * 4, False)])
    assert after == modes
    assert raised == ""


@points(1, group="images of any size", group_zh="任意尺寸的图像")
@stated("modes-restored")
@hint(en="Which lines run when the one before them raises?", zh="前一行抛出异常时，后面哪些代码还会执行？")
@given(modes=st.lists(st.booleans(), min_size=4, max_size=4))
@settings(max_examples=5, deadline=None)
def test_an_exception_leaves_the_modes_alone(solution, modes):
    _, after, raised, recording = solution.run(watched_inference, torch.ones(1, CHANNELS, 4, 4), 4, modes, True)
    assert after == modes
    assert raised == "sides do not divide"
    assert recording is True
