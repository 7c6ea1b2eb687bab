"""Takes the divisor as a constant, so that its gradient is lost."""

import torch


def rms_norm(x, gain, eps=1e-6):
    if gain.shape != x.shape[-1:]:
        raise ValueError
    wide = x.float() if x.dtype == torch.float16 else x
    with torch.no_grad():
        scale = torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)
    return (wide * scale * gain).to(x.dtype)
