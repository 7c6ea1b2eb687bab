"""One recursive walk; counts tuples of canonical JSON."""

import hashlib
import hmac
import json
from collections import Counter

LENGTH = 16  # variant: length


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def pseudonymise(records: list[dict], pii: set[str], key: bytes) -> list[dict]:
    """Replace the value of every key in `pii`, at any depth, by its token."""

    def token(value: object) -> str:
        return hmac.new(key, _canonical(value), hashlib.sha256).hexdigest()[:LENGTH]

    def walk(value: object) -> object:
        if isinstance(value, dict):
            return {name: token(inner) if name in pii else walk(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [walk(inner) for inner in value]
        return value

    return [walk(record) for record in records]


def k_anonymity(records: list[dict], quasi: list[str]) -> int:
    """Return the size of the smallest group of records that agree in `quasi`."""
    groups = Counter(tuple(_canonical(record.get(name)) for name in quasi) for record in records)
    return min(groups.values(), default=0)
