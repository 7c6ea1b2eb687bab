"""Log-mel features of sound: write four functions."""

import numpy as np


def frames(x: np.ndarray, n: int, hop: int) -> np.ndarray:
    """Cut a signal into frames."""
    # Write: the refusals and the rows.


def power(x: np.ndarray, n_fft: int, hop: int) -> np.ndarray:
    """Return the power spectrum of each frame."""
    # Write: the window and the transform.


def mel_bank(n_mels: int, n_fft: int, sr: int, f_min: float = 0.0, f_max: float | None = None) -> np.ndarray:
    """Return triangular filters, equally spaced in mel."""
    # Write: the corners of the triangles, and their heights.


def log_mel(x: np.ndarray, sr: int, n_fft: int, hop: int, n_mels: int, floor: float = 1e-10) -> np.ndarray:
    """Return the logarithms of the energies in mel bands."""
    # Write: energies, floor, logarithm.
