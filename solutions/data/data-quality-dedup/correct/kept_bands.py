"""Bands of the kept texts in a dict."""

import hashlib
import random
from collections import defaultdict

import numpy as np

P = 2**31 - 1
KINDS = {"int": (int,), "float": (float, int), "str": (str,)}


def _is_missing(value):
    return value is None or value != value


def audit(rows: list[dict], schema: dict[str, tuple]) -> dict:
    """Count what is wrong with a table."""
    columns = {name: {"missing": 0, "type": 0, "range": 0} for name in schema}
    seen, duplicates, extra = set(), 0, 0
    for row in rows:
        extra += sum(name not in schema for name in row)
        key = []
        for name, (kind, low, high) in schema.items():
            value = row.get(name)
            if _is_missing(value):
                columns[name]["missing"] += 1
                key.append(None)
                continue
            key.append((type(value), value))
            if type(value) not in KINDS[kind]:
                columns[name]["type"] += 1
                continue
            size = len(value) if kind == "str" else value
            if (low is not None and size < low) or (high is not None and size > high):
                columns[name]["range"] += 1
        key = tuple(key)
        duplicates += key in seen
        seen.add(key)
    return {"columns": columns, "duplicates": duplicates, "extra": extra}


def shingles(text: str, size: int) -> set[str]:
    """Return the runs of words of a text."""
    if size < 1:
        raise ValueError("size must be at least 1")
    words = text.lower().split()
    if not words:
        return set()
    return {" ".join(words[i : i + size]) for i in range(max(1, len(words) - size + 1))}


def _coefficients(n_perm, seed):
    r = random.Random(seed)
    pairs = []
    for _ in range(n_perm):
        a = r.randrange(1, P)
        pairs.append((a, r.randrange(P)))
    return np.array(pairs, dtype=np.uint64)


def _signature(parts, coefficients):
    if not parts:
        return [P] * len(coefficients)
    numbers = [int.from_bytes(hashlib.sha256(part.encode()).digest()[:4], "big") for part in parts]
    h = np.array(numbers, dtype=np.uint64)
    a, b = coefficients[:, :1], coefficients[:, 1:]
    return ((a * h + b) % np.uint64(P)).min(axis=1).tolist()  # below 2**63: nothing overflows


def minhash(parts: set[str], n_perm: int, seed: int) -> list[int]:
    """Return the signature of a set of strings."""
    if n_perm < 1:
        raise ValueError("n_perm must be at least 1")
    return _signature(parts, _coefficients(n_perm, seed))


def _jaccard(a, b):
    return len(a & b) / len(a | b) if a or b else 1.0


def dedup(docs: list[str], size: int, n_perm: int, bands: int, threshold: float, seed: int) -> list[int]:
    """Return the places of the texts that are not nearly the same as an earlier one."""
    if size < 1 or n_perm < 1 or bands < 1:
        raise ValueError("size, n_perm and bands must be at least 1")
    if n_perm % bands:
        raise ValueError("bands must divide n_perm")
    if not 0 < threshold <= 1:
        raise ValueError("threshold must be above 0 and at most 1")
    coefficients = _coefficients(n_perm, seed)
    width = n_perm // bands
    kept = {}  # place -> shingles
    buckets = defaultdict(list)  # (band, its entries) -> places of kept texts
    for place, text in enumerate(docs):
        parts = shingles(text, size)
        signature = _signature(parts, coefficients)
        keys = [(band, *signature[band * width : (band + 1) * width]) for band in range(bands)]
        candidates = {other for key in keys for other in buckets.get(key, ())}
        if any(_jaccard(parts, kept[other]) >= threshold for other in candidates):
            continue
        kept[place] = parts
        for key in keys:
            buckets[key].append(place)
    return list(kept)
