"""Ends with the shortest list."""


def SLOT_function(SLOT_updates: list[list[float]]) -> list[float]:
    """Return the aggregate of the clients' numbers."""
    if len(SLOT_updates) < SLOT_least:
        raise ValueError("there are too few clients")
    result = []
    for column in zip(*SLOT_updates):
        ordered = sorted(column)
        SLOT_rulecode
    return result
