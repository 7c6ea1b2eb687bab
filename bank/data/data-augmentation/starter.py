"""Seeded image augmentation: write both functions."""

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
    # Write: the refusals, the draws, the flip, the values, the noise.


def augment_batch(
    imgs: list[np.ndarray], rng: np.random.Generator, settings: dict, boxes: list | None = None
) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """Augment images one after the other."""
    # Write: the refusal, the loop.
