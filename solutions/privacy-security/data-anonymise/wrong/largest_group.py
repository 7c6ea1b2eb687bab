"""Mistake: the size of the largest group, in which people hide best."""

import hashlib
import hmac
import json
from collections import Counter

LENGTH = 16  # variant: length


def pseudonymise(records, pii, key):
    """Replace the value of every key in `pii`, at any depth, by its token."""
    if isinstance(records, dict):
        return {
            name: _token(value, key) if name in pii else pseudonymise(value, pii, key)
            for name, value in records.items()
        }
    if isinstance(records, list):
        return [pseudonymise(record, pii, key) for record in records]
    return records


def k_anonymity(records, quasi):
    """Return the size of the smallest group of records that agree in `quasi`."""
    groups = Counter(_canonical([record.get(name) for name in quasi]) for record in records)
    return max(groups.values(), default=0)


def _token(value, key):
    return hmac.new(key, _canonical(value), hashlib.sha256).hexdigest()[:LENGTH]


def _canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
