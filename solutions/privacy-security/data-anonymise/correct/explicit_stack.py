"""Copies through JSON, then walks the copy with a stack; groups by sorting."""

import hmac
import itertools
import json

LENGTH = 16  # variant: length


def _canonical(value) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def pseudonymise(records: list[dict], pii: set[str], key: bytes) -> list[dict]:
    """Replace the value of every key in `pii`, at any depth, by its token."""
    result = json.loads(json.dumps(records))
    stack = [result]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            for name in part:
                if name in pii:
                    part[name] = hmac.digest(key, _canonical(part[name]).encode("utf-8"), "sha256").hex()[:LENGTH]
            stack.extend(part.values())
        elif isinstance(part, list):
            stack.extend(part)
    return result


def k_anonymity(records: list[dict], quasi: list[str]) -> int:
    """Return the size of the smallest group of records that agree in `quasi`."""
    rows = sorted([_canonical(record.get(name)) for name in quasi] for record in records)
    return min((len(list(group)) for _, group in itertools.groupby(rows)), default=0)
