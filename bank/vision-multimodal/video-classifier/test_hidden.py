"""Hidden checks of `video-classifier`; frames are counted with fractions, the network is followed moment by moment."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**31)
CLIPS = ((4, 8, 9), (7, 5, 6), (10, 4, 4), (1, 7, 3), (2, 2, 11))


# ---- probes: they run in the guest ---------------------------------------------------------------


def draw_frames(submission, n, k, seed):
    """Tell the frames of two calls with one generator, and what that draws next."""
    rng = np.random.default_rng(seed)
    return (
        submission.sample_frames(n, k, "random", rng),
        submission.sample_frames(n, k, mode="random", rng=rng),
        rng.random(),
    )


def pass_through(submission, n_classes, clips, weights):
    """Tell parameters, logits, and the gradients of a weighted sum, in double precision."""
    model = submission.VideoNet(n_classes).double()
    told = []
    for pixels, weight in zip(clips, weights, strict=True):
        clip = pixels.clone().requires_grad_()
        model.zero_grad()
        out = model(clip)
        (out * weight).sum().backward()
        told.append((out.detach(), clip.grad, [p.grad.clone() for p in model.parameters()]))
    return [p.detach() for p in model.parameters()], told


def first_weights(submission, n_classes, times):
    made = [submission.VideoNet(n_classes) for _ in range(times)]
    return [
        [(list(p.shape), str(p.dtype), p.detach().abs().max().item()) for p in model.parameters()] for model in made
    ]


def try_clip(submission, shape):
    with torch.no_grad():
        return list(submission.VideoNet(2)(torch.zeros(shape)).shape)


def learn_to_see_motion(submission, seed, frames, labels, fresh):
    """Train on moving dots; tell what is seen in new clips, forwards and backwards."""
    torch.manual_seed(seed)
    model = submission.VideoNet(2)
    clips = submission.to_clip(frames)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(40):
        optimizer.zero_grad()
        F.cross_entropy(model(clips), labels).backward()
        optimizer.step()
    with torch.no_grad():
        return [model(submission.to_clip(part)).argmax(1) for part in (fresh, fresh.flip(1))]


def clip_and_look(submission, frames):
    return submission.to_clip(frames), frames


# ---- the oracle ----------------------------------------------------------------------------------


def border(i, n, k):
    return math.floor(Fraction(i * n, k))


def expected_draws(n, k, seed):
    rng = np.random.default_rng(seed)
    told = []
    for _ in range(2):
        told.append([])
        for i in range(k):
            first, last = border(i, n, k), border(i + 1, n, k)
            told[-1].append(int(rng.integers(first, last)) if last > first else first)
    return (*told, rng.random())


def over_time(x, weight, bias):
    """Convolve over time and space, one moment at a time, as sums of 2-D convolutions."""
    moments = []
    for t in range(x.shape[2]):
        near = [(dt, t + dt - 1) for dt in range(3) if 0 <= t + dt - 1 < x.shape[2]]
        moments.append(sum(F.conv2d(x[:, :, at], weight[:, :, dt], padding=1) for dt, at in near))
    return (torch.stack(moments, 2) + bias[:, None, None, None]).clamp(min=0)


def network(parameters, x):
    w1, b1, w2, b2, w3, b3 = parameters
    h = over_time(x, w1, b1)
    h = h[..., : h.shape[3] // 2 * 2, : h.shape[4] // 2 * 2]
    h = torch.stack([h[..., i::2, j::2] for i in (0, 1) for j in (0, 1)]).amax(0)
    h = over_time(h, w2, b2)
    return h.flatten(2).sum(2) / h[0, 0].numel() @ w3.T + b3


def shapes_of(n_classes):
    shapes = []
    for out, rest in ((8, [1]), (16, [8])):
        shapes += [[out, *rest, *[3] * 3], [out]]
    return [*shapes, [n_classes, 16], [n_classes]]


def draw(seed, *shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def draw_bytes(seed, *shape):
    return torch.randint(0, 256, shape, generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


def dots(seed, count):
    """Draw clips of a dot that moves to the right (0) or to the left (1), around the edge."""
    generator = torch.Generator().manual_seed(seed)
    frames, labels = torch.zeros(count, 6, 8, 8, dtype=torch.uint8), torch.arange(count) % 2
    for clip, left in zip(frames, labels.tolist(), strict=True):
        row, column = torch.randint(0, 8, (2,), generator=generator).tolist()
        for t in range(6):
            clip[t, row, (column - t if left else column + t) % 8] = 255
    return frames, labels


# ---- the checks ----------------------------------------------------------------------------------


@points(3, group="frames", group_zh="帧")
@stated("uniform", "segments")
@hint(en="Where is the middle of a segment, and which numbers are exact?", zh="一段的中间在哪里？哪些数是精确的？")
@given(n=st.integers(1, 40) | st.integers(10**15, 10**18), k=st.integers(1, 12))
@settings(max_examples=40)
def test_the_middle_of_each_segment(solution, n, k):
    for frames, many in ((n, k), (10**17 + 7, 5), (3, 11)):
        wanted = [math.floor(Fraction(2 * i + 1, 2 * many) * frames) for i in range(many)]
        assert_equal(solution.sample_frames(frames, many), wanted)
        assert_equal(solution.sample_frames(frames, many, mode="uniform", rng=None), wanted)


@points(3, group="frames", group_zh="帧")
@stated("random", "segments")
@hint(en="How often is the generator asked, and within which borders?", zh="生成器被调用几次？在什么范围内？")
@given(seed=SEEDS, n=st.integers(1, 30), k=st.integers(1, 10))
@settings(max_examples=25)
def test_one_frame_drawn_from_each_segment(solution, seed, n, k):
    for frames, many in ((n, k), (3, 7), (10**17 + 1, 4), (100, 3)):
        assert_equal(solution.run(draw_frames, frames, many, seed), expected_draws(frames, many, seed))


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("sample-errors")
@hint(en="Which videos have no frames to choose?", zh="哪些视频没有可选的帧？")
def test_frames_that_cannot_be_chosen_are_refused(solution):
    for arguments in (
        (0, 3),
        (3, 0),
        (-2, 3),
        (3, -1),
        (3, 2, "centre"),
        (3, 2, None),
        (3, 2, "random"),
        (3, 2, "Uniform"),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.sample_frames(*arguments)


@points(3, group="clips", group_zh="片段")
@stated("clip", "tolerance")
@hint(en="Where does a 3-D convolution expect the channels?", zh="三维卷积期望通道在哪个轴？")
def test_axes_and_scale_of_clips(solution):
    for seed, shape in enumerate(((2, 3, 4, 5), (3, 2, 2, 6), (1, 1, 1, 1), (1, 4, 3, 3), (0, 2, 3, 4))):
        frames = draw_bytes(seed, *shape)
        wanted = torch.tensor(frames.tolist(), dtype=torch.float32).reshape(shape)[:, None] / 255
        clip, after = solution.run(clip_and_look, frames)
        assert_close(clip, wanted)
        assert_equal(after, frames)
    for seed, shape in enumerate(((2, 3, 4, 5, 3), (1, 4, 2, 3, 2), (2, 2, 3, 3, 1))):
        frames = draw_bytes(seed, *shape)
        wanted = torch.stack([frames[..., c].float() / 255 for c in range(shape[4])], 1)
        clip, after = solution.run(clip_and_look, frames)
        assert_close(clip, wanted)
        assert_equal(after, frames)


@points(1, group="refusals", group_zh="拒绝错误输入")
@stated("clip")
@hint(en="What are frames made of?", zh="帧由什么组成？")
def test_what_are_no_frames_is_refused(solution):
    frames = draw_bytes(5, 2, 3, 4, 5)
    for bad in (
        frames[0],
        frames[0, 0],
        frames[..., None, None],
        frames.float(),
        frames.long(),
        frames > 9,
        frames.to(torch.int8),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.to_clip(bad)


@points(4, group="the network", group_zh="网络")
@stated("network", "parameters", "tolerance")
@hint(en="Which moments does a result of the first layer see?", zh="第一层的一个结果能看到哪些时刻？")
@pytest.mark.parametrize("n_classes", [2, 5])
def test_logits_and_gradients_of_clips_of_any_length(solution, n_classes):
    clips = [draw(i, 2, 1, *size) for i, size in enumerate(CLIPS)]
    weights = [draw(i + 9, 2, n_classes) for i in range(len(CLIPS))]
    parameters, told = solution.run(pass_through, n_classes, clips, weights)
    assert_equal([list(p.shape) for p in parameters], shapes_of(n_classes))
    for clip, weight, (out, slope, slopes) in zip(clips, weights, told, strict=True):
        leaves = [p.clone().requires_grad_() for p in (clip, *parameters)]
        expected = network(leaves[1:], leaves[0])
        assert_close(out, expected.detach())
        assert_close([slope, *slopes], list(torch.autograd.grad((expected * weight).sum(), leaves)), rtol=1e-8)


@points(1, group="the network", group_zh="网络")
@stated("parameters")
@hint(en="Whose initial weights are they?", zh="初始权重来自哪里？")
def test_new_networks_begin_with_the_weights_of_torch(solution):
    first, *others = solution.run(first_weights, 6, 3)
    for told in (first, *others):
        assert_equal([part[:2] for part in told], [(shape, "torch.float32") for shape in shapes_of(6)])
        for weight, bias in zip(told[::2], told[1::2], strict=True):
            bound = math.prod(weight[0][1:]) ** -0.5
            assert 0.2 * bound < weight[2] <= bound * 1.0001
            assert 0.02 * bound < bias[2] <= bound * 1.0001
    assert first not in others


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("network-errors", "network")
@hint(en="Which clips does the pooling leave nothing of?", zh="哪些片段经过池化后什么也不剩？")
def test_networks_and_clips_that_cannot_be_are_refused(solution):
    for n_classes in (1, 0, -1):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.VideoNet(n_classes)
    for shape in (
        (2, 6, 8, 8),
        (1, 6, 8, 8),
        (2, 3, 6, 8, 8),
        (2, 6, 1, 8, 8),
        (2, 1, 4, 1, 8),
        (2, 1, 4, 8, 1),
        (2, 1, 1, 6, 8, 8),
    ):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(try_clip, shape)
    assert_equal(solution.run(try_clip, (3, 1, 1, 2, 2)), [3, 2])


@points(2, group="outcome", group_zh="结果")
@stated("outcome")
@contract("what the three parts are for: together they see in which direction something moves")
@hint(en="What is left of a motion in the mean of all frames?", zh="所有帧的平均里还剩下多少运动信息？")
def test_the_direction_of_motion_is_seen(solution):
    fresh, labels = dots(12, 60)
    forwards, backwards = solution.run(learn_to_see_motion, 1, *dots(2, 48), fresh)
    assert (forwards == labels).double().mean() >= 0.95
    assert (backwards == 1 - labels).double().mean() >= 0.9
