"""Ends with the shorter list."""

import math


def SLOT_function(SLOT_weights: list[float], gradients: list[list[float]], rate: float) -> list[float]:
    """Return the numbers after all steps."""
    if rate <= 0:
        raise ValueError("the rate must be above 0")
    result, size = list(SLOT_weights), len(SLOT_weights)
    SLOT_state
    for count, gradient in enumerate(gradients, start=1):
        for place, slope in enumerate(gradient[:size]):
            SLOT_step
    return result
