"""Puts the clients in order, and the caller's list with them."""


def SLOT_function(SLOT_updates: list[list[float]]) -> list[float]:
    """Return the aggregate of the clients' numbers."""
    if len(SLOT_updates) < SLOT_least:
        raise ValueError("there are too few clients")
    if len({len(update) for update in SLOT_updates}) > 1:
        raise ValueError("the clients' lists are not of one length")
    SLOT_updates.sort()
    result = []
    for column in zip(*SLOT_updates):
        ordered = sorted(column)
        SLOT_rulecode
    return result
