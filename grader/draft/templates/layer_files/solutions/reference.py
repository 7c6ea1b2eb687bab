"""The reference: in single precision at least."""

import torch


def SLOT_function(SLOT_hidden: torch.Tensor, gain: torch.Tensor, eps: float) -> torch.Tensor:
    """Return the rows, normalised and multiplied by `gain`."""
    if gain.shape != SLOT_hidden.shape[-1:]:
        raise ValueError("gain has one entry for each number of a row")
    wide = SLOT_hidden.to(torch.promote_types(SLOT_hidden.dtype, torch.float32))
    SLOT_rulecode
    return (result * gain).to(SLOT_hidden.dtype)
