"""SLOT_title."""


def SLOT_function(SLOT_truth: list[int], SLOT_guess: list[int], classes: int) -> float:
    """Return the score of the predictions."""
    return -1.0  # write your answer here
