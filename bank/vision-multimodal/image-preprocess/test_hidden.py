"""Hidden checks of `image-preprocess`; each pixel is expected by itself, from exact fractions of its place."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, performance, points, stated

SEEDS = st.integers(0, 2**32 - 1)
SIDES = st.integers(1, 9)
MEAN, STD = [0.5, 0.4, 0.3], [0.25, 0.5, 0.2]


# ---- the oracle: one pixel after the other -------------------------------------------------------


def neighbours(i, old, new):
    """Return which old pixels a new one looks at, and with which weights."""
    place = max(Fraction((2 * i + 1) * old, 2 * new) - Fraction(1, 2), Fraction(0))
    low = math.floor(place)
    part = float(place - low)
    return ((low, 1 - part), (min(low + 1, old - 1), part))


def expected(img, short, crop, mean=MEAN, std=STD):
    old = img.shape[:2]
    new = [side * short // min(old) for side in old]
    begin = [(side - crop) // 2 for side in new]
    result = np.zeros((3, crop, crop))
    for c, i, j in np.ndindex(result.shape):
        plane = img if img.ndim == 2 else img[:, :, c]
        rows, columns = (neighbours(at + first, a, b) for at, first, a, b in zip((i, j), begin, old, new, strict=True))
        value = math.fsum(float(plane[y, x]) * wy * wx for y, wy in rows for x, wx in columns)
        result[c, i, j] = (value / 255 - mean[c]) / std[c]
    return result.astype(np.float32)


def draw(seed, *shape):
    return np.random.default_rng(seed).integers(0, 256, size=shape, dtype=np.uint8)


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="pixels", group_zh="像素")
@stated("steps", "interpolation", "result", "tolerance")
@contract("the definition itself, for images that shrink and that grow")
@hint(en="Where is the centre of the first pixel?", zh="第一个像素的中心在哪里？")
@given(seed=SEEDS, height=SIDES, width=SIDES, short=st.integers(1, 12), margin=st.integers(0, 3))
@settings(max_examples=25)
def test_pixels_of_colour_images(solution, seed, height, width, short, margin):
    img, crop = draw(seed, height, width, 3), max(short - margin, 1)
    assert_close(solution.preprocess(img, short, crop, MEAN, STD), expected(img, short, crop))


@points(2, group="size and crop", group_zh="尺寸与裁剪")
@stated("size", "crop", "interpolation")
@hint(en="Which side is `short`? Where does the middle begin?", zh="哪一边的长度是 `short`？中间部分从哪里开始？")
def test_images_that_are_high_and_images_that_are_wide(solution):
    cuts = ((7, 7), (7, 4), (5, 5), (5, 2), (9, 6), (6, 1), (8, 3), (17, 8), (22, 9))
    for shape in ((7, 19, 3), (7, 21, 3), (11, 15, 3)):
        img = draw(11, *shape)
        for turned in (img, img.transpose(1, 0, 2), img[:, :7], img[::-1, ::-1]):
            for short, crop in cuts:
                answer = solution.preprocess(turned, short, crop, MEAN, STD)
                assert_close(answer, expected(turned, short, crop))


@points(1, group="size and crop", group_zh="尺寸与裁剪")
@stated("size", "interpolation", "crop", "normalise")
@contract("an image that already has its size is only cut out: no pixel may be blended with another")
@hint(en="What does a resize do to an image that has the right size?", zh="尺寸已经正确的图像，缩放后会怎样？")
@given(seed=SEEDS, height=SIDES, width=SIDES, margin=st.integers(0, 4))
@settings(max_examples=10)
def test_an_image_of_the_right_size_is_only_cut_out(solution, seed, height, width, margin):
    img, short = draw(seed, height, width, 3), min(height, width)
    crop = max(short - margin, 1)
    top, left = (height - crop) // 2, (width - crop) // 2
    part = img[top : top + crop, left : left + crop].transpose(2, 0, 1).astype(np.float32)
    assert_close(solution.preprocess(img, short, crop, [0.0] * 3, [1 / 255] * 3), part)


@points(2, group="grey images", group_zh="灰度图像")
@stated("image", "result")
@hint(en="How many channels does the network expect?", zh="网络期望几个通道？")
@given(seed=SEEDS, height=SIDES, width=SIDES)
@settings(max_examples=8)
def test_grey_images_have_three_equal_channels(solution, seed, height, width):
    for columns in (width, 3):
        grey = draw(seed, height, columns)
        assert_close(solution.preprocess(grey, 5, 4, MEAN, STD), expected(grey, 5, 4))
        stacked = np.stack([grey] * 3, axis=2)
        assert_close(solution.preprocess(stacked, 5, 4, MEAN, STD), expected(grey, 5, 4))


@points(2, group="normalisation", group_zh="归一化")
@stated("normalise", "arguments", "result")
@contract("the formula of the last step by itself, for every form in which the statistics may come")
@hint(en="How often do you divide by 255, and before what?", zh="除以 255 要做几次？在哪一步之前？")
def test_plain_images_of_every_brightness(solution):
    for value in (0, 1, 128, 254, 255):
        for height, width in ((6, 6), (1, 4), (9, 2), (1, 1)):
            img = np.full((height, width, 3), value, dtype=np.uint8)
            for mean, std in ((MEAN, STD), (tuple(STD), tuple(MEAN)), (np.array([2.0, -1.0, 0.0]), np.array(STD) * 9)):
                channels = [(value / 255 - m) / s for m, s in zip(mean, std, strict=True)]
                answer = solution.preprocess(img, 4, 3, mean, std)
                assert_close(answer, np.tile(np.array(channels, dtype=np.float32)[:, None, None], (1, 3, 3)))


@points(1, group="laws", group_zh="规律")
@stated("interpolation", "crop")
@contract("where the margins are even, left and right are alike, and so are up and down")
@hint(en="What does a mirror do to your image?", zh="把图像镜像后结果如何？")
@given(seed=SEEDS, side=st.integers(2, 9), short=st.integers(3, 9))
@settings(max_examples=10)
def test_mirrored_images_give_mirrored_results(solution, seed, side, short):
    img = draw(seed, side, side, 3)
    answer = solution.preprocess(img, short, short - 2, MEAN, STD)
    assert answer.std() > 0
    assert_close(solution.preprocess(img[:, ::-1], short, short - 2, MEAN, STD), answer[:, :, ::-1])
    assert_close(solution.preprocess(img[::-1], short, short - 2, MEAN, STD), answer[:, ::-1])


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors", "image")
@hint(en="What is no image?", zh="什么不是图像？")
def test_what_is_no_image_is_refused(solution):
    img = draw(3, 6, 6, 3)
    bad = [img.astype(dtype) for dtype in (np.float32, np.float64, np.int8, np.int64, np.uint16)] + [img > 100]
    bad += [img[0, 0], img[:, :, :1], img[:, :, :2], np.concatenate([img, img[:, :, :1]], axis=2), img[None]]
    bad += [img[:0], img[:, :0], img[:0, :, 0], img[:, :0, 0], img[:0, :0], img.transpose(2, 0, 1)]
    for other in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.preprocess(other, 4, 3, MEAN, STD)


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors", "arguments")
@hint(en="Which crops are there none of, and what cannot be divided by?", zh="哪些裁剪不存在？什么不能做除数？")
def test_sizes_and_statistics_that_make_no_sense_are_refused(solution):
    for img in (draw(4, 6, 8, 3), draw(4, 20, 6)):
        for short, crop in ((4, 5), (4, 0), (4, -1), (0, 0), (-2, -3), (6, 8), (0, 1)):
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.preprocess(img, short, crop, MEAN, STD)
        wrong = [(MEAN[:1], STD), (MEAN, STD[:1]), (MEAN[:2], STD[:2]), ([*MEAN, 0.1], [*STD, 0.1]), ([], STD)]
        wrong += [(MEAN, [0.2, zero, 0.2]) for zero in (0.0, -0.1, math.nan)] + [(MEAN, [0.2, 0.2, -1.0])]
        for mean, std in wrong:
            with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
                solution.preprocess(img, 4, 3, mean, std)


def prepare_and_look(module, img, mean, std):
    """Return the result, and the arguments after the call."""
    return module.preprocess(img, 4, 4, mean, std), img, mean, std


@points(1, group="inputs unchanged", group_zh="输入不变")
@stated("unchanged")
@hint(en="Which of your operations write in place?", zh="你的哪些操作是原地写入？")
def test_the_arguments_stay_as_they_are(solution):
    for shape in ((4, 4, 3), (4, 5), (6, 5, 3)):
        img = draw(5, *shape)
        for mean, std in ((MEAN, STD), (np.array(MEAN), np.array(STD))):
            answer, *after = solution.run(prepare_and_look, img, mean, std)
            assert_close(answer, expected(img, 4, 4))
            assert_equal(after, [img, mean, std])


@performance(
    points=2, of="preprocess", group="speed", group_zh="速度", at_least=2.0, times_faster_than="pixel_by_pixel"
)
@stated("speed")
def a_picture(rng):
    return (rng.integers(0, 256, size=(120, 160, 3), dtype=np.uint8), 80, 72, MEAN, STD), {}
