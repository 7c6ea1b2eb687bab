"""Refines groups of rows feature by feature, and leaves off where nothing can be listed."""

import numpy as np


def _check(table: dict[str, np.ndarray], wrong: np.ndarray, max_order: int, min_n: int, k: int, z: float) -> None:
    if wrong.ndim != 1 or wrong.dtype != bool:
        raise ValueError("wrong must be a bool array of one dimension")
    if any(feature.shape != wrong.shape for feature in table.values()):
        raise ValueError("a feature must have one value per row")
    if max_order < 1 or min_n < 1:
        raise ValueError("max_order and min_n must be at least 1")
    if k < 0 or not z >= 0:
        raise ValueError("k and z must not be negative")


def _lower_bound(errors: np.ndarray, n: np.ndarray, z: float) -> np.ndarray:
    p = errors / n
    spread = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return (p + z**2 / (2 * n) - spread) / (1 + z**2 / n)


def worst_slices(
    table: dict[str, np.ndarray], wrong: np.ndarray, max_order: int, min_n: int, k: int, z: float = 1.96
) -> list[dict]:
    """Return the slices on which the model is surely bad."""
    _check(table, wrong, max_order, min_n, k, z)
    features = []
    for name in sorted(table):
        values, codes = np.unique(table[name], return_inverse=True)
        if len(values) > 1:
            features.append((name, values, codes.reshape(-1)))

    found = []  # sorting keys: minus bound, minus rows, the pairs; then the errors

    def collect(chosen: list[int], groups: np.ndarray) -> None:
        """Add the slices by the chosen features, then those by more features. Rows of a slice share a group."""
        _, first, groups = np.unique(groups, return_index=True, return_inverse=True)
        n = np.bincount(groups)
        errors = np.bincount(groups, weights=wrong).astype(np.int64)
        kept = (n >= min_n) & (errors >= 1)
        if not kept.any():
            return  # nor can a part of these slices be listed
        n, errors, first = n[kept], errors[kept], first[kept]
        names = [features[number][0] for number in chosen]
        columns = [table[name][first].tolist() for name in names]
        bounds = _lower_bound(errors, n, z).tolist()
        for bound, rows, bad, *values in zip(bounds, n.tolist(), errors.tolist(), *columns, strict=True):
            found.append((-bound, -rows, tuple(zip(names, values, strict=True)), bad))
        if len(chosen) < max_order:
            extend(chosen, groups)

    def extend(chosen: list[int], groups: np.ndarray) -> None:
        for number in range(chosen[-1] + 1 if chosen else 0, len(features)):
            _, values, codes = features[number]
            collect([*chosen, number], groups * len(values) + codes)

    if len(wrong):
        extend([], np.zeros(len(wrong), dtype=np.int64))
    found.sort()
    return [
        {"where": dict(pairs), "n": -rows, "errors": errors, "bound": -bound}
        for bound, rows, pairs, errors in found[:k]
    ]
