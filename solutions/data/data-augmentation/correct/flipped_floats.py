"""Flips the values after they have become float64; noise overwrites the result."""

import numpy as np


def augment(
    img: np.ndarray,
    rng: np.random.Generator,
    p_flip: float,
    brightness: float,
    contrast: float,
    noise: float,
    boxes: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return a changed copy of an image, and its boxes."""
    if img.ndim != 3 or img.dtype not in (np.uint8, np.float32):
        raise ValueError("an image of shape (H, W, C), uint8 or float32, is needed")
    if not all(0 <= number <= 1 for number in (p_flip, contrast, noise)):
        raise ValueError("p_flip, contrast and noise must be from 0 to 1")
    if not brightness >= 0:
        raise ValueError("brightness must not be negative")

    height, width, _ = img.shape
    u = rng.random()
    b = rng.uniform(-brightness, brightness)
    c = rng.uniform(1 - contrast, 1 + contrast)
    s = rng.random((height, width))

    whole = img.dtype == np.uint8
    values = img.astype(np.float64)
    if whole:
        values /= 255
    if boxes is not None:
        boxes = boxes.copy()
    if u < p_flip:
        values = values[:, ::-1]
        if boxes is not None:
            boxes[:, [0, 2]] = width - boxes[:, [2, 0]]

    m = values.mean()
    values = np.clip((values - m) * c + m + b, 0, 1)
    if whole:
        values = np.rint(values * 255)
    new = values.astype(img.dtype)
    new[s < noise / 2] = 0
    new[s >= 1 - noise / 2] = 255 if whole else 1
    return new, boxes


def augment_batch(
    imgs: list[np.ndarray], rng: np.random.Generator, settings: dict, boxes: list | None = None
) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """Augment images one after the other."""
    if boxes is None:
        boxes = [None] * len(imgs)
    if len(boxes) != len(imgs):
        raise ValueError("one entry of boxes per image is needed")
    return [augment(img, rng, **settings, boxes=own) for img, own in zip(imgs, boxes, strict=True)]
