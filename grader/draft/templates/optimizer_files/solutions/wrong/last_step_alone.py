"""Takes the last gradient alone."""

import math


def SLOT_function(SLOT_weights: list[float], gradients: list[list[float]], rate: float) -> list[float]:
    """Return the numbers after all steps."""
    if rate <= 0:
        raise ValueError("the rate must be above 0")
    if any(len(gradient) != len(SLOT_weights) for gradient in gradients):
        raise ValueError("there must be a gradient for each number")
    result, size = list(SLOT_weights), len(SLOT_weights)
    SLOT_state
    for count, gradient in enumerate(gradients[-1:], start=1):
        for place, slope in enumerate(gradient):
            SLOT_step
    return result
