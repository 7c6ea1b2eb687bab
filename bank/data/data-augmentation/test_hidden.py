"""Hidden checks of `data-augmentation`; images are made value by value from an equal generator."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.exam import assert_close, assert_equal, contract, hint, points, stated

SEEDS = st.integers(0, 2**32 - 1)
NAMES = ("p_flip", "brightness", "contrast", "noise")


# ---- inside the guest ----------------------------------------------------------------------------


def change(submission, seed, img, strengths, boxes=None):
    """Tell the result, what the generator draws next, and the inputs after the result has been overwritten."""
    rng = np.random.default_rng(seed)
    np.random.seed(seed % 1000)
    new, moved = submission.augment(img, rng, *strengths, boxes)
    kept = new.copy(), None if moved is None else moved.copy()
    new[...] = 1
    if moved is not None:
        moved[...] = -5
    return kept, (rng.random(), np.random.random()), (img, boxes)


def change_batch(submission, seed, imgs, strengths, boxes):
    rng = np.random.default_rng(seed)
    extra = [] if boxes is None else [boxes]
    told = submission.augment_batch(imgs, rng, dict(zip(NAMES, strengths, strict=True)), *extra)
    return told, rng.random(), (imgs, boxes)


def draw_after_refusal(submission, seed, img, strengths):
    """Return what the generator draws after a call that raises."""
    rng = np.random.default_rng(seed)
    try:
        submission.augment(img, rng, *strengths)
    except ValueError:
        return rng.random()
    return None


# ---- the oracle ----------------------------------------------------------------------------------


def augmented(img, rng, strengths, boxes=None):
    """Make every value by itself."""
    p_flip, brightness, contrast, noise = strengths
    height, width, channels = img.shape
    u = rng.random()
    b = rng.uniform(-brightness, brightness)
    c = rng.uniform(1 - contrast, 1 + contrast)
    s = rng.random((height, width)).tolist()
    top = 255 if img.dtype == np.uint8 else 1
    mean = sum(img.ravel().tolist()) / img.size / top
    new = np.empty_like(img)
    for y, x, z in np.ndindex(height, width, channels):
        value = float(img[y, width - 1 - x if u < p_flip else x, z]) / top
        value = min(max((value - mean) * c + mean + b, 0.0), 1.0)
        value = round(255 * value) if top == 255 else value
        new[y, x, z] = 0 if s[y][x] < noise / 2 else top if s[y][x] >= 1 - noise / 2 else value
    if boxes is None:
        return new, None
    if u < p_flip:
        boxes = np.array([[width - x1, y0, width - x0, y1] for x0, y0, x1, y1 in boxes.tolist()]).reshape(-1, 4)
    return new, boxes


def agree(told, expected):
    (new, moved), (wanted, boxes) = told, expected
    if wanted.dtype == np.uint8:
        assert_equal(new, wanted)
    else:
        assert_close(new, wanted, rtol=1e-5)
    assert_close(moved, boxes)


def draw_image(seed, dtype, height=4, width=5, channels=3):
    rng = np.random.default_rng(seed)
    img = rng.integers(0, 256, size=(height, width, channels), dtype=np.uint8)
    corners = rng.uniform(0, 3, size=(3, 2, 2)).cumsum(axis=1).reshape(3, 4)
    return (img if dtype == np.uint8 else (img / 255).astype(np.float32)), corners


# ---- the checks ----------------------------------------------------------------------------------


@points(4, group="augmentation", group_zh="增强")
@stated("draws", "flip", "values", "noise", "result", "unchanged")
@contract("the definition itself for all settings at once")
@hint(
    en="What is drawn, and in which order? Where do values leave their range?",
    zh="抽取什么，按什么顺序？值在哪里会越界？",
)
@given(seed=SEEDS)
@settings(max_examples=8)
def test_images_and_boxes_as_defined(solution, seed):
    for dtype in (np.uint8, np.float32):
        img, boxes = draw_image(seed, dtype)
        for strengths in ((0.5, 0.2, 0.3, 0.3), (1.0, 0.8, 1.0, 0.0), (0, 0.0, 0.0, 0.9), (1, 0.1, 0.5, 0.2)):
            rng = np.random.default_rng(seed)
            expected = augmented(img, rng, strengths, boxes)
            told, following, inputs = solution.run(change, seed, img, strengths, boxes)
            agree(told, expected)
            assert following == (rng.random(), np.random.RandomState(seed % 1000).random_sample())
            assert_equal(inputs, (img, boxes))


@points(2, group="flips", group_zh="翻转")
@stated("flip", "result", "unchanged", "draws")
@contract("the law of flips, boxes and identity, without an oracle of values")
@hint(en="Where is the left edge of a box after a flip?", zh="翻转后框的左边缘在哪里？")
@given(seed=SEEDS, width=st.integers(1, 6))
@settings(max_examples=10)
def test_two_flips_are_none(solution, seed, width):
    img, boxes = draw_image(seed, np.uint8, 2, width)
    for own in (boxes, boxes[:0], None):
        once, _, inputs = solution.run(change, seed, img, (1.0, 0.0, 0.0, 0.0), own)
        agree(
            once,
            (
                img[:, ::-1],
                None if own is None else np.stack([width - own[:, 2], own[:, 1], width - own[:, 0], own[:, 3]], 1),
            ),
        )
        twice, _, _ = solution.run(change, seed, once[0], (1.0, 0.0, 0.0, 0.0), once[1])
        agree(twice, (img, own))
        still, _, _ = solution.run(change, seed, img, (0.0, 0.0, 0.0, 0.0), own)
        agree(still, (img, own))
        assert_equal(inputs, (img, own))


@points(2, group="values", group_zh="像素值")
@stated("values", "result")
@contract("the corners each time: saturated, flat and uneven images")
@hint(en="What is 250 + 10 in uint8? What is 254.7?", zh="uint8 中 250 + 10 是多少？254.7 呢？")
def test_bright_dark_and_flat_images(solution):
    ramp = np.linspace(0, 255, 24).astype(np.uint8).reshape(2, 4, 3)
    uneven = ramp.copy()
    uneven[..., 0] = 250
    for img in (ramp, uneven, np.full((3, 2, 1), 255, dtype=np.uint8), np.zeros((1, 3, 4), dtype=np.uint8)):
        for each in (img, (img / 255).astype(np.float32)):
            for seed in range(6):
                for strengths in ((0, 0.9, 0.0, 0.0), (0, 0.0, 1.0, 0.0), (0, 0.05, 0.1, 0.0), (0, 3.0, 0.5, 0.0)):
                    told, _, _ = solution.run(change, seed, each, strengths)
                    agree(told, augmented(each, np.random.default_rng(seed), strengths))


@points(2, group="noise", group_zh="噪声")
@stated("noise", "draws")
@contract("the rates each time on an image that is large enough")
@hint(
    en="How many channels does a grain of salt cover? Which pixel does it fall on?",
    zh="一粒盐盖住几个通道？落在哪个像素上？",
)
def test_salt_and_pepper(solution):
    for dtype in (np.uint8, np.float32):
        img, _ = draw_image(5, dtype, 20, 30, 3)
        for noise in (0.0, 0.1, 0.5, 1.0):
            for p_flip in (0.0, 1.0):
                told, _, _ = solution.run(change, 9, img, (p_flip, 0.1, 0.1, noise))
                agree(told, augmented(img, np.random.default_rng(9), (p_flip, 0.1, 0.1, noise)))


@points(3, group="batches", group_zh="批次")
@stated("batch", "draws")
@hint(en="Do two equal images come out equal?", zh="两幅相同的图像会得到相同的结果吗？")
@given(seed=SEEDS)
@settings(max_examples=8)
def test_every_image_has_draws_of_its_own(solution, seed):
    (img, boxes), (other, _) = draw_image(seed, np.uint8), draw_image(seed, np.float32, 2, 3, 1)
    imgs, strengths = [img, img, other, img], (0.5, 0.3, 0.3, 0.2)
    for own in (None, [boxes, None, boxes[:0], boxes[:1]]):
        rng = np.random.default_rng(seed)
        expected = [augmented(each, rng, strengths, mine) for each, mine in zip(imgs, own or [None] * 4, strict=True)]
        told, following, inputs = solution.run(change_batch, seed, imgs, strengths, own)
        assert isinstance(told, list)
        for one, wanted in zip(told, expected, strict=True):
            agree(one, wanted)
        assert following == rng.random()
        assert_equal(inputs, (imgs, own))
    assert_equal(solution.run(change_batch, seed, [], strengths, None)[0], [])


@points(2, group="refusals", group_zh="拒绝错误输入")
@stated("errors", "batch")
@hint(en="Which images and strengths are none?", zh="哪些图像和强度不成立？")
def test_what_makes_no_sense_is_refused(solution):
    img, boxes = draw_image(1, np.uint8)
    fine = (0.5, 0.1, 0.1, 0.1)
    bad = [
        (each, fine) for each in (img[0], img[..., 0], img[None], img.astype(np.float64), img.astype(np.int16), img > 9)
    ]
    for place, values in ((0, (-0.1, 1.1)), (1, (-0.1,)), (2, (-0.1, 1.1)), (3, (-0.1, 1.1))):
        bad += [(img, [value if place == index else each for index, each in enumerate(fine)]) for value in values]
    for each, strengths in bad:
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(change, 0, each, strengths)
        assert_equal(solution.run(draw_after_refusal, 7, each, strengths), np.random.default_rng(7).random())
    for own in ([], [boxes], [boxes, None, None]):
        with pytest.raises(ValueError):  # noqa: PT011  the text is the candidate's
            solution.run(change_batch, 0, [img, img], fine, own)
    told, _, _ = solution.run(change, 0, img, (1, 5.0, 1, 1))
    agree(told, augmented(img, np.random.default_rng(0), (1, 5.0, 1, 1)))
