"""One scale for all rows."""

import torch


def SLOT_function(SLOT_weights: torch.Tensor, bits: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the codes, and what is restored from them."""
    if not 2 <= bits <= 8:
        raise ValueError("from 2 to 8 bits")
    if SLOT_weights.ndim != 2 or not torch.isfinite(SLOT_weights).all():
        raise ValueError("a matrix of finite numbers")
    wide = SLOT_weights.double()
    SLOT_allcode
    SLOT_scalecode
    SLOT_roundcode
    return codes.to(torch.int8), restored.float()
