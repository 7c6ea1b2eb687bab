"""Lets a copy do the walking; compares every record with every other."""

import hashlib
import hmac
import json
from copy import deepcopy
from functools import partial

LENGTH = 16  # variant: length


def pseudonymise(records: list[dict], pii: set[str], key: bytes) -> list[dict]:
    """Replace the value of every key in `pii`, at any depth, by its token."""
    return list(map(partial(_visit, pii=pii, key=key), deepcopy(records)))


def k_anonymity(records: list[dict], quasi: list[str]) -> int:
    """Return the size of the smallest group of records that agree in `quasi`."""
    rows = [tuple(_text(record[name] if name in record else None) for name in quasi) for record in records]
    return min(map(rows.count, rows)) if rows else 0


def _visit(part, pii, key):
    match part:
        case dict():
            for name in part.keys() - pii:
                part[name] = _visit(part[name], pii, key)
            for name in part.keys() & pii:
                mac = hmac.new(key, digestmod=hashlib.sha256)
                mac.update(_text(part[name]).encode())
                part[name] = mac.digest()[: LENGTH // 2].hex()
            return part
        case list():
            return [_visit(inner, pii, key) for inner in part]
        case _:
            return part


def _text(value):
    """Return canonical JSON."""
    return json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(value)
