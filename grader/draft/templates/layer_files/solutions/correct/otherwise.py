"""By divisions, in double precision throughout."""

import torch


def SLOT_function(SLOT_hidden, gain, eps):
    if gain.ndim != 1 or len(gain) != SLOT_hidden.shape[-1]:
        raise ValueError("shapes do not fit")
    wide = SLOT_hidden.double()
    SLOT_shortcode
    return (gain.double() * result).type_as(SLOT_hidden)
