"""Is layer normalisation: takes the mean away first."""

import torch


def rms_norm(x, gain, eps=1e-6):
    if gain.shape != x.shape[-1:]:
        raise ValueError
    wide = x.float() if x.dtype == torch.float16 else x
    wide = wide - wide.mean(-1, keepdim=True)
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps) * gain).to(x.dtype)
