"""By the rank of each token, and a mask."""

import itertools
import math


def SLOT_function(SLOT_logits, temperature, SLOT_limit):
    if not temperature >= 0 or SLOT_badcode:
        raise ValueError("no such temperature, or no such limit")
    shift = max(SLOT_logits)
    if not temperature:
        first = SLOT_logits.index(shift)
        return [float(place == first) for place, _ in enumerate(SLOT_logits)]
    scaled = [(number - shift) / temperature for number in SLOT_logits]
    total = math.fsum(map(math.exp, scaled))
    chances = [math.exp(number) / total for number in scaled]
    order = sorted(range(len(chances)), key=chances.__getitem__, reverse=True)
    ranks = [order.index(place) for place in range(len(chances))]
    SLOT_shortkeep
    rest = math.fsum(itertools.compress(chances, mask))
    return [chance / rest if keep else 0.0 for chance, keep in zip(chances, mask)]
