"""Broadcasts a gain of any shape."""

import torch


def SLOT_function(SLOT_hidden: torch.Tensor, gain: torch.Tensor, eps: float) -> torch.Tensor:
    """Return the rows, normalised and multiplied by `gain`."""
    wide = SLOT_hidden.to(torch.promote_types(SLOT_hidden.dtype, torch.float32))
    SLOT_rulecode
    return (result * gain).to(SLOT_hidden.dtype)
