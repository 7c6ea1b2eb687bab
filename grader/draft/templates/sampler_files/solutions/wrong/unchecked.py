"""Takes any limit."""

import math


def SLOT_function(SLOT_logits: list[float], temperature: float, SLOT_limit: SLOT_kind) -> list[float]:
    """Return the probability of each token."""
    if temperature < 0:
        raise ValueError("this temperature or limit makes no sense")
    highest = max(SLOT_logits)
    if temperature == 0:
        winner = SLOT_logits.index(highest)
        return [1.0 if place == winner else 0.0 for place in range(len(SLOT_logits))]
    powers = [math.exp((each - highest) / temperature) for each in SLOT_logits]
    chances = [power / sum(powers) for power in powers]
    order = sorted(range(len(chances)), key=lambda place: -chances[place])
    SLOT_keepcode
    whole = sum(chances[place] for place in kept)
    return [chances[place] / whole if place in kept else 0.0 for place in range(len(chances))]
