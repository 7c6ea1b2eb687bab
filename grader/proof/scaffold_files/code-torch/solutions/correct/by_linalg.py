"""The same by the norm of each vector."""

import torch


def rms_norm(x: torch.Tensor, gain: torch.Tensor, eps: float = 1e-6) -> torch.Tensor:
    """Return x divided by the root mean square of each vector, times the gain."""
    width = x.size(-1)
    if gain.dim() != 1 or gain.size(0) != width:
        raise ValueError(f"gain of shape {tuple(gain.shape)}")
    wide = x.to(torch.float32) if x.element_size() < 4 else x
    squared = torch.linalg.vector_norm(wide, dim=-1, keepdim=True) ** 2 / width
    return (wide / torch.sqrt(squared + eps) * gain.to(wide.dtype)).to(x.dtype)
