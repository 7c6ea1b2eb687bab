"""Mistake: Without texts nothing is looked at."""

import hashlib
import random
from collections import defaultdict

import numpy as np

_PRIME = 2**31 - 1
_TYPES = {"int": (int,), "float": (int, float), "str": (str,)}


def audit(rows, schema):
    """Count what is wrong with a table."""
    columns = {name: {"missing": 0, "type": 0, "range": 0} for name in schema}
    for row in rows:
        for name, rule in schema.items():
            fault = _fault(row.get(name), *rule)
            if fault:
                columns[name][fault] += 1
    kinds = {tuple(_identity(row.get(name)) for name in schema) for row in rows}
    extra = sum(len(row.keys() - schema.keys()) for row in rows)
    return {"columns": columns, "duplicates": len(rows) - len(kinds), "extra": extra}


def shingles(text, size):
    """Return the runs of words of a text."""
    if size < 1:
        raise ValueError("runs of no words")
    words = text.lower().split()
    return {" ".join(words[start : start + size]) for start in range(max(len(words) - size, 0) + 1) if words}


def minhash(parts, n_perm, seed):
    """Return the signature of a set of strings."""
    if n_perm < 1:
        raise ValueError("a signature without entries")
    return _sign(parts, *_coefficients(n_perm, seed)).tolist()


def dedup(docs, size, n_perm, bands, threshold, seed):
    """Return the places of the texts that are not nearly the same as an earlier one."""
    if not docs:
        return []
    if min(size, n_perm, bands) < 1 or n_perm % bands or not 0 < threshold <= 1:
        raise ValueError("no such bands or threshold")
    sets = [shingles(doc, size) for doc in docs]
    a, b = _coefficients(n_perm, seed)
    buckets, kept = defaultdict(list), []
    for place, mine in enumerate(sets):
        keys = [(number, band.tobytes()) for number, band in enumerate(np.split(_sign(mine, a, b), bands))]
        others = {other for key in keys for other in buckets[key]}
        if any(_jaccard(mine, sets[other]) >= threshold for other in others):
            continue
        kept.append(place)
        for key in keys:
            buckets[key].append(place)
    return kept


def _fault(value, kind, low, high):
    """Return what is wrong with a cell, None if nothing is."""
    if _identity(value) is None:
        return "missing"
    if type(value) not in _TYPES[kind]:
        return "type"
    size = len(value) if kind == "str" else value
    if (low is not None and size < low) or (high is not None and size > high):
        return "range"
    return None


def _identity(value):
    """Return what equal cells have in common, None for all that are missing."""
    return None if value is None or value != value else (type(value), value)


def _coefficients(n_perm, seed):
    generator = random.Random(seed)
    pairs = [(generator.randrange(1, _PRIME), generator.randrange(_PRIME)) for _ in range(n_perm)]
    return np.array(pairs, dtype=np.int64).T


def _sign(parts, a, b):
    numbers = [int.from_bytes(hashlib.sha256(part.encode()).digest()[:4], "big") for part in parts]
    values = (np.array(numbers, dtype=np.int64)[:, None] * a + b) % _PRIME
    return values.min(axis=0, initial=_PRIME)


def _jaccard(one, other):
    return len(one & other) / len(one | other) if one else 1.0
