"""By the standard library."""

import statistics


def SLOT_function(SLOT_updates):
    if len(SLOT_updates) < SLOT_least or any(len(update) != len(SLOT_updates[0]) for update in SLOT_updates):
        raise ValueError("too few, or of different lengths")
    return [SLOT_shortcode for column in zip(*SLOT_updates)]
