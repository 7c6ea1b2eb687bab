"""Hidden checks of `autoencoder`; singular values come from numpy, training is written out with Adam by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
SAMPLE = (1, 2, 3)


# ---- probes: they run in the guest -----------------------------------------------------------


def linear_layers(submission, x, k):
    """Give the numbers of features, and weights and biases, of encoder and decoder."""
    layers = submission.linear_autoencoder(x, k)
    features = [(layer.in_features, layer.out_features) for layer in layers]
    return features, [(layer.weight.detach(), layer.bias.detach()) for layer in layers]


def make(submission, arguments, seed):
    torch.manual_seed(seed)
    return submission.build_autoencoder(*arguments)


def describe(tensor):
    return list(tensor.shape), str(tensor.dtype)


def shapes(submission, arguments, batch, seed):
    """Tell the modes, and the shapes and dtypes of codes and images, in both modes."""
    nets = make(submission, arguments, seed)
    modes = [net.training for net in nets]
    hw, channels, latent = arguments
    seen = []
    for mode in (True, False):
        encoder, decoder = (net.train(mode) for net in nets)
        code = encoder(torch.rand(batch, channels, hw, hw))
        seen += [describe(code), describe(decoder(code)), describe(decoder(torch.randn(batch, latent)))]
    return modes, seen


def pushed(submission, who, arguments, direction, bound, seed):
    """Push the mean output of a network with Adam; tell it, and the extremes of all outputs on the way."""
    hw, channels, latent = arguments
    net = make(submission, arguments, seed)[who]
    data = (torch.rand(4, channels, hw, hw), torch.randn(4, latent))[who]
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    lowest, highest = float("inf"), -float("inf")
    for _ in range(60):
        out = net(data)
        lowest, highest = min(lowest, out.min().item()), max(highest, out.max().item())
        mean = out.mean()
        if direction * (mean.item() - bound) > 0:
            break
        optimizer.zero_grad()
        (-direction * mean).backward()
        optimizer.step()
    return mean.item(), lowest, highest


def far_out(submission, arguments, seed):
    """Tell the extremes of the pixels for large codes and swollen weights."""
    _, decoder = make(submission, arguments, seed)
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.mul_(20)
        images = decoder(torch.randn(4, arguments[2]) * 100)
    return images.min().item(), images.max().item()


def units(submission, arguments, seed):
    """Give two codes, and how each unit of a code changes the image."""
    hw, channels, latent = arguments
    encoder, decoder = (net.eval() for net in make(submission, arguments, seed))
    with torch.no_grad():
        codes = encoder(torch.rand(2, channels, hw, hw))
        code = torch.randn(1, latent)
        changed = decoder(code + torch.eye(latent)) - decoder(code)
    return codes, changed.flatten(1)


def strided(submission, arguments, seed):
    """Count the layers with a stride of 2 or more that run: plain in the encoder, transposed in the decoder."""
    nets = make(submission, arguments, seed)
    counts = [0, 0]

    def watch(who):
        def count(module, *_):
            counts[who] += min(module.stride) >= 2

        return count

    for who, kind in enumerate((nn.Conv2d, nn.ConvTranspose2d)):
        for module in nets[who].modules():
            if isinstance(module, kind):
                module.register_forward_hook(watch(who))
    hw, channels, latent = arguments
    nets[0](torch.rand(2, channels, hw, hw))
    nets[1](torch.randn(2, latent))
    return counts, sum(p.numel() for net in nets for p in net.parameters())


def without_gradient(submission, arguments, seed):
    """List the parameters that the error does not reach, and how many there are."""
    encoder, decoder = make(submission, arguments, seed)
    x = torch.rand(3, arguments[1], arguments[0], arguments[0])
    (decoder(encoder(x)) - x).square().mean().backward()
    named = [*encoder.named_parameters(), *decoder.named_parameters()]
    return [name for name, p in named if p.grad is None], len(named)


def learnt(submission, images, seed):
    """Fit the submission's own networks; give what they make of the images."""
    encoder, decoder = make(submission, (24, 1, 6), seed)
    rng = torch.Generator().manual_seed(seed)
    submission.fit(encoder, decoder, images, 60, len(images), 0.01, rng)
    with torch.no_grad():
        return decoder(encoder(images / 255))


# ---- small networks that guest and oracle build alike ------------------------------------------


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.Tanh(), nn.Linear(4, 2))

    def forward(self, images):
        if tuple(images.shape[1:]) != SAMPLE:
            raise ValueError(f"images of shape {tuple(images.shape[1:])}")
        return self.inner(images)


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(2, 6), nn.Sigmoid(), nn.Unflatten(1, SAMPLE))

    def forward(self, codes):
        return self.inner(codes)


def networks(seed, dtype=torch.float64):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        nets = [Encoder().to(dtype), Decoder().to(dtype)]
        with torch.no_grad():
            for parameter in parameters_of(nets):
                parameter.normal_(0, 0.6)
    return nets


def parameters_of(nets):
    return [p for net in nets for p in net.parameters()]


def fitted(submission, images, seed, epochs, batch_size, single=False):
    """Fit with gradients left over from before; give history, weights, images, and all modes seen and left."""
    nets = networks(seed, torch.float32 if single else torch.float64)
    modules = [module for net in nets for module in net.modules()]
    for index, module in enumerate(modules):
        module.training = index % 2 == 0
    for parameter in parameters_of(nets):
        parameter.grad = torch.full_like(parameter, 3.0)
    during = []
    for net in nets:
        net.register_forward_pre_hook(lambda *_: during.append([m.training for m in modules]))
    rng = torch.Generator().manual_seed(seed)
    history = submission.fit(*nets, images, epochs, batch_size, 0.05, rng)
    return history, [p.detach() for p in parameters_of(nets)], images, during, [m.training for m in modules]


def refused(submission, images, batch_size):
    submission.fit(*networks(0), images, 1, batch_size, 0.05, torch.Generator())


# ---- the oracle ------------------------------------------------------------------------------


def draw_rows(seed, rows, columns, rank):
    """Draw rows of falling spread in few directions, away from the origin."""
    rng = np.random.default_rng(seed)
    directions = np.linalg.qr(rng.normal(size=(columns, columns)))[0][:rank]
    spread = 3.0 ** -np.arange(rank)
    return rng.normal(size=(rows, rank)) * spread @ directions + rng.normal(0, 4, columns)


def check_linear(solution, rows, k, dtype, tolerance):
    """Check the error against the singular values that are left out, and the form of the layers."""
    x = torch.from_numpy(rows).to(dtype)
    features, layers = solution.run(linear_layers, x, k)
    count, columns = rows.shape
    assert features == [(columns, k), (k, columns)]
    assert {tensor.dtype for layer in layers for tensor in layer} == {dtype}
    exact = x.double().numpy()
    (w, b), (v, c) = ([tensor.double().numpy() for tensor in layer] for layer in layers)
    values = np.zeros(max(k, columns))
    singular = np.linalg.svd(exact - exact.mean(axis=0), compute_uv=False)
    values[: len(singular)] = singular**2 / count
    scale = max(values.sum(), tolerance)
    codes = exact @ w.T + b
    error = np.square(codes @ v.T + c - exact).sum() / count
    assert error <= values[k:].sum() + tolerance * scale
    assert_close(v.T @ v, np.eye(k), atol=tolerance)
    assert_close(codes.mean(axis=0), np.zeros(k), atol=tolerance * max(1.0, np.abs(exact).max()))
    assert_close(codes.T @ codes / count, np.diag(values[:k]), atol=tolerance * scale)


def expected_fit(images, seed, epochs, batch_size, dtype=torch.float64):
    """Train with Adam written out by hand; return the history and all weights."""
    encoder, decoder = nets = networks(seed, dtype)
    x, rng = images.to(dtype) / 255, torch.Generator().manual_seed(seed)
    moments = [[torch.zeros_like(p), torch.zeros_like(p)] for p in parameters_of(nets)]
    history, step = [], 0
    for _ in range(epochs):
        order, total = torch.randperm(len(x), generator=rng).tolist(), 0.0
        while order:
            batch, order = x[order[:batch_size]], order[batch_size:]
            loss = (decoder(encoder(batch)) - batch).pow(2).sum() / batch.numel()
            gradients = torch.autograd.grad(loss, parameters_of(nets))
            total, step = total + loss.item() * len(batch), step + 1
            with torch.no_grad():
                for p, g, moment in zip(parameters_of(nets), gradients, moments, strict=True):
                    moment[0] = 0.9 * moment[0] + 0.1 * g
                    moment[1] = 0.999 * moment[1] + 0.001 * g * g
                    spread = (moment[1] / (1 - 0.999**step)).sqrt()
                    p.sub_(0.05 * moment[0] / (1 - 0.9**step) / (spread + 1e-8))
        history.append(total / len(x))
    return history, [p.detach() for p in parameters_of(nets)]


def draw_images(seed, count):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (count, *SAMPLE), dtype=np.uint8))


# ---- the checks ------------------------------------------------------------------------------


@points(5, group="the linear autoencoder", group_zh="线性自编码器")
@stated("linear", "form", "tolerance")
@hint(
    en="Which k directions lose least, and around which point?",
    zh="保留哪 k 个方向损失最小？以哪一点为中心？",
)
@given(seed=SEEDS, rows=st.integers(1, 9), columns=st.integers(1, 6), data=st.data())
@settings(max_examples=25)
def test_the_linear_optimum(solution, seed, rows, columns, data):
    k, rank = data.draw(st.integers(1, columns)), data.draw(st.integers(0, columns))
    check_linear(solution, draw_rows(seed, rows, columns, rank), k, torch.float64, 1e-8)


@points(1, group="the linear autoencoder", group_zh="线性自编码器")
@stated("linear", "tolerance")
@hint(en="Which dtype have the layers?", zh="两个层是什么 dtype？")
@given(seed=SEEDS, k=st.integers(1, 4))
@settings(max_examples=8)
def test_single_precision(solution, seed, k):
    check_linear(solution, draw_rows(seed, 12, 5, 5), k, torch.float32, 1e-4)


@points(1, group="the linear autoencoder", group_zh="线性自编码器")
@stated("many-rows")
@hint(en="How large is the largest array you hold?", zh="你产生的最大的数组有多大？")
def test_many_rows_or_many_columns(solution, rng):
    check_linear(solution, draw_rows(int(rng.integers(2**32)), 30_000, 4, 4), 2, torch.float64, 1e-8)
    check_linear(solution, draw_rows(int(rng.integers(2**32)), 6, 200, 5), 3, torch.float64, 1e-8)


@points(4, group="shapes", group_zh="形状")
@stated("build")
@hint(en="Follow an odd side down and up again.", zh="沿着一个奇数边长，先缩小再放大走一遍。")
def test_shapes_for_every_size(solution, rng):
    for hw in range(20, 41):
        channels, latent, batch = int(rng.integers(1, 5)), int(rng.integers(1, 65)), int(rng.integers(2, 4))
        code, image = ([batch, latent], "torch.float32"), ([batch, channels, hw, hw], "torch.float32")
        seen = solution.run(shapes, (hw, channels, latent), batch, 1)
        assert_equal(seen, ([True, True], [code, image, image] * 2))


@points(1, group="shapes", group_zh="形状")
@stated("build")
@hint(en="How many values does a statistic over the batch see?", zh="按批次计算的统计量能看到几个数？")
def test_a_batch_of_one_in_both_modes(solution):
    for hw, channels, latent in ((20, 1, 1), (40, 4, 64)):
        code, image = ([1, latent], "torch.float32"), ([1, channels, hw, hw], "torch.float32")
        assert_equal(solution.run(shapes, (hw, channels, latent), 1, 2)[1], [code, image, image] * 2)


@points(1, group="shapes", group_zh="形状")
@stated("build")
@hint(en="Which sizes are allowed?", zh="允许哪些尺寸？")
def test_other_sizes_are_refused(solution):
    for hw in (-28, 0, 19, 41, 64):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.build_autoencoder(hw, 1, 8)


@points(2, group="ranges", group_zh="取值范围")
@stated("pixels")
@hint(en="Which last activation reaches both ends of the range?", zh="最后用哪种激活，才能够到两端？")
def test_pixels_reach_both_ends_and_no_further(solution):
    for direction, bound in ((-1, 0.05), (1, 0.95)):
        mean, lowest, highest = solution.run(pushed, 1, (20, 1, 6), direction, bound, 3)
        assert direction * (mean - bound) > 0
        assert 0 <= lowest <= highest <= 1
    lowest, highest = solution.run(far_out, (24, 2, 8), 4)
    assert 0 <= lowest <= highest <= 1


@points(2, group="ranges", group_zh="取值范围")
@stated("codes")
@hint(en="Does anything bound the numbers of a code?", zh="编码中的数受到什么限制吗？")
def test_codes_are_unbounded(solution):
    for direction in (-1, 1):
        mean, _, _ = solution.run(pushed, 0, (20, 1, 6), direction, 3.0 * direction, 5)
        assert direction * mean > 3.0


@points(2, group="how it is built", group_zh="网络构成")
@stated("units")
@hint(en="How many numbers does the decoder really use?", zh="解码器真正用到了编码中的几个数？")
def test_every_unit_counts(solution):
    for arguments in ((20, 1, 3), (32, 2, 64)):
        codes, changes = solution.run(units, arguments, 6)
        assert codes.shape == (2, arguments[2])
        assert (codes[0] != codes[1]).all()
        assert changes.abs().amax(dim=1).min() > 0
        apart = (changes[:, None] - changes[None, :]).abs().amax(dim=2) > 1e-4 * changes.abs().max()
        assert_equal(apart, ~torch.eye(arguments[2], dtype=torch.bool))


@points(2, group="how it is built", group_zh="网络构成")
@stated("convolutions")
@hint(
    en="Which layers change the size, and which one holds most parameters?", zh="哪些层在改变尺寸？哪一层的参数最多？"
)
def test_strided_convolutions_run_and_are_small(solution):
    for arguments in ((28, 1, 10), (36, 4, 64), (40, 4, 64)):
        counts, parameters = solution.run(strided, arguments, 7)
        assert min(counts) >= 2
        assert 0 < parameters < 500_000


@points(1, group="how it is built", group_zh="网络构成")
@stated("everything-learns")
@hint(en="Does the error reach every weight?", zh="误差能传到每一个权重吗？")
def test_gradients_reach_every_parameter(solution):
    for arguments in ((28, 1, 4), (24, 3, 4)):
        missing, parameters = solution.run(without_gradient, arguments, 8)
        assert missing == []
        assert parameters >= 6


@points(4, group="training", group_zh="训练")
@stated("scaling", "steps", "order", "history", "old-gradients", "tolerance")
@hint(
    en="Write down which images make up each batch, and what each step sees.",
    zh="写下每个批次由哪些图像组成，每一步看到的又是什么。",
)
@given(seed=st.integers(0, 2**31), count=st.integers(1, 5), batch_size=st.integers(1, 6))
@settings(max_examples=8, deadline=None)
def test_weights_and_history_after_training(solution, seed, count, batch_size):
    images = draw_images(seed, count)
    epochs = 1 if batch_size < count else 3
    history, weights, after, _, _ = solution.run(fitted, images, seed, epochs, batch_size)
    expected, expected_weights = expected_fit(images, seed, epochs, batch_size)
    assert_close(history, expected, rtol=1e-8)
    assert_close(weights, expected_weights, rtol=1e-8)
    assert_equal(after, images)


@points(2, group="training", group_zh="训练")
@stated("order", "scaling", "history")
@hint(en="What is drawn anew in the second epoch?", zh="到了第二个 epoch，什么要重新抽取？")
def test_several_epochs_of_several_batches(solution):
    images = draw_images(31, 7)
    history, weights, _, _, _ = solution.run(fitted, images, 9, 3, 3, True)
    expected, expected_weights = expected_fit(images, 9, 3, 3, torch.float32)
    assert_close(history, expected, rtol=1e-4)
    assert_close(weights, expected_weights, rtol=1e-3)


@points(2, group="training", group_zh="训练")
@stated("modes", "history")
@hint(en="In which mode is a network trained, and in which is it used?", zh="网络在什么模式下训练？在什么模式下使用？")
def test_train_mode_while_training_and_eval_mode_afterwards(solution):
    images = draw_images(33, 3)
    for epochs in (0, 2):
        history, _, _, during, after = solution.run(fitted, images, 4, epochs, 2)
        assert all(all(modes) for modes in during)
        assert not any(after)
        assert len(history) == epochs


@points(1, group="training", group_zh="训练")
@stated("errors")
@hint(en="What would 255 be for the last activation?", zh="255 对最后的激活来说意味着什么？")
def test_what_cannot_be_trained_on_is_refused(solution):
    images = draw_images(34, 3)
    for wrong, batch_size in ((images / 255, 2), (images.long(), 2), (images[:0], 2), (images, 0), (images, -1)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(refused, wrong, batch_size)


@points(2, group="training", group_zh="训练")
@stated("tolerance", "build")
@contract("the purpose of it all: the networks that were built learn by the loop that was written")
@hint(en="Do your own networks learn with your own loop?", zh="你自己的网络用你自己的循环能学会吗？")
def test_own_networks_learn_smooth_images(solution):
    generator = torch.Generator().manual_seed(2)
    corners = torch.rand(8, 1, 3, 3, generator=generator)
    smooth = nn.functional.interpolate(corners, size=(24, 24), mode="bilinear", align_corners=True)
    images = (smooth * 255).round().to(torch.uint8)
    x = images / 255
    decoded = solution.run(learnt, images, 5)
    assert decoded.shape == x.shape
    assert (decoded - x).square().mean() < 0.5 * (x - x.mean(dim=0)).square().mean()
