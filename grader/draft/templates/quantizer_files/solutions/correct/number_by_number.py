"""Number by number."""

import math

import torch


def SLOT_function(SLOT_weights, bits):
    if bits not in range(2, 9) or SLOT_weights.dim() != 2:
        raise ValueError("no such matrix, or no such number of bits")
    if not all(map(math.isfinite, SLOT_weights.flatten().tolist())):
        raise ValueError("not finite")
    codes, restored = torch.zeros(SLOT_weights.shape, dtype=torch.int8), torch.zeros(SLOT_weights.shape)
    for place, row in enumerate(SLOT_weights.double().tolist()):
        SLOT_shorthighest
        SLOT_shortscale
        for column, value in enumerate(row):
            SLOT_shortround
            codes[place, column] = int(code)
            restored[place, column] = back
    return codes, restored
