"""Leaves whole clients out, not numbers."""


def SLOT_function(SLOT_updates: list[list[float]]) -> list[float]:
    """Return the aggregate of the clients' numbers."""
    if len(SLOT_updates) < SLOT_least:
        raise ValueError("there are too few clients")
    if len({len(update) for update in SLOT_updates}) > 1:
        raise ValueError("the clients' lists are not of one length")
    result = []
    SLOT_clientcode
    for column in zip(*kept):
        result.append(sum(column) / len(column))
    return result
