"""Plain integers; one dict of buckets for each band."""

import hashlib
import math
import random
from collections import Counter

PRIME = 2147483647


def audit(rows: list[dict], schema: dict[str, tuple]) -> dict:
    """Count what is wrong with a table."""
    columns = {}
    for name, rule in schema.items():
        counts = Counter(judge(row.get(name), *rule) for row in rows)
        columns[name] = {key: counts[key] for key in ("missing", "type", "range")}
    extra, duplicates, seen = 0, 0, []
    for row in rows:
        extra += sum(1 for name in row if name not in schema)
        told = [told_of(row.get(name)) for name in schema]
        if told in seen:
            duplicates += 1
        seen.append(told)
    return {"columns": columns, "duplicates": duplicates, "extra": extra}


def told_of(value):
    """Return type and value, equal for all that is missing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ("", "")
    return (type(value).__name__, value)


def judge(value, kind, low, high):
    """Return what is wrong with a cell."""
    name, _ = told_of(value)
    if not name:
        return "missing"
    if name != kind and not (kind == "float" and name == "int"):
        return "type"
    amount = len(value) if name == "str" else value
    low = -math.inf if low is None else low
    high = math.inf if high is None else high
    return None if low <= amount <= high else "range"


def shingles(text: str, size: int) -> set[str]:
    """Return the runs of words of a text."""
    if size <= 0:
        raise ValueError("size")
    words = text.lower().split()
    if not words:
        return set()
    if len(words) <= size:
        return {" ".join(words)}
    return {" ".join(run) for run in zip(*(words[start:] for start in range(size)))}


def minhash(parts: set[str], n_perm: int, seed: int) -> list[int]:
    """Return the signature of a set of strings."""
    if n_perm <= 0:
        raise ValueError("n_perm")
    rng = random.Random(seed)
    numbers = [int(hashlib.sha256(part.encode("utf-8")).hexdigest()[:8], 16) for part in parts]
    signature = []
    for _ in range(n_perm):
        a = rng.randrange(1, PRIME)
        b = rng.randrange(PRIME)
        signature.append(min(((a * number + b) % PRIME for number in numbers), default=PRIME))
    return signature


def dedup(docs: list[str], size: int, n_perm: int, bands: int, threshold: float, seed: int) -> list[int]:
    """Return the places of the texts that are not nearly the same as an earlier one."""
    if min(size, n_perm, bands) < 1 or n_perm % bands != 0 or threshold <= 0 or threshold > 1:
        raise ValueError("arguments")
    step = n_perm // bands
    tables = [{} for _ in range(bands)]
    kept = []
    sets = {}
    for place, doc in enumerate(docs):
        parts = sets[place] = shingles(doc, size)
        signature = minhash(parts, n_perm, seed)
        cut = [tuple(signature[start : start + step]) for start in range(0, n_perm, step)]
        near = set().union(*(table.get(band, ()) for table, band in zip(tables, cut)))
        if any(alike(parts, sets[other], threshold) for other in near):
            continue
        kept.append(place)
        for table, band in zip(tables, cut):
            table.setdefault(band, set()).add(place)
    return kept


def alike(one, other, threshold):
    """Whether two sets have enough in common."""
    common = len(one & other)
    union = len(one) + len(other) - common
    return union == 0 or common / union >= threshold
