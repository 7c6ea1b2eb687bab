"""The mean of all clients."""


def SLOT_function(SLOT_updates: list[list[float]]) -> list[float]:
    """Return the aggregate of the clients' numbers."""
    if len(SLOT_updates) < SLOT_least:
        raise ValueError("there are too few clients")
    if len({len(update) for update in SLOT_updates}) > 1:
        raise ValueError("the clients' lists are not of one length")
    result = []
    for column in zip(*SLOT_updates):
        result.append(sum(column) / len(column))
    return result
