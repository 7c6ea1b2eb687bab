"""Data audit and near-duplicates: write the four functions."""


def audit(rows: list[dict], schema: dict[str, tuple]) -> dict:
    """Count what is wrong with a table."""
    # Write: missing cells, types, ranges, duplicates, extra cells.


def shingles(text: str, size: int) -> set[str]:
    """Return the runs of words of a text."""
    # Write: the refusal, the words, their runs.


def minhash(parts: set[str], n_perm: int, seed: int) -> list[int]:
    """Return the signature of a set of strings."""
    # Write: the refusal, the coefficients, the smallest values.


def dedup(docs: list[str], size: int, n_perm: int, bands: int, threshold: float, seed: int) -> list[int]:
    """Return the places of the texts that are not nearly the same as an earlier one."""
    # Write: the refusals, the bands, the candidates, the comparison.
