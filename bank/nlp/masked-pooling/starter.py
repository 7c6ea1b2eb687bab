"""Mask-aware pooling: write both functions."""

import torch


def masked_mean(h: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the mean of the real token vectors of each sentence."""
    # Write: leave padding out, divide by the number of real tokens.


def masked_max(h: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the largest value among the real tokens of each sentence, for each coordinate."""
    # Write: leave padding out, take the maximum over tokens.
