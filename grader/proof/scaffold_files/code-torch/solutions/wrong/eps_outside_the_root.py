"""Adds eps to the root instead of under it."""

import torch


def rms_norm(x, gain, eps=1e-6):
    if gain.shape != x.shape[-1:]:
        raise ValueError
    wide = x.float() if x.dtype == torch.float16 else x
    return (wide / (wide.square().mean(-1, keepdim=True).sqrt() + eps) * gain).to(x.dtype)
