"""SLOT_title."""


def SLOT_function(SLOT_logits: list[float], temperature: float, SLOT_limit: SLOT_kind) -> list[float]:
    """Return the probability of each token."""
    return []  # write your answer here
