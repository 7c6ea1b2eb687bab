"""SLOT_title."""


def SLOT_function(SLOT_weights: list[float], gradients: list[list[float]], rate: float) -> list[float]:
    """Return the numbers after all steps."""
    return []  # write your answer here
