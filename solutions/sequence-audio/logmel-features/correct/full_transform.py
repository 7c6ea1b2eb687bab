"""Gathers frames by index, adds squares of both parts of a full transform, interpolates triangles."""

import numpy as np

WEIGHT_AT_THE_EDGE = 0.0  # variant: 2 * level - 1


def frames(x, n, hop):
    """Cut a signal into frames."""
    if x.ndim != 1:
        raise ValueError("one dimension, please")
    if n < 1 or hop < 1:
        raise ValueError("a frame or hop without a sample")
    count = max(0, (len(x) - n) // hop + 1)
    return x[np.arange(count)[:, None] * hop + np.arange(n)]


def power(x, n_fft, hop):
    """Return the power spectrum of each frame."""
    rows = frames(x, n_fft, hop).astype(np.float64)
    steps = np.arange(n_fft)
    rows *= WEIGHT_AT_THE_EDGE + (1 - WEIGHT_AT_THE_EDGE) * np.sin(np.pi * steps / n_fft) ** 2
    turned = np.fft.fft(rows, axis=1)[:, : n_fft // 2 + 1]
    return turned.real**2 + turned.imag**2


def mel_bank(n_mels, n_fft, sr, f_min=0.0, f_max=None):
    """Return triangular filters, equally spaced in mel."""
    if f_max is None:
        f_max = sr / 2
    if n_mels < 1 or n_fft < 1 or f_min < 0 or f_min >= f_max or f_max > sr / 2:
        raise ValueError("no such filters")
    first, last = 1127.0 * np.log1p(f_min / 700), 1127.0 * np.log1p(f_max / 700)
    step = (last - first) / (n_mels + 1)
    corners = [700 * np.expm1((first + k * step) / 1127.0) for k in range(n_mels + 2)]
    places = [k * sr / n_fft for k in range(n_fft // 2 + 1)]
    return np.array([np.interp(places, corners[m : m + 3], [0.0, 1.0, 0.0]) for m in range(n_mels)])


def log_mel(x, sr, n_fft, hop, n_mels, floor=1e-10):
    """Return the logarithms of the energies in mel bands."""
    if not floor > 0:
        raise ValueError("a floor above zero, please")
    energies = np.einsum("ik,mk->im", power(x, n_fft, hop), mel_bank(n_mels, n_fft, sr))
    return np.log(np.clip(energies, floor, None))
