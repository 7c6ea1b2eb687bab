"""The reference."""

import torch


def rms_norm(x: torch.Tensor, gain: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    """Return x divided by the root mean square of each vector, times the gain."""
    if gain.shape != x.shape[-1:]:
        raise ValueError("gain must have the shape of the last dimension")
    wide = x.float() if x.dtype == torch.float16 else x
    mean = wide.square().mean(dim=-1, keepdim=True)
    return (wide * torch.rsqrt(mean + eps) * gain).to(x.dtype)
