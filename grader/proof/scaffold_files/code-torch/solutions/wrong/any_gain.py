"""Lets any gain broadcast."""

import torch


def rms_norm(x, gain, eps=1e-6):
    wide = x.float() if x.dtype == torch.float16 else x
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps) * gain).to(x.dtype)
