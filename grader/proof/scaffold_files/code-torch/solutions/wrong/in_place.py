"""Writes the scaled values into the caller's tensor, unless it is on the tape."""

import torch


def rms_norm(x, gain, eps=1e-6):
    if gain.shape != x.shape[-1:]:
        raise ValueError
    if x.dtype == torch.float16 or x.requires_grad:
        wide = x.float() if x.dtype == torch.float16 else x
        return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps) * gain).to(x.dtype)
    x *= torch.rsqrt(x.square().mean(-1, keepdim=True) + eps)
    return x * gain
