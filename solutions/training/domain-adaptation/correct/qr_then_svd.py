"""Spectra from the rows themselves, by QR and SVD; distances column by column."""

import numpy as np


def _check(a: np.ndarray, b: np.ndarray) -> None:
    if a.ndim != 2 or b.ndim != 2:
        raise ValueError("a sample has two dimensions")
    if a.shape[1] != b.shape[1]:
        raise ValueError("the numbers of columns differ")
    if len(a) < 2 or len(b) < 2:
        raise ValueError("a sample needs two rows")


def _spectrum(x: np.ndarray, mean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues and eigenvectors (rows) of the covariance.

    They come from the rows, not from the covariance: a root of the rounding error of a zero eigenvalue would be large.
    """
    triangle = np.linalg.qr(x - mean, mode="r")
    _, singular, vectors = np.linalg.svd(triangle, full_matrices=True)
    values = np.zeros(x.shape[1])
    values[: len(singular)] = singular**2 / (len(x) - 1)
    return values, vectors


def coral(source: np.ndarray, target: np.ndarray, eps: float = 0.0) -> np.ndarray:
    """Return the source with the target's mean and covariance."""
    _check(source, target)
    if not eps >= 0:
        raise ValueError("eps must not be negative")
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    values, vectors = _spectrum(source, source_mean)
    whiten = (vectors.T / np.sqrt(values + eps)) @ vectors
    values, vectors = _spectrum(target, target_mean)
    colour = (vectors.T * np.sqrt(values + eps)) @ vectors
    return (source - source_mean) @ whiten @ colour + target_mean


def _kernel(a: np.ndarray, b: np.ndarray, gamma: float) -> np.ndarray:
    distance = np.zeros((len(a), len(b)))
    for column in range(a.shape[1]):
        # column by column: exact far from the origin, and little memory
        distance += (a[:, column, None] - b[None, :, column]) ** 2
    return np.exp(-gamma * distance)


def _mean_within(x: np.ndarray, gamma: float) -> float:
    kernel = _kernel(x, x, gamma)
    np.fill_diagonal(kernel, 0.0)
    return kernel.sum() / (len(x) * (len(x) - 1))


def mmd2(x: np.ndarray, y: np.ndarray, gamma: float) -> float:
    """Return the unbiased estimate of the squared discrepancy."""
    _check(x, y)
    if not gamma > 0:
        raise ValueError("gamma must be greater than 0")
    return float(_mean_within(x, gamma) + _mean_within(y, gamma) - 2 * _kernel(x, y, gamma).mean())
