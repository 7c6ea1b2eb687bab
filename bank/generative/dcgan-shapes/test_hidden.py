"""Hidden checks of `dcgan-shapes`; sizes are asked of torch's own layers, networks are judged by what they do."""

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import conv1d, conv_transpose1d

from grader.exam import assert_close, assert_equal, hint, points, stated

SIZES = range(16, 65, 4)


REQUIRED = {"n": st.integers(1, 30), "kernel": st.integers(1, 7)}
OPTIONS = {"stride": st.integers(1, 4), "padding": st.integers(0, 5), "dilation": st.integers(1, 4)}


def length_of(layer, n, kernel, **options):
    """Ask the layer itself how many positions come out; None where it refuses or none come out."""
    try:
        return layer(torch.zeros(1, 1, n), torch.zeros(1, 1, kernel), **options).shape[-1] or None
    except RuntimeError:
        return None


def told(function, **arguments):
    """Return the answer; None for a ValueError."""
    try:
        return function(**arguments)
    except ValueError:
        return None


# ---- probes: they run in the guest -----------------------------------------------------------


def make(submission, arguments, seed):
    torch.manual_seed(seed)
    return submission.make_pair(*arguments)


def inputs(arguments, batch):
    """Draw noise, images and, for a conditional pair, labels of all classes in turn."""
    hw, channels, z_dim, n_classes = arguments
    labels = [] if n_classes is None else [torch.arange(batch) % n_classes]
    return torch.randn(batch, z_dim), torch.rand(batch, channels, hw, hw) * 2 - 1, labels


def describe(tensor):
    return list(tensor.shape), str(tensor.dtype)


def shapes(submission, arguments, batch, seed):
    """Tell modes, and the shapes and dtypes of all outputs, in both modes."""
    nets = make(submission, arguments, seed)
    modes = [net.training for net in nets]
    z, x, labels = inputs(arguments, batch)
    seen = []
    for mode in (True, False):
        generator, discriminator = (net.train(mode) for net in nets)
        images = generator(z, *labels)
        seen += [describe(images), describe(discriminator(images, *labels)), describe(discriminator(x, *labels))]
    return modes, seen


def pushed(submission, who, arguments, direction, bound, seed):
    """Push the mean output of a network with Adam; tell it, and the extremes of all outputs on the way."""
    net = make(submission, arguments, seed)[who]
    data = inputs(arguments, 4)[who]
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    lowest, highest = float("inf"), -float("inf")
    for _ in range(60):
        out = net(data)
        lowest, highest = min(lowest, out.min().item()), max(highest, out.max().item())
        mean = out.mean()
        if direction * mean.item() > bound:
            break
        optimizer.zero_grad()
        (-direction * mean).backward()
        optimizer.step()
    return mean.item(), lowest, highest


def far_out(submission, arguments, seed):
    """Tell the extremes of the pixels for huge noise and swollen weights."""
    generator, _ = make(submission, arguments, seed)
    z, _, labels = inputs(arguments, 4)
    with torch.no_grad():
        for parameter in generator.parameters():
            parameter.mul_(20)
        images = generator(z * 100, *labels)
    return images.min().item(), images.max().item()


def strided(submission, arguments, seed):
    """Count the layers with a stride of 2 or more that run: transposed in the generator, plain in the discriminator."""
    nets = make(submission, arguments, seed)
    counts = [0, 0]

    def watch(who):
        def count(module, *_):
            counts[who] += min(module.stride) >= 2

        return count

    for who, kind in enumerate((nn.ConvTranspose2d, nn.Conv2d)):
        for module in nets[who].modules():
            if isinstance(module, kind):
                module.register_forward_hook(watch(who))
    z, x, labels = inputs(arguments, 2)
    nets[0](z, *labels)
    nets[1](x, *labels)
    return counts


def parameter_count(submission, arguments, seed):
    return sum(p.numel() for net in make(submission, arguments, seed) for p in net.parameters())


def by_class(submission, arguments, seed):
    """Give images and logits of the same inputs for every class: [class, input, ...]."""
    generator, discriminator = (net.eval() for net in make(submission, arguments, seed))
    z, x, _ = inputs(arguments, 4)
    with torch.no_grad():
        labels = [torch.full((4,), k) for k in range(arguments[3])]
        images = torch.stack([generator(z, k) for k in labels])
        logits = torch.stack([discriminator(x, k) for k in labels])
    return images, logits


def together_and_alone(submission, arguments, seed):
    """Give the outputs of a batch, the same again, and those of its samples one by one, in eval mode."""
    generator, discriminator = (net.eval() for net in make(submission, arguments, seed))
    z, x, labels = inputs(arguments, 3)
    with torch.no_grad():
        whole, again = ([generator(z, *labels), discriminator(x, *labels)] for _ in range(2))
        alone = [
            torch.cat([net(data[i : i + 1], *(k[i : i + 1] for k in labels)) for i in range(3)])
            for net, data in ((generator, z), (discriminator, x))
        ]
    return whole, again, alone


def without_gradient(submission, arguments, seed):
    """List the parameters that the discriminator's opinion of fakes does not reach, and how many there are."""
    generator, discriminator = make(submission, arguments, seed)
    z, _, labels = inputs(arguments, 3)
    discriminator(generator(z, *labels), *labels).mean().backward()
    named = [*generator.named_parameters(), *discriminator.named_parameters()]
    return [name for name, p in named if p.grad is None], len(named)


def images_before_and_after(submission, arguments, seed):
    """Give images before and after all parameters of the discriminator are overwritten."""
    generator, discriminator = (net.eval() for net in make(submission, arguments, seed))
    z, _, labels = inputs(arguments, 2)
    with torch.no_grad():
        before = generator(z, *labels)
        for parameter in discriminator.parameters():
            parameter.fill_(0.5)
        return before, generator(z, *labels)


def saved_and_loaded(submission, arguments, seed):
    """Give the outputs of a pair, and of another one that has loaded its state."""
    first, second = make(submission, arguments, seed), make(submission, arguments, seed + 1)
    z, x, labels = inputs(arguments, 2)
    with torch.no_grad():
        # statistics of batches, if a network keeps any, belong to its state
        for _ in range(2):
            first[0](z * 3 + 1, *labels)
            first[1](x * 3 + 1, *labels)
        for old, new in zip(first, second, strict=True):
            new.load_state_dict(old.state_dict())
        return [[net.eval()(data, *labels) for net, data in zip(nets, (z, x), strict=True)] for nets in (first, second)]


# ---- the checks ------------------------------------------------------------------------------


@points(2, group="sizes along one axis", group_zh="沿一个轴的尺寸")
@stated("formulas", "refusals")
@hint(en="Where does the kernel start for the last time?", zh="卷积核最后一次从哪里起步？")
@given(arguments=st.fixed_dictionaries(REQUIRED, optional=OPTIONS))
@example({"n": 3, "kernel": 3})
@example({"n": 3, "kernel": 4})
@example({"n": 6, "kernel": 3, "stride": 2})
@example({"n": 2, "kernel": 3, "padding": 1, "dilation": 2})
@settings(max_examples=80)
def test_a_convolution_gives_as_many_positions_as_the_layer(solution, arguments):
    assert_equal(told(solution.conv_out, **arguments), length_of(conv1d, **arguments))


@points(2, group="sizes along one axis", group_zh="沿一个轴的尺寸")
@stated("formulas", "refusals")
@hint(
    en="How far apart do the contributions of two neighbours begin, and how long is one of them?",
    zh="相邻两个输入的贡献起点相距多远？一份贡献又有多长？",
)
@given(arguments=st.fixed_dictionaries(REQUIRED, optional={**OPTIONS, "output_padding": st.integers(0, 4)}))
@example({"n": 1, "kernel": 1})
@example({"n": 3, "kernel": 2, "stride": 2, "padding": 3})
@example({"n": 3, "kernel": 3, "stride": 2, "padding": 3})
@example({"n": 4, "kernel": 2, "stride": 2, "output_padding": 2})
@example({"n": 4, "kernel": 2, "output_padding": 2, "dilation": 3})
@example({"n": 4, "kernel": 2, "output_padding": 3, "dilation": 3})
@settings(max_examples=80)
def test_a_transposed_convolution_gives_as_many_positions_as_the_layer(solution, arguments):
    assert_equal(told(solution.conv_transpose_out, **arguments), length_of(conv_transpose1d, **arguments))


@points(4, group="shapes", group_zh="形状")
@stated("shapes", "arguments")
@hint(en="Follow one axis through both networks, layer by layer.", zh="沿着一个轴，把两个网络逐层走一遍。")
@pytest.mark.parametrize("n_classes", [None, 3])
def test_shapes_for_every_size(solution, rng, n_classes):
    for hw in SIZES:
        channels, z_dim, batch = int(rng.integers(1, 5)), int(rng.integers(1, 129)), int(rng.integers(2, 4))
        image, logit = ([batch, channels, hw, hw], "torch.float32"), ([batch, 1], "torch.float32")
        seen = solution.run(shapes, (hw, channels, z_dim, n_classes), batch, 1)
        assert_equal(seen, ([True, True], [image, logit, logit] * 2))


@points(1, group="shapes", group_zh="形状")
@stated("shapes", "arguments")
@hint(en="How many values does a statistic over the batch see?", zh="按批次计算的统计量能看到几个数？")
def test_a_batch_of_one_in_both_modes(solution):
    for arguments in ((16, 1, 1, None), (64, 4, 128, 10), (28, 3, 20, 2)):
        hw, channels = arguments[:2]
        image, logit = ([1, channels, hw, hw], "torch.float32"), ([1, 1], "torch.float32")
        _, seen = solution.run(shapes, arguments, 1, 2)
        assert_equal(seen, [image, logit, logit] * 2)


@points(1, group="shapes", group_zh="形状")
@stated("arguments")
@hint(en="Which sizes are allowed?", zh="允许哪些尺寸？")
def test_other_sizes_are_refused(solution):
    for hw in (0, -16, 8, 12, 15, 18, 27, 30, 63, 66, 68, 128):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.make_pair(hw, 1, 10)


@points(3, group="ranges", group_zh="取值范围")
@stated("pixels")
@hint(en="Which last activation reaches both ends of the range?", zh="最后用哪种激活，才能够到两端？")
@pytest.mark.parametrize("direction", [-1, 1])
def test_pixels_reach_both_ends_and_no_further(solution, direction):
    mean, lowest, highest = solution.run(pushed, 0, (16, 1, 8, None), direction, 0.9, 3)
    assert direction * mean > 0.9
    assert -1 <= lowest <= highest <= 1
    for arguments in ((16, 2, 8, None), (20, 1, 8, 3)):
        lowest, highest = solution.run(far_out, arguments, 4)
        assert -1 <= lowest <= highest <= 1


@points(2, group="ranges", group_zh="取值范围")
@stated("logits")
@hint(en="What is a logit, before it becomes a probability?", zh="logit 在变成概率之前是什么？")
@pytest.mark.parametrize("direction", [-1, 1])
def test_logits_are_unbounded(solution, direction):
    mean, _, _ = solution.run(pushed, 1, (16, 1, 8, None), direction, 3.0, 5)
    assert direction * mean > 3.0


@points(1, group="how it is built", group_zh="网络构成")
@stated("convolutions")
@hint(en="Which layers change the size of the maps?", zh="哪些层在改变特征图的尺寸？")
def test_strided_convolutions_run(solution):
    for arguments in ((28, 1, 10, None), (64, 3, 10, 4)):
        generator, discriminator = solution.run(strided, arguments, 6)
        assert generator >= 2
        assert discriminator >= 2


@points(2, group="how it is built", group_zh="网络构成")
@stated("budget")
@hint(en="Which layer holds most of the parameters, and at which size?", zh="哪一层的参数最多？在哪种尺寸下最多？")
def test_the_pair_is_small(solution):
    for hw in (28, 44, 60, 64):
        for n_classes in (None, 10):
            assert 0 < solution.run(parameter_count, (hw, 4, 128, n_classes), 7) < 2_000_000


@points(3, group="labels", group_zh="类别")
@stated("labels")
@hint(en="Give one network the same input twice, with two labels.", zh="同一个输入配两个不同的类别，各送进网络一次。")
def test_every_class_differs_in_both_networks(solution):
    for n_classes in (2, 10):
        for outputs in solution.run(by_class, (16, 2, 12, n_classes), 8):
            assert outputs.shape[:2] == (n_classes, 4)
            distant = 1e-6 * outputs.abs().max()
            classes = outputs.flatten(1)
            apart = (classes[:, None] - classes[None, :]).abs().amax(-1) > distant
            assert_equal(apart, ~torch.eye(n_classes, dtype=torch.bool))
            assert ((outputs - outputs.roll(1, dims=1)).abs().flatten(1).amax(-1) > distant).all()


@points(2, group="samples are independent", group_zh="样本互不影响")
@stated("independent-samples")
@hint(en="What does one sample know of its neighbours?", zh="一个样本会知道同批其他样本的什么？")
def test_a_sample_alone_gives_the_same(solution):
    for arguments in ((16, 1, 9, None), (32, 3, 9, 3)):
        whole, again, alone = solution.run(together_and_alone, arguments, 9)
        assert_equal(again, whole)
        assert_close(alone, whole, rtol=1e-4)


@points(2, group="everything learns", group_zh="处处可学")
@stated("everything-learns")
@hint(en="Does the discriminator's opinion reach every weight?", zh="判别器的意见能传到每一个权重吗？")
def test_gradients_reach_every_parameter(solution):
    for arguments in ((16, 1, 9, None), (28, 1, 9, 5)):
        missing, parameters = solution.run(without_gradient, arguments, 10)
        assert missing == []
        assert parameters >= 6


@points(1, group="everything learns", group_zh="处处可学")
@stated("everything-learns")
@hint(en="May two optimizers own the same weight?", zh="同一个权重能归两个优化器管吗？")
def test_the_two_share_nothing(solution):
    for arguments in ((16, 1, 9, None), (16, 1, 9, 5)):
        before, after = solution.run(images_before_and_after, arguments, 11)
        assert_equal(after, before)


@points(1, group="everything learns", group_zh="处处可学")
@stated("saving")
@hint(en="What does a network know of its parts?", zh="网络知道自己由哪些部分组成吗？")
def test_a_saved_pair_can_be_loaded(solution):
    for arguments in ((16, 1, 9, None), (20, 2, 9, 4)):
        first, second = solution.run(saved_and_loaded, arguments, 12)
        assert_close(second, first)
