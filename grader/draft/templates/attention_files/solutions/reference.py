"""The reference: a mask, and softmax."""

import math

import torch


def SLOT_function(
    SLOT_query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, SLOT_limit: SLOT_kind
) -> torch.Tensor:
    """Return for each position the mean of the values it sees, weighted by attention."""
    if SLOT_badcode:
        raise ValueError("this makes no sense")
    wide = torch.promote_types(SLOT_query.dtype, torch.float32)
    scores = SLOT_query.to(wide) @ key.to(wide).transpose(-1, -2) / math.sqrt(SLOT_query.shape[-1])
    place = torch.arange(SLOT_query.shape[-2])
    back = place[:, None] - place
    SLOT_rulecode
    shares = torch.softmax(scores.masked_fill(~seen, -math.inf), -1)
    return (shares @ value.to(wide)).to(SLOT_query.dtype)
