"""By iterators and unpacking."""

import collections
import itertools


def SLOT_function(SLOT_sequences, length, pad):
    if not length >= 1:
        raise ValueError("length")
    size = min(length, max((len(ids) for ids in SLOT_sequences), default=0))
    rows, masks = [], []
    for ids in SLOT_sequences:
        SLOT_shortcut
        gap = [*itertools.repeat(pad, size - len(kept))]
        SLOT_shortpad
    return rows, masks
