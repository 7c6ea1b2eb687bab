"""Mistake: The generator has moved on when the call is refused."""

import numpy as np


def augment(img, rng, p_flip, brightness, contrast, noise, boxes=None):
    """Return a changed copy of an image, and its boxes."""
    if img.ndim != 3 or img.dtype not in {np.dtype(np.uint8), np.dtype(np.float32)}:
        raise ValueError("expected an image of three dimensions, in bytes or in single precision")
    rng.random()
    if min(p_flip, brightness, contrast, noise) < 0 or max(p_flip, contrast, noise) > 1:
        raise ValueError("a probability or a strength is out of range")
    rng.bit_generator.advance(-1)
    flipped = rng.random() < p_flip
    shift = rng.uniform(-brightness, brightness)
    factor = rng.uniform(1 - contrast, 1 + contrast)
    grain = rng.random(img.shape[:2])
    top = 255 if img.dtype == np.uint8 else 1
    values = img / np.float64(top)
    mean = values.mean()
    values = np.clip((values - mean) * factor + mean + shift, 0, 1)
    if top == 255:
        values = np.rint(255 * values)
    if flipped:
        values = values[:, ::-1]
    values[grain < noise / 2] = 0
    values[grain >= 1 - noise / 2] = top
    return values.astype(img.dtype), _move(boxes, flipped, img.shape[1])


def augment_batch(imgs, rng, settings, boxes=None):
    """Augment images one after the other."""
    boxes = [None] * len(imgs) if boxes is None else boxes
    if len(boxes) != len(imgs):
        raise ValueError(f"{len(imgs)} images but {len(boxes)} entries of boxes")
    return [augment(img, rng, **settings, boxes=own) for img, own in zip(imgs, boxes)]


def _move(boxes, flipped, width):
    """Return boxes as they lie after the flip."""
    if boxes is None:
        return None
    boxes = boxes.copy()
    if flipped:
        boxes[:, [0, 2]] = width - boxes[:, [2, 0]]
    return boxes
