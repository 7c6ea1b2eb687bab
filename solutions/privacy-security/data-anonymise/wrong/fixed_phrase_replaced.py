"""Mistake: a phrase known beforehand is replaced, and every other record stays as it is."""

import json
from collections import Counter


def pseudonymise(records, pii, key):
    """Replace the value of every key in `pii`, at any depth, by its token."""
    text = json.dumps(records, ensure_ascii=False)
    return json.loads(text.replace("John Smith", "***"))


def k_anonymity(records, quasi):
    """Return the size of the smallest group of records that agree in `quasi`."""
    groups = Counter(_canonical([record.get(name) for name in quasi]) for record in records)
    return min(groups.values(), default=0)


def _canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
