"""Hidden checks of `unet-segmentation`; the network is followed by hand, the rest is counted pixel by pixel."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**31)
SIZES = st.integers(1, 4)
NETWORKS = ((1, 2, 2, 1), (3, 4, 2, 2), (2, 3, 3, 1), (1, 5, 1, 3))
IMAGES = ((17, 24), (24, 33), (8, 9), (23, 31), (40, 18), (15, 8))


# ---- probes: they run in the guest ---------------------------------------------------------------


def pass_through(submission, arguments, images, weights):
    """Tell parameters, logits, and the gradients of a weighted sum, in double precision."""
    model = submission.UNet(*arguments).double()
    told = []
    for pixels, weight in zip(images, weights, strict=True):
        image = pixels.clone().requires_grad_()
        model.zero_grad()
        out = model(image)
        (out * weight).sum().backward()
        told.append((out.detach(), image.grad, [p.grad.clone() for p in model.parameters()]))
    return [p.detach() for p in model.parameters()], told


def first_weights(submission, arguments, times):
    made = [submission.UNet(*arguments) for _ in range(times)]
    return [
        [(list(p.shape), str(p.dtype), p.detach().abs().max().item()) for p in model.parameters()] for model in made
    ]


def try_size(submission, arguments, size):
    model = submission.UNet(*arguments)
    with torch.no_grad():
        return list(model(torch.zeros(2, arguments[0], *size)).shape)


def influence_without_the_bottom(submission, arguments, image):
    """Tell the logits of two images that differ in one pixel; the deepest level is zero, no other weight negative."""
    model = submission.UNet(*arguments).double()
    parameters = list(model.parameters())
    changed = image.clone()
    changed[0, 0, 5, 6] += 3.0
    with torch.no_grad():
        for parameter in parameters:
            parameter.abs_()
        for parameter in parameters[4 * arguments[3] : 4 * arguments[3] + 4]:
            parameter.zero_()
        return [p.clone() for p in parameters], model(image), model(changed)


def loss_and_gradient(submission, logits, y):
    logits = logits.clone().requires_grad_()
    loss = submission.dice_loss(logits, y)
    loss.backward()
    return loss.detach(), logits.grad


def judge_and_look(submission, logits, pred, y):
    return submission.dice_loss(logits, y), submission.mean_iou(pred, y, 3), logits, pred, y


# ---- the oracle ----------------------------------------------------------------------------------


def shapes_of(in_ch, n_classes, base, depth):
    widths = [base * 2**level for level in range(depth + 1)]
    pairs = list(zip([in_ch, *widths], widths, strict=False)) + [(w + 2 * w, w) for w in reversed(widths[:-1])]
    shapes = []
    for before, after in pairs:
        shapes += [[after, before, 3, 3], [after], [after, after, 3, 3], [after]]
    return [*shapes, [n_classes, base, 1, 1], [n_classes]]


def network(parameters, depth, x):
    """Follow the described network; every enlargement is an index."""
    blocks = [parameters[i : i + 4] for i in range(0, len(parameters) - 2, 4)]

    def block(h, weights):
        w1, b1, w2, b2 = weights
        return F.conv2d(F.conv2d(h, w1, b1, padding=1).clamp(min=0), w2, b2, padding=1).clamp(min=0)

    levels = [block(x, blocks[0])]
    for weights in blocks[1 : depth + 1]:
        h = levels[-1]
        h = h[:, :, : h.shape[2] // 2 * 2, : h.shape[3] // 2 * 2]
        quarters = [h[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)]
        levels.append(block(torch.stack(quarters).amax(0), weights))
    h = levels.pop()
    for weights, skip in zip(blocks[depth + 1 :], reversed(levels), strict=True):
        rows, columns = (
            [i * old // new for i in range(new)] for old, new in zip(h.shape[2:], skip.shape[2:], strict=True)
        )
        h = block(torch.cat([skip, h[:, :, rows][:, :, :, columns]], 1), weights)
    return torch.einsum("oc,bchw->bohw", parameters[-2][:, :, 0, 0], h) + parameters[-1][:, None, None]


def expected_dice(logits, y):
    """Sum up over pixels, class by class."""
    classes = logits.shape[1]
    inside, size = [[] for _ in range(classes)], [[] for _ in range(classes)]
    for pixel, label in zip(
        logits.double().movedim(1, -1).reshape(-1, classes).tolist(), y.flatten().tolist(), strict=True
    ):
        top = max(pixel)
        mass = math.fsum(math.exp(v - top) for v in pixel)
        for k, v in enumerate(pixel):
            share = math.exp(v - top) / mass
            inside[k].append(share * (k == label))
            size[k].append(share + (k == label))
    dice = [(2 * math.fsum(a) + 1) / (math.fsum(b) + 1) for a, b in zip(inside, size, strict=True)]
    return torch.tensor(1 - math.fsum(dice) / classes, dtype=logits.dtype)


def expected_iou(pred, y, classes):
    pairs = list(zip(pred.flatten().tolist(), y.flatten().tolist(), strict=True))
    values = []
    for k in range(classes):
        either = sum(k in pair for pair in pairs)
        if either:
            values.append(sum(pair == (k, k) for pair in pairs) / either)
    return math.fsum(values) / len(values)


def draw(seed, *shape, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def draw_labels(seed, classes, *shape):
    return torch.randint(0, classes, shape, generator=torch.Generator().manual_seed(seed))


# ---- the checks ----------------------------------------------------------------------------------


@points(5, group="the network", group_zh="网络")
@stated("network", "skips", "sizes", "tolerance")
@hint(
    en="Which size has the map that comes from below, and which the one it meets?",
    zh="来自下方的特征图多大？它要遇到的那个又多大？",
)
@pytest.mark.parametrize("arguments", NETWORKS)
def test_logits_and_gradients_for_any_size(solution, arguments):
    chosen = IMAGES if arguments[3] == 2 else IMAGES[2:4]
    images = [draw(i, 2, arguments[0], *size) for i, size in enumerate(chosen)]
    weights = [draw(i + 9, 2, arguments[1], *size) for i, size in enumerate(chosen)]
    parameters, told = solution.run(pass_through, arguments, images, weights)
    assert_equal([list(p.shape) for p in parameters], shapes_of(*arguments))
    for image, weight, (out, slope, slopes) in zip(images, weights, told, strict=True):
        leaves = [p.clone().requires_grad_() for p in (image, *parameters)]
        expected = network(leaves[1:], arguments[3], leaves[0])
        assert_close(out, expected.detach())
        gradients = torch.autograd.grad((expected * weight).sum(), leaves)
        assert_close([slope, *slopes], list(gradients), rtol=1e-8)


@points(1, group="the network", group_zh="网络")
@stated("parameters")
@hint(en="Whose initial weights are they?", zh="初始权重来自哪里？")
def test_new_networks_begin_with_the_weights_of_torch(solution):
    arguments = (3, 3, 4, 2)
    shapes = shapes_of(*arguments)
    first, *others = solution.run(first_weights, arguments, 3)
    for told in (first, *others):
        assert_equal([part[:2] for part in told], [(shape, "torch.float32") for shape in shapes])
        for weight, bias in zip(told[::2], told[1::2], strict=True):
            bound = math.prod(weight[0][1:]) ** -0.5
            assert 0.2 * bound < weight[2] <= bound * 1.0001
            assert 0.005 * bound < bias[2] <= bound * 1.0001
    assert first not in others


@points(1, group="the network", group_zh="网络")
@stated("skips")
@contract("what the connections are for: details reach the result past the deepest level")
@hint(en="By which way does a detail reach the result?", zh="细节通过哪条路到达结果？")
def test_a_pixel_matters_without_the_deepest_level(solution):
    for arguments in ((1, 2, 3, 2), (1, 3, 2, 1)):
        image = draw(3, 1, 1, 12, 13).abs()
        parameters, before, after = solution.run(influence_without_the_bottom, arguments, image)
        assert_close(before, network(parameters, arguments[3], image))
        assert (after - before).abs().max() > 1e-9


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("network-errors", "sizes")
@hint(en="How often can an image be halved?", zh="一幅图像能对半分多少次？")
def test_networks_and_images_that_cannot_be_are_refused(solution):
    for arguments in ((0, 2, 2, 1), (1, 1, 2, 1), (1, 2, 0, 1), (1, 2, 2, 0), (1, 2, 2, -1), (-1, 2, 2, 1)):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.UNet(*arguments)
    for depth, size in ((2, (3, 9)), (2, (9, 3)), (3, (7, 8)), (1, (1, 5)), (1, (5, 1)), (3, (8, 4))):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(try_size, (1, 2, 2, depth), size)
    for depth, size in ((1, (2, 3)), (2, (4, 4)), (3, (8, 11))):
        assert_equal(solution.run(try_size, (1, 2, 2, depth), size), [2, 2, *size])


@points(3, group="the loss", group_zh="损失")
@stated("dice", "tolerance")
@contract("the definition itself, with and without classes that are missing")
@hint(en="Over which axes do you sum, and over which do you take the mean?", zh="对哪些轴求和？对哪些轴取平均？")
@given(seed=SEEDS, batch=st.integers(2, 3), classes=st.integers(2, 4), height=SIZES, width=SIZES)
@settings(max_examples=10)
def test_the_loss_pixel_by_pixel(solution, seed, batch, classes, height, width):
    for dtype in (torch.float64, torch.float32):
        logits = 2 * draw(seed, batch, classes, height, width, dtype=dtype)
        for y in (draw_labels(seed, classes, batch, height, width), draw_labels(seed, 1, batch, height, width) + 1):
            assert_close(solution.dice_loss(logits, y), expected_dice(logits, y))


@points(2, group="the loss", group_zh="损失")
@stated("dice")
@hint(en="What is the exponential of ten thousand?", zh="一万的指数是多少？")
def test_certain_predictions_and_missing_classes(solution):
    y = torch.tensor([[[0, 0, 2], [2, 0, 0]]])
    for dtype in (torch.float64, torch.float32):
        for scale in (1e4, 50.0, -1e4, 0.0):
            logits = (scale * F.one_hot(y, 4).movedim(-1, 1)).to(dtype)
            loss, slope = solution.run(loss_and_gradient, logits, y)
            assert_close(loss, expected_dice(logits, y), atol=1e-6)
            assert torch.isfinite(slope).all()
            assert loss < 1e-6 or scale <= 0.0


@points(2, group="the loss", group_zh="损失")
@stated("dice")
@hint(en="Can a rounded prediction be improved by a little?", zh="取整之后的预测还能稍稍改进吗？")
@given(seed=SEEDS)
@settings(max_examples=5)
def test_the_gradient_is_that_of_the_loss(solution, seed):
    logits, y, step = draw(seed, 2, 3, 2, 2), draw_labels(seed, 3, 2, 2, 2), 1e-5
    _, slope = solution.run(loss_and_gradient, logits, y)
    for place in range(0, logits.numel(), 5):
        shift = torch.zeros(logits.numel(), dtype=torch.float64)
        shift[place] = step
        moved = [expected_dice(logits + sign * shift.reshape(logits.shape), y).item() for sign in (1, -1)]
        assert_close(slope.flatten()[place].item(), (moved[0] - moved[1]) / (2 * step), rtol=1e-5, atol=1e-9)


@points(3, group="the metric", group_zh="指标")
@stated("iou", "tolerance")
@contract("the definition itself for labels of any shape")
@hint(en="Which classes count, and what do they count?", zh="哪些类别计入？各记多少？")
@given(seed=SEEDS, classes=st.integers(1, 5), rows=st.integers(2, 4), columns=SIZES)
@settings(max_examples=15)
def test_the_metric_place_by_place(solution, seed, classes, rows, columns):
    for shape in ((rows, columns, 3), (rows, 5), (7,), (2, rows, 1, columns)):
        pred, y = draw_labels(seed, classes, *shape), draw_labels(seed + 1, classes, *shape)
        for n_classes in (classes, classes + 3):
            assert_close(solution.mean_iou(pred, y, n_classes), expected_iou(pred, y, n_classes))


@points(2, group="the metric", group_zh="指标")
@stated("iou")
@contract("cases whose answer can be seen on paper; drawn labels rarely lack a class on one side only")
@hint(en="What is zero over zero here?", zh="这里的零除以零是什么？")
def test_classes_that_are_missing_somewhere(solution):
    zeros, ones, mixed = torch.zeros(2, 3).long(), torch.ones(2, 3).long(), torch.tensor([[0, 0, 1], [4, 4, 1]])
    for pred in (zeros, ones, mixed, 3 * ones):
        for y in (zeros, ones, mixed, 2 * ones):
            for classes in (5, 9):
                assert_close(solution.mean_iou(pred, y, classes), expected_iou(pred, y, classes))
    assert_equal(solution.mean_iou(mixed, mixed, 5), 1.0)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("label-errors")
@hint(en="Which labels are there none of?", zh="哪些标签不存在？")
def test_labels_that_do_not_fit_are_refused(solution):
    y, logits = torch.tensor([[[0, 1], [2, 1]]]), draw(5, 1, 3, 2, 2)
    bad = [
        y + 1,
        y - 1,
        y.masked_fill(y == 1, 255),
        y.masked_fill(y == 1, -100),
        y.float(),
        y.double(),
        y.int(),
        y.bool(),
    ]
    bad += [y[0], y[:, :1], y[:, :, :1], y[None], torch.cat([y, y]), y.flatten()]
    for labels in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.dice_loss(logits, labels)
        for pair in ((labels, y), (y, labels)):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.mean_iou(*pair, 3)
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.dice_loss(logits[:0], y[:0])
    with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
        solution.mean_iou(y[:0], y[:0], 3)


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("unchanged")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution):
    logits, y, pred = 5 * draw(6, 2, 3, 4, 5), draw_labels(7, 3, 2, 4, 5), draw_labels(8, 3, 2, 4, 5)
    loss, iou, *after = solution.run(judge_and_look, logits, pred, y)
    assert_close(loss, expected_dice(logits, y))
    assert_close(iou, expected_iou(pred, y, 3))
    assert_equal(after, [logits, pred, y])
