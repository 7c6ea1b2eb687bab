"""SLOT_title."""


def SLOT_function(SLOT_sequences: list[list[int]], length: int, pad: int) -> tuple[list[list[int]], list[list[int]]]:
    """Return rows of one length, and which of their ids are real."""
    return [], []  # write your answer here
