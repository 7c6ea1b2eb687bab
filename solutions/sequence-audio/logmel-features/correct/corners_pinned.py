"""Frames by strides, filters from corners whose ends are exactly the limits, energies by one product."""

import numpy as np

LEVEL = 0.5  # variant: level


def frames(x: np.ndarray, n: int, hop: int) -> np.ndarray:
    """Cut a signal into frames."""
    x = np.asarray(x)
    if x.ndim != 1:
        raise ValueError("the signal must be one-dimensional")
    if n < 1 or hop < 1:
        raise ValueError("n and hop must be at least 1")
    if len(x) < n:
        return np.empty((0, n), dtype=x.dtype)
    return np.lib.stride_tricks.sliding_window_view(x, n)[::hop].copy()


def power(x: np.ndarray, n_fft: int, hop: int) -> np.ndarray:
    """Return the power spectrum of each frame."""
    cut = frames(x, n_fft, hop).astype(np.float64)
    window = LEVEL - (1 - LEVEL) * np.cos(2 * np.pi * np.arange(n_fft) / n_fft)
    spectrum = np.fft.rfft(cut * window, axis=1)
    return spectrum.real**2 + spectrum.imag**2


def mel_bank(n_mels: int, n_fft: int, sr: int, f_min: float = 0.0, f_max: float | None = None) -> np.ndarray:
    """Return triangular filters, equally spaced in mel."""
    if n_mels < 1 or n_fft < 1:
        raise ValueError("n_mels and n_fft must be at least 1")
    if f_max is None:
        f_max = sr / 2
    if not 0 <= f_min < f_max <= sr / 2:
        raise ValueError("frequencies must satisfy 0 <= f_min < f_max <= sr / 2")
    low, high = 2595 * np.log10(1 + np.array([f_min, f_max], dtype=np.float64) / 700)
    corners = 700 * (10 ** (np.linspace(low, high, n_mels + 2) / 2595) - 1)
    corners[0], corners[-1] = f_min, f_max
    left, top, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    f = np.arange(n_fft // 2 + 1) * sr / n_fft
    return np.maximum(0.0, np.minimum((f - left) / (top - left), (right - f) / (right - top)))


def log_mel(x: np.ndarray, sr: int, n_fft: int, hop: int, n_mels: int, floor: float = 1e-10) -> np.ndarray:
    """Return the logarithms of the energies in mel bands."""
    if not floor > 0:
        raise ValueError("floor must be greater than 0")
    bank = mel_bank(n_mels, n_fft, sr)
    return np.log(np.maximum(power(x, n_fft, hop) @ bank.T, floor))
