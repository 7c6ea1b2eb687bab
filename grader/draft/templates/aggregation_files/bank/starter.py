"""SLOT_title."""


def SLOT_function(SLOT_updates: list[list[float]]) -> list[float]:
    """Return the aggregate of the clients' numbers."""
    return []  # write your answer here
