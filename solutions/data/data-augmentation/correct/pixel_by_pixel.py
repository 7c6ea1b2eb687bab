"""Goes pixel by pixel, in plain floats."""

import math

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
    if img.ndim != 3:
        raise ValueError("dimensions")
    if str(img.dtype) not in ("uint8", "float32"):
        raise ValueError("dtype")
    if brightness < 0 or not all(0 <= share <= 1 for share in (p_flip, contrast, noise)):
        raise ValueError("settings")
    height, width, _ = img.shape
    flip = rng.random() < p_flip
    b = rng.uniform(-brightness, brightness)
    c = rng.uniform(1 - contrast, 1 + contrast)
    s = rng.random((height, width))
    white = 255 if img.dtype == np.uint8 else 1.0
    m = math.fsum(img.astype(np.float64).ravel()) / img.size / white
    result = np.zeros(img.shape, dtype=img.dtype)
    for y in range(height):
        for x in range(width):
            if s[y, x] < noise / 2:
                continue
            if s[y, x] >= 1 - noise / 2:
                result[y, x] = white
                continue
            source = img[y, -1 - x] if flip else img[y, x]
            for z, value in enumerate(source.tolist()):
                level = c * (value / white - m) + (m + b)
                level = 0.0 if level < 0 else 1.0 if level > 1 else level
                result[y, x, z] = round(level * 255) if white == 255 else level
    if boxes is None:
        return result, None
    if not flip:
        return result, np.array(boxes)
    return result, np.column_stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]])


def augment_batch(
    imgs: list[np.ndarray], rng: np.random.Generator, settings: dict, boxes: list | None = None
) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """Augment images one after the other."""
    if boxes is not None and len(boxes) != len(imgs):
        raise ValueError("boxes")
    pairs = []
    for number, img in enumerate(imgs):
        own = boxes[number] if boxes is not None else None
        pairs.append(augment(img, rng, boxes=own, **settings))
    return pairs
