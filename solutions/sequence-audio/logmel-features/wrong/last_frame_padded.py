"""Mistake: the samples left over are padded to a frame."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

LEVEL = 0.5  # variant: level


def frames(x, n, hop):
    """Cut a signal into frames."""
    if x.ndim != 1 or min(n, hop) < 1:
        raise ValueError("a signal of one dimension, frames and hops of one sample at least, please")
    x = np.pad(x, (0, -(len(x) - n) % hop if len(x) >= n else n - len(x)))
    return sliding_window_view(x, n)[::hop]


def power(x, n_fft, hop):
    """Return the power spectrum of each frame."""
    cut = frames(x, n_fft, hop)
    window = LEVEL - (1 - LEVEL) * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    return np.abs(np.fft.rfft(cut * window)) ** 2


def mel_bank(n_mels, n_fft, sr, f_min=0.0, f_max=None):
    """Return triangular filters, equally spaced in mel."""
    f_max = sr / 2 if f_max is None else f_max
    if min(n_mels, n_fft) < 1 or not 0 <= f_min < f_max <= sr / 2:
        raise ValueError(f"no {n_mels} filters from {f_min} to {f_max} hertz")
    low, high = (2595 * np.log10(1 + f / 700) for f in (f_min, f_max))
    corners = 700 * (10 ** (np.linspace(low, high, n_mels + 2) / 2595) - 1)
    left, centre, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    places = np.arange(n_fft // 2 + 1) * sr / n_fft
    return np.maximum(0, np.minimum((places - left) / (centre - left), (right - places) / (right - centre)))


def log_mel(x, sr, n_fft, hop, n_mels, floor=1e-10):
    """Return the logarithms of the energies in mel bands."""
    if not floor > 0:
        raise ValueError(f"no logarithm of a floor of {floor}")
    return np.log(np.maximum(power(x, n_fft, hop) @ mel_bank(n_mels, n_fft, sr).T, floor))
